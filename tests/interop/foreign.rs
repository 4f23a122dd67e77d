//! The foreign programs and the packages that the tests install for them.
//! `cargo xtask test` says by environment where the programs are; at the desk the usual names are tried.
//! Packages are installed once, as their lock file says, into `.run/interop`, which git ignores.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Finds a program by its variable or its usual name. `None` is a skip, already printed.
pub(crate) fn program(variable: &str, usual: &str, question: &[&str]) -> Option<PathBuf> {
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
pub(crate) fn missing(what: &str) {
    let everything = std::env::var_os("MAGPIE_TEST_ALL").is_some_and(|value| value == "1");
    assert!(!everything, "{what}; `./x test` installs what is needed");
    eprintln!("skipped: {what}");
}

/// Node, its packages in a folder that holds `node_modules`.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) node: PathBuf,
    pub(crate) packages: PathBuf,
}

/// Node 20 or newer with what `openid_client/package-lock.json` names.
pub(crate) fn node_with_openid_client() -> Option<Node> {
    static PACKAGES: OnceLock<PathBuf> = OnceLock::new();
    let is_new = "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)";
    let node = program("TEST_NODE", "node", &["-e", is_new])?;
    let npm = program("TEST_NPM", "npm", &["--version"])?;
    let packages = PACKAGES.get_or_init(|| {
        let here = own_folder("openid_client");
        installed("openid_client", &here.join("package-lock.json"), |folder| {
            for file in ["package.json", "package-lock.json"] {
                std::fs::copy(here.join(file), folder.join(file)).unwrap();
            }
            let mut command = Command::new(&npm);
            // npm is a script that asks the path for `node`.
            let beside = node.parent().map(Path::as_os_str).unwrap_or_default();
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(beside.into()).chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(folders).unwrap());
            command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            run(command.current_dir(folder));
        })
    });
    Some(Node { node, packages: packages.clone() })
}

/// The Python of a virtual environment with what `authlib/requirements.txt` names.
pub(crate) fn python_with_authlib() -> Option<PathBuf> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let python = program("TEST_PYTHON", "python3", &["-c", "import venv, ensurepip"])?;
    let folder = FOLDER.get_or_init(|| {
        let requirements = own_folder("authlib").join("requirements.txt");
        installed("authlib", &requirements, |folder| {
            run(Command::new(&python).args(["-m", "venv"]).arg(folder));
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            run(pip.args(["--no-deps", "--requirement"]).arg(&requirements));
        })
    });
    Some(folder.join("bin/python"))
}

/// Apache with the folder of its modules, when mod_auth_openidc is among them.
pub(crate) fn apache() -> Option<(PathBuf, PathBuf)> {
    let apache = program("TEST_APACHE", "/usr/sbin/apache2", &["-v"])?;
    let modules = std::env::var_os("TEST_APACHE_MODULES");
    let modules = modules.map_or_else(|| PathBuf::from("/usr/lib/apache2/modules"), PathBuf::from);
    if !modules.join("mod_auth_openidc.so").is_file() {
        missing("mod_auth_openidc.so is not installed");
        return None;
    }
    Some((apache, modules))
}

/// A folder beside this file.
pub(crate) fn own_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(name)
}

/// The folder `.run/interop/NAME`, filled by `install` unless it was filled from the very same lock file.
fn installed(name: &str, lock: &Path, install: impl FnOnce(&Path)) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.run/interop");
    std::fs::create_dir_all(&all).unwrap();
    let all = all.canonicalize().unwrap();
    let (place, wanted) = (all.join(name), std::fs::read(lock).unwrap());
    let mark = place.join("installed-from");
    if std::fs::read(&mark).is_ok_and(|had| had == wanted) {
        return place;
    }
    if place.exists() {
        std::fs::remove_dir_all(&place).unwrap();
    }
    // Not made elsewhere and moved: a virtual environment knows its own path. The mark comes last.
    std::fs::create_dir(&place).unwrap();
    install(&place);
    std::fs::write(&mark, wanted).unwrap();
    place
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}
