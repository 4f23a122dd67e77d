//! The foreign programs and the packages that the tests install for them.
//! Packages are installed once, as their lock file says, into `.run/interop`, which git ignores.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

pub(crate) use harness::foreign::{missing, program, run};

/// Node, and a folder that holds `node_modules`.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) node: PathBuf,
    pub(crate) packages: PathBuf,
}

/// Node 20 or newer with what `NAME/package-lock.json` names.
pub(crate) fn node(name: &str) -> Option<Node> {
    let found = harness::foreign::Node::find()?;
    let here = own_folder(name);
    let lock = here.join("package-lock.json");
    let packages = installed(name, &lock, |folder| found.install(&here, folder));
    Some(Node { node: found.node, packages })
}

/// The Python of a virtual environment with what `NAME/requirements.txt` names.
pub(crate) fn python(name: &str) -> Option<PathBuf> {
    let python = program("TEST_PYTHON", "python3", &["-c", "import venv, ensurepip"])?;
    let requirements = own_folder(name).join("requirements.txt");
    let folder = installed(name, &requirements, |folder| {
        run(Command::new(&python).args(["-m", "venv"]).arg(folder));
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(["--no-deps", "--requirement"]).arg(&requirements));
    });
    Some(folder.join("bin/python"))
}

/// The system's Ruby, when GitLab's gem and a server for it are installed.
pub(crate) fn ruby() -> Option<PathBuf> {
    let needed = "require 'omniauth_openid_connect'; require 'puma'";
    program("TEST_RUBY", "/usr/bin/ruby", &["-e", needed])
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

/// The folder `.run/interop`, which git ignores.
pub(crate) fn run_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.run/interop");
    std::fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

/// One at a time: tests that run side by side want the same packages.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The folder `.run/interop/NAME`, filled by `install` unless it was filled from the very same lock file.
pub(crate) fn installed(name: &str, lock: &Path, install: impl FnOnce(&Path)) -> PathBuf {
    let _turn = INSTALLING.lock().unwrap();
    let (place, wanted) = (run_folder().join(name), std::fs::read(lock).unwrap());
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
