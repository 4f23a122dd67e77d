//! The checks that no off-the-shelf tool offers, and the set-up that the tests need.
//! Owns `cargo xtask`: `check` judges the tree, `test` judges it and runs every test against a database and a browser
//! of its own. It sees none of our crates, so that a broken crate can still be checked.
//! Called by `./x` and by people.

mod checks;
mod documents;
mod error_pages;
mod finding;
mod layers;
mod lengths;
mod links;
mod manifests;
mod migrations;
mod names;
mod outside_tools;
mod processes;
mod store_coverage;
mod test_run;
mod texts;
mod tree;

use std::process::ExitCode;

use processes::Interrupt;
use tree::Tree;

const USAGE: &str = "\
usage: cargo xtask <command>

  check [NAME …]   every check, or only those named; `check list` prints the names
  test [ARG …]     every check, then every test with its own PostgreSQL and browser; ARGs go to `cargo test`
  interop [--all] [ARG …]
                   only the tests with applications that we did not write; --all adds those that take long to download
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        return usage();
    };
    let outcome = match command.as_str() {
        "check" => prepared(|tree, interrupt| checks::run(tree, interrupt, rest)),
        "test" => prepared(|tree, interrupt| test_run::test(tree, interrupt, rest)),
        "interop" => prepared(|tree, interrupt| test_run::interop(tree, interrupt, rest)),
        _ => return usage(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            finding::say(&format!("xtask: {trouble:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Reads the tree and listens for Ctrl-C before anything is started that would have to be stopped again.
fn prepared(act: impl FnOnce(&Tree, &Interrupt) -> anyhow::Result<bool>) -> anyhow::Result<bool> {
    act(&Tree::load()?, &Interrupt::listen()?)
}

fn usage() -> ExitCode {
    finding::say(USAGE);
    ExitCode::from(2)
}
