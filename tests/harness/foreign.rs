//! Programs that we did not write. `cargo xtask test` says by environment where they are; at the desk the usual names are
//! tried.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Finds a program by its variable or its usual name. `None` is a skip, already printed.
#[must_use]
pub fn program(variable: &str, usual: &str, question: &[&str]) -> Option<PathBuf> {
    let program = std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from);
    let mut command = Command::new(&program);
    command.args(question).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().is_ok_and(|status| status.success()) {
        return Some(program);
    }
    missing(&format!("{} does not run", program.display()));
    None
}

/// A failure when everything must be tested, a printed skip otherwise.
pub fn missing(what: &str) {
    let everything = std::env::var_os("MAGPIE_TEST_ALL").is_some_and(|value| value == "1");
    assert!(!everything, "{what}; `./x test` or `./x interop --all` installs it");
    eprintln!("skipped: {what}");
}

/// Runs a command to its end and gives what it printed; what it said is shown when it fails.
pub fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [&*output.stdout, &*output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    output.stdout
}

/// The search path with this program's folder in front: npm and its like are scripts that ask it for `node`.
#[must_use]
pub fn path_with(program: &Path) -> OsString {
    let beside = program.parent().map(Path::as_os_str).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(beside.into()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap()
}

/// Node 20 or newer, with its npm.
#[derive(Debug)]
pub struct Node {
    /// The program.
    pub node: PathBuf,
    npm: PathBuf,
}

impl Node {
    /// Finds both. `None` is a skip, already printed.
    #[must_use]
    pub fn find() -> Option<Self> {
        let is_new = "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)";
        let node = program("TEST_NODE", "node", &["-e", is_new])?;
        Some(Self { node, npm: program("TEST_NPM", "npm", &["--version"])? })
    }

    /// Installs into `folder` what `package-lock.json` beside a test names; scripts of packages are not run.
    pub fn install(&self, from: &Path, folder: &Path) {
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(from.join(file), folder.join(file)).unwrap();
        }
        let mut command = Command::new(&self.npm);
        command.env("PATH", path_with(&self.node));
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        run(command.current_dir(folder));
    }
}
