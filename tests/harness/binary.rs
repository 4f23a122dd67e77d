//! The binary `magpie`, which tests start as its operator does. One that is older than its sources is built first: a test
//! of yesterday's program says nothing.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// `MAGPIE_BIN`, or the debug build beside this test, built when it is not that of the sources.
#[must_use]
pub fn magpie() -> PathBuf {
    /// Looked at once; tests that run side by side wait for the one that builds.
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = std::env::var_os("MAGPIE_BIN") {
        return path.into();
    }
    BUILT.get_or_init(built).clone()
}

fn built() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // This test is TARGET/PROFILE/deps/NAME, wherever the desk keeps its target folder.
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let (path, target) = (profile.join("magpie"), profile.parent().unwrap());
    if is_of(&root, &path) {
        return path;
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--locked", "--workspace", "--bin", "magpie", "--target-dir"]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.arg(target).current_dir(root).status().unwrap().success(), "magpie: no build");
    path
}

/// Whether the binary is younger than everything it was made from, as Cargo wrote it down beside it, and the lock file.
fn is_of(root: &Path, binary: &Path) -> bool {
    let written = |path: &Path| std::fs::metadata(path)?.modified();
    let made = written(binary).unwrap_or(SystemTime::UNIX_EPOCH);
    let Ok(list) = std::fs::read_to_string(binary.with_extension("d")) else { return false };
    let sources = list.split_once(": ").map(|(_binary, sources)| sources).unwrap_or_default();
    // A space within a name is written with a backslash before it.
    let sources = sources.trim_end().replace("\\ ", "\0");
    let sources = sources.split(' ').map(|name| PathBuf::from(name.replace('\0', " ")));
    let lock = root.join("Cargo.lock");
    sources.chain([lock]).all(|source| written(&source).is_ok_and(|changed| changed <= made))
}

/// Takes the tests' own variables, and the desk's, out of what a program will see: Magpie would read them as settings.
pub fn without_our_variables(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MAGPIE_") {
            command.env_remove(name);
        }
    }
    command
}

/// `magpie serve` with the configuration `magpie.toml` in this folder.
#[must_use]
pub fn serve(folder: &Path) -> Command {
    let mut command = Command::new(magpie());
    command.args(["serve", "--config", "magpie.toml"]).current_dir(folder);
    without_our_variables(&mut command);
    command
}

/// A root key as `magpie init` writes them, in `root.key` of this folder: 32 bytes in base64url. It is always the same one,
/// for databases that live as long as a test.
pub fn write_root_key(folder: &Path) {
    let mut options = std::fs::OpenOptions::new();
    let path = folder.join("root.key");
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(b"aW50ZXJvcC1pbnRlcm9wLWludGVyb3AtaW50ZXJvcCE").unwrap();
}
