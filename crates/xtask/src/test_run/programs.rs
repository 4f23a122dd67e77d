//! The programs that tests play against: a browser and its driver, Apache with its OpenID Connect module, Node, Python,
//! Ruby with GitLab's gem, and for the large applications Java.
//! Each is tried, not only looked for, because a snap stub is a file that exists and does nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::processes::printed;
use crate::tree::Tree;

/// The oldest Node that the relying parties we play against accept.
const OLDEST_NODE: u32 = 20;
/// The oldest Java that starts Keycloak.
const OLDEST_JAVA: u32 = 17;

/// Where everything is.
#[derive(Debug)]
pub(super) struct Programs(Vec<(&'static str, PathBuf)>);

impl Programs {
    /// Finds all that the ordinary tests play against, or says what is missing and why.
    pub(super) fn find(tree: &Tree) -> anyhow::Result<Self> {
        Self::found(ordinary(tree))
    }

    /// The same with what the large applications need besides. Go is not among it: those tests fetch the one they need.
    pub(super) fn find_with_large(tree: &Tree) -> anyhow::Result<Self> {
        let mut wanted = ordinary(tree);
        wanted.push(("TEST_CURL", works("curl", "--version", "curl"), "curl"));
        wanted.push(("TEST_JAVA", java(), "java: 17 or newer (default-jre-headless)"));
        Self::found(wanted)
    }

    fn found(wanted: Vec<Wanted>) -> anyhow::Result<Self> {
        let lacking = |(name, found, what): &Wanted| {
            found.is_none().then(|| format!("{what}; or set {name}"))
        };
        super::refuse_missing(&wanted.iter().filter_map(lacking).collect::<Vec<_>>())?;
        Ok(Self(wanted.into_iter().filter_map(|(name, found, _)| Some((name, found?))).collect()))
    }

    /// What the tests read: variable and path.
    pub(super) fn environment(&self) -> &[(&'static str, PathBuf)] {
        &self.0
    }

    /// The search path with our Node in front: npm and its scripts run whichever `node` comes first.
    pub(super) fn search_path(&self) -> OsString {
        let node = self.0.iter().find(|(name, _)| *name == "TEST_NODE");
        let folder = node.and_then(|(_, path)| path.parent()).map(Path::to_path_buf);
        let present = std::env::var_os("PATH").unwrap_or_default();
        let folders = folder.into_iter().chain(std::env::split_paths(&present));
        std::env::join_paths(folders).unwrap_or(present)
    }
}

/// The variable, where the program is, and what to say when it is nowhere.
type Wanted = (&'static str, Option<PathBuf>, &'static str);

fn ordinary(tree: &Tree) -> Vec<Wanted> {
    let run = tree.path(".run");
    let node = node(&run);
    let npm = node.as_deref().and_then(npm_beside).or_else(|| works("npm", "", ""));
    vec![
        ("TEST_CHROMIUM", chromium(&run), "chromium: a browser that runs (a snap stub does not)"),
        ("TEST_CHROMEDRIVER", chromedriver(&run), "chromedriver: of the browser's own release"),
        ("TEST_APACHE", apache(), "apache2: the program, without its service (apache2-bin)"),
        (
            "TEST_APACHE_MODULES",
            apache_modules(),
            "mod_auth_openidc.so (libapache2-mod-auth-openidc)",
        ),
        ("TEST_NODE", node, "node: 20 or newer"),
        ("TEST_NPM", npm, "npm"),
        ("TEST_PYTHON", python(), "python3 with venv (python3-venv)"),
        (
            "TEST_RUBY",
            ruby(),
            "ruby with GitLab's gem and a server (ruby-omniauth-openid-connect, puma)",
        ),
    ]
}

fn chromium(run: &Path) -> Option<PathBuf> {
    let ours = newest(&run.join("browsers/chrome"), "chrome-linux64/chrome");
    let names = ["chromium", "google-chrome-stable", "google-chrome", "chromium-browser"];
    ours.into_iter()
        .chain(names.map(PathBuf::from))
        .find_map(|name| works(name, "--version", "Chrom"))
}

fn chromedriver(run: &Path) -> Option<PathBuf> {
    let ours = newest(&run.join("browsers/chromedriver"), "chromedriver-linux64/chromedriver");
    let names = ["chromedriver", "/usr/lib/chromium/chromedriver"];
    ours.into_iter()
        .chain(names.map(PathBuf::from))
        .find_map(|name| works(name, "--version", "ChromeDriver"))
}

fn apache() -> Option<PathBuf> {
    ["apache2", "/usr/sbin/apache2"].iter().find_map(|name| works(name, "-v", "Apache/2"))
}

fn apache_modules() -> Option<PathBuf> {
    let folder = PathBuf::from("/usr/lib/apache2/modules");
    folder.join("mod_auth_openidc.so").is_file().then_some(folder)
}

fn node(run: &Path) -> Option<PathBuf> {
    let candidates = [PathBuf::from("node"), run.join("node/node_modules/node/bin/node")];
    candidates.into_iter().find_map(|name| {
        let version = printed(&name, &["--version"])?;
        let major: u32 = version.strip_prefix('v')?.split('.').next()?.parse().ok()?;
        (major >= OLDEST_NODE).then(|| works(&name, "--version", "v"))?
    })
}

/// An npm that came with this Node; a foreign one is second best but works.
fn npm_beside(node: &Path) -> Option<PathBuf> {
    works(node.parent()?.join("npm"), "--version", ".")
}

fn python() -> Option<PathBuf> {
    printed("python3", &["-c", "import venv, ensurepip"])?;
    works("python3", "--version", "Python 3")
}

/// The system's Ruby: packages of the system are seen by no other.
fn ruby() -> Option<PathBuf> {
    let needed = ["-e", "require 'omniauth_openid_connect'; require 'puma'; puts RUBY_VERSION"];
    ["/usr/bin/ruby", "ruby"].into_iter().find_map(|name| {
        printed(name, &needed)?;
        works(name, "--version", "ruby")
    })
}

fn java() -> Option<PathBuf> {
    // "openjdk 21.0.8 2025-07-15"
    let version = printed("java", &["--version"])?;
    let major: u32 = version.split_whitespace().nth(1)?.split('.').next()?.parse().ok()?;
    (major >= OLDEST_JAVA).then(|| works("java", "", ""))?
}

/// The absolute path of a program that answers with what it should; an empty question asks nothing.
fn works(program: impl AsRef<Path>, question: &str, answer: &str) -> Option<PathBuf> {
    let program = program.as_ref();
    if !question.is_empty() && !printed(program, &[question])?.contains(answer) {
        return None;
    }
    let name = program.to_str()?;
    if name.contains('/') {
        return Some(program.to_path_buf());
    }
    printed("sh", &["-c", "command -v \"$0\"", name]).map(PathBuf::from)
}

/// `inside` below the folder's last entry, as unpacked browsers have it.
fn newest(folder: &Path, inside: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path().join(inside)).filter(|path| path.is_file()).max()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_stub_that_exists_but_does_not_run_is_not_a_browser() {
        let folder = tempfile::tempdir().unwrap();
        let stub = folder.path().join("chromium");
        std::fs::write(&stub, "#!/bin/sh\necho 'requires the chromium snap'\nexit 1\n").unwrap();
        std::fs::set_permissions(&stub, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(works(&stub, "--version", "Chrom"), None);
        std::fs::write(&stub, "#!/bin/sh\necho 'Chromium 150.0'\n").unwrap();
        assert_eq!(works(&stub, "--version", "Chrom"), Some(stub));
    }

    #[test]
    fn our_node_comes_first_on_the_search_path() {
        let programs = Programs(vec![("TEST_NODE", PathBuf::from("/there/bin/node"))]);
        let path = programs.search_path();
        assert_eq!(std::env::split_paths(&path).next(), Some(PathBuf::from("/there/bin")));
        assert!(std::env::split_paths(&path).count() > 1);
    }

    #[test]
    fn an_unpacked_browser_is_found_in_its_newest_folder() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["linux-150.0", "linux-151.0"] {
            std::fs::create_dir_all(folder.path().join(version)).unwrap();
            std::fs::write(folder.path().join(version).join("chrome"), "").unwrap();
        }
        assert_eq!(newest(folder.path(), "chrome"), Some(folder.path().join("linux-151.0/chrome")));
        assert_eq!(newest(folder.path(), "other"), None);
    }
}
