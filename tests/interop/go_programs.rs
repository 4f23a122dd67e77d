//! Programs in Go, built here from the modules that a `go.mod` and its `go.sum` pin: as their authors released them,
//! because each has a `go.mod` of its own and no requirement besides.
//! Distributions ship a Go that is too old for them, so the official tool chain is fetched from the module proxy when
//! there is none. Modules and what is built stay in `.run/interop`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::archives;
use crate::foreign::{self, run};

/// What the youngest of the modules demands.
const OLDEST: (u32, u32) = (1, 26);

/// Builds `package` as `NAME/go.mod` pins it. Go itself knows when there is nothing to do. `None` is a skip, already
/// printed.
pub(crate) fn built(name: &str, package: &str) -> Option<PathBuf> {
    /// One at a time: tests that run side by side want the same caches.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _turn = BUILDING.lock().unwrap();
    let go = go()?;
    let run_folder = foreign::run_folder();
    let program = run_folder.join("go-programs").join(name);
    let mut command = Command::new(go);
    command.args(["build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-modcacherw"]);
    command.arg("-o").arg(&program).arg(package).current_dir(foreign::own_folder(name));
    command.env("GOPATH", run_folder.join("go-path")).env("GOCACHE", run_folder.join("go-cache"));
    // The tool chain that was found, and no settings of the desk.
    command.env("GOTOOLCHAIN", "local").env("GOENV", "off").env("GOWORK", "off");
    command.env_remove("GOFLAGS").env_remove("GOROOT").env("CGO_ENABLED", "0");
    run(&mut command);
    Some(program)
}

/// A Go that is new enough: the one named, the machine's, or the one that is fetched.
fn go() -> Option<PathBuf> {
    let named = std::env::var_os("TEST_GO").map(PathBuf::from);
    let present = named.into_iter().chain([PathBuf::from("go")]);
    if let Some(go) = present.into_iter().find(|go| is_new(go)) {
        return Some(go);
    }
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "linux-amd64",
        "aarch64" => "linux-arm64",
        other => other,
    };
    let folder = archives::unpacked("go", architecture, |folder| {
        let root = only_folder(&folder.join("golang.org"));
        std::fs::rename(root, folder.join("root")).unwrap();
        // A module has no permissions; the go command gives them as well when it fetches itself.
        let tools = only_folder(&folder.join("root/pkg/tool"));
        for programs in [folder.join("root/bin"), tools] {
            for program in std::fs::read_dir(programs).unwrap() {
                let executable = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(program.unwrap().path(), executable).unwrap();
            }
        }
    })?;
    Some(folder.join("root/bin/go"))
}

fn is_new(go: &Path) -> bool {
    let output = Command::new(go).args(["env", "GOVERSION"]).stdin(Stdio::null()).output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    version.is_ok_and(|version| number(&version).is_some_and(|number| number >= OLDEST))
}

/// Major and minor of a `go1.26.8`.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("go")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn only_folder(parent: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(parent).unwrap();
    entries.next().unwrap().unwrap().path()
}

#[test]
fn versions_are_compared_as_numbers() {
    assert_eq!(number("go1.26.8"), Some((1, 26)));
    assert!(number("go1.9").unwrap() < OLDEST && number("go1.100.1").unwrap() > OLDEST);
    assert_eq!(number("devel"), None);
}
