//! Node 20 or newer with the packages of `package-lock.json`, beside a copy of the runner in `.run/conformance`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::foreign;
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
        let found = foreign::Node::find()?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.run/conformance");
        std::fs::create_dir_all(&folder).unwrap();
        let folder = folder.canonicalize().unwrap();
        install(&found, &folder);
        for part in PARTS {
            copy(&here().join(part), &folder.join(part));
        }
        Some(Self { program: found.node, folder })
    }

    /// A command that runs the runner with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(self.folder.join("run.mjs")).args(arguments).stdin(Stdio::null());
        command
    }

    /// What the runner prints.
    pub(crate) fn asked(&self, arguments: &[&str]) -> Vec<u8> {
        foreign::run(&mut self.command(arguments))
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

/// Installed once for each lock file.
fn install(found: &foreign::Node, folder: &Path) {
    let lock = std::fs::read(here().join("package-lock.json")).unwrap();
    let mark = folder.join("installed-from");
    if std::fs::read(&mark).is_ok_and(|had| had == lock) {
        return;
    }
    found.install(&here(), folder);
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
