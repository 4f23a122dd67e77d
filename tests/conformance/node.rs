//! Node 20 or newer with the packages of `package-lock.json`, beside a copy of the runner in `.run/conformance`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The runner, ready to be started.
#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    folder: PathBuf,
}

/// What the runner consists of; `node_modules` lies beside it.
const PARTS: [&str; 5] = ["run.mjs", "plans.mjs", "spoilers.mjs", "rp", "modules"];

impl Node {
    /// Finds Node and npm and installs what the lock file names. `None` is a skip, already printed.
    pub(crate) fn ready() -> Option<Self> {
        let program = program("TEST_NODE", "node", &["-e", IS_NEW])?;
        let npm = program_of_npm()?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.run/conformance");
        std::fs::create_dir_all(&folder).unwrap();
        let folder = folder.canonicalize().unwrap();
        install(&program, &npm, &folder);
        for part in PARTS {
            copy(&here().join(part), &folder.join(part));
        }
        Some(Self { program, folder })
    }

    /// A command that runs the runner with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(self.folder.join("run.mjs")).args(arguments).stdin(Stdio::null());
        command
    }

    /// What the runner prints.
    pub(crate) fn asked(&self, arguments: &[&str]) -> Vec<u8> {
        finished(&mut self.command(arguments))
    }

    /// Key pairs for the declared clients that sign.
    pub(crate) fn key_pairs(&self) -> Vec<Value> {
        serde_json::from_slice(&self.asked(&["keys", "2"])).unwrap()
    }
}

/// The folder of this test.
pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

const IS_NEW: &str = "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)";

fn program_of_npm() -> Option<PathBuf> {
    program("TEST_NPM", "npm", &["--version"])
}

fn program(variable: &str, usual: &str, question: &[&str]) -> Option<PathBuf> {
    let program = std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from);
    let mut command = Command::new(&program);
    command.args(question).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().is_ok_and(|status| status.success()) {
        return Some(program);
    }
    let everything = std::env::var_os("MAGPIE_TEST_ALL").is_some_and(|value| value == "1");
    assert!(!everything, "{} does not run; `./x test` installs it", program.display());
    eprintln!("skipped: {} does not run", program.display());
    None
}

/// Installed once for each lock file; scripts of packages are not run.
fn install(node: &Path, npm: &Path, folder: &Path) {
    let lock = std::fs::read(here().join("package-lock.json")).unwrap();
    let mark = folder.join("installed-from");
    if std::fs::read(&mark).is_ok_and(|had| had == lock) {
        return;
    }
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(here().join(file), folder.join(file)).unwrap();
    }
    let mut command = Command::new(npm);
    // npm is a script that asks the path for `node`.
    let beside = node.parent().map(Path::as_os_str).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(beside.into()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).unwrap());
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    finished(command.current_dir(folder));
    std::fs::write(mark, lock).unwrap();
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::copy(from, to).unwrap();
        return;
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn finished(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output.stdout
}
