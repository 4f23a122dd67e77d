//! Checks that other people's tools do: formatting, lints, the supply chain, and our own binary's generated pages.
//! Owns how they are called, so that a desk and a build server call them alike; cargo-deny is fetched when missing.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::documents::GENERATED;
use crate::finding::{Finding, say};
use crate::processes::{Interrupt, printed, run};
use crate::tree::Tree;

/// The release the rules of deny.toml were tried with.
const DENY_VERSION: &str = "0.20.2";

/// A cargo command that runs in the workspace.
pub(crate) fn cargo(tree: &Tree) -> Command {
    let mut command = Command::new("cargo");
    // What `cargo run` says of this program is not the next cargo's business: build scripts that look at it (ring's)
    // would run anew, with everything above them, at each change between this and a cargo called by hand.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command.current_dir(tree.root());
    command
}

/// The house format.
pub(crate) fn fmt(tree: &Tree, interrupt: &Interrupt) -> anyhow::Result<bool> {
    run(cargo(tree).args(["fmt", "--all", "--check"]), interrupt)
}

/// All lints, warnings as errors, tests and examples included.
pub(crate) fn clippy(tree: &Tree, interrupt: &Interrupt) -> anyhow::Result<bool> {
    let ordinary = ["--workspace", "--all-targets"].as_slice();
    // Cargo leaves out of "all targets" what is not tested by default.
    let large = ["--package", "magpie-tests", "--test", "interop-all"].as_slice();
    let mut clean = true;
    for targets in [ordinary, large] {
        let mut command = cargo(tree);
        command
            .arg("clippy")
            .args(targets)
            .args(["--locked", "--quiet", "--", "--deny", "warnings"]);
        clean &= run(&mut command, interrupt)?;
    }
    Ok(clean)
}

/// Who depends on whom, under which licence, from where. Advisories need a database from the network and are a command
/// of their own (CONTRIBUTING.md).
pub(crate) fn deny(tree: &Tree, interrupt: &Interrupt) -> anyhow::Result<bool> {
    let Some(program) = cargo_deny(tree, interrupt)? else { return Ok(false) };
    let arguments = ["--locked", "--log-level", "error", "check", "bans", "licenses", "sources"];
    run(Command::new(program).current_dir(tree.root()).args(arguments), interrupt)
}

/// Our own copy below `.run`, else the one on the path, else a new copy: a debug build takes a minute, a release three.
fn cargo_deny(tree: &Tree, interrupt: &Interrupt) -> anyhow::Result<Option<PathBuf>> {
    let ours = tree.path(".run/bin/cargo-deny");
    for program in [ours.clone(), PathBuf::from("cargo-deny")] {
        if printed(&program, &["--version"]).is_some_and(|version| version.ends_with(DENY_VERSION))
        {
            return Ok(Some(program));
        }
    }
    say(&format!("check deny: building cargo-deny {DENY_VERSION} into .run (once)"));
    let mut install = cargo(tree);
    install
        .args(["install", "--quiet", "--locked", "--debug", "--force", "--root"])
        .arg(tree.path(".run"));
    install.args(["--version", DENY_VERSION, "cargo-deny"]);
    Ok(run(&mut install, interrupt)?.then_some(ours))
}

/// Rebuilds every page of docs/reference with the command its first line names, and compares.
pub(crate) fn reference(tree: &Tree, interrupt: &Interrupt) -> anyhow::Result<bool> {
    let mut clean = true;
    for page in tree.files("docs/reference", &[".md"])? {
        let text = tree.read(&page)?;
        let arguments = text.strip_prefix(GENERATED).and_then(|rest| rest.split('`').next());
        let Some(arguments) = arguments else { continue };
        let mut command = cargo(tree);
        command.args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "magpie-server",
            "--bin",
            "magpie",
            "--",
        ]);
        let output = command.args(arguments.split(' ')).output().context("cannot run magpie")?;
        if interrupt.came() {
            anyhow::bail!("interrupted");
        }
        if !output.status.success() || output.stdout != text.as_bytes() {
            let cure = format!("Run `magpie {arguments} > {page}` and commit the page");
            say(&Finding::in_file(page, "the page differs from what the program prints", cure)
                .to_string());
            clean = false;
        }
    }
    Ok(clean)
}
