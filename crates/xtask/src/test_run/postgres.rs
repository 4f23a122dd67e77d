//! A PostgreSQL that exists for one run: its own folder, port, password and, when we are root, its own user.
//! Touches no server that is already there and none that a package set up. Stopped and removed when dropped.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Signal, geteuid};
use tempfile::TempDir;

use crate::processes::{Running, printed};

/// The oldest release the store is written for.
const OLDEST: u32 = 15;
/// Looks, a tenth of a second apart, until the server must have answered.
const LOOKS: u32 = 300;

/// A running server.
#[derive(Debug)]
pub(super) struct Postgres {
    // Dropped in this order: the server ends before its folder goes.
    _running: Running,
    _folder: TempDir,
    programs: PathBuf,
    version: u32,
    port: u16,
    password: String,
}

impl Postgres {
    /// Creates a cluster and starts it on loopback, which takes about two seconds.
    pub(super) fn start() -> anyhow::Result<Self> {
        let (programs, version) = find_programs()?;
        let owner = Owner::choose()?;
        let folder = tempfile::Builder::new().prefix("magpie-postgres-").tempdir()?;
        let password = random_word()?;
        fs::write(folder.path().join("password"), &password)?;
        owner.give(folder.path())?;
        owner.give(&folder.path().join("password"))?;

        initialise(&programs, &owner, folder.path())?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(folder.path().join("log"))?;
        let mut command = owner.command(&programs.join("postgres"), folder.path());
        command.args(settings(port, folder.path())).stdout(log.try_clone()?).stderr(log);
        let mut running = Running::start(&mut command, Signal::INT)?;
        wait_until_ready(&programs, port, &mut running, folder.path())?;
        Ok(Self { _running: running, _folder: folder, programs, version, port, password })
    }

    /// A superuser's URL.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres:{}@{}/postgres", self.password, self.address())
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The folder of `initdb`, `postgres` and `pg_ctl`.
    pub(super) fn programs(&self) -> &Path {
        &self.programs
    }

    /// The major version.
    pub(super) fn version(&self) -> u32 {
        self.version
    }
}

fn initialise(programs: &Path, owner: &Owner, folder: &Path) -> anyhow::Result<()> {
    let mut command = owner.command(&programs.join("initdb"), folder);
    command.args([
        "--pgdata=data",
        "--username=postgres",
        "--pwfile=password",
        "--auth=scram-sha-256",
    ]);
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]).stdin(Stdio::null());
    let output = command.output().context("cannot run initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn settings(port: u16, folder: &Path) -> Vec<String> {
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", folder.display()),
        // Every test brings its own pool, and many run at once.
        "max_connections=400".to_owned(),
        // All of it is thrown away; a test about durability starts a server of its own.
        "fsync=off".to_owned(),
        "synchronous_commit=off".to_owned(),
        "full_page_writes=off".to_owned(),
    ];
    let options = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]);
    ["-D".to_owned(), "data".to_owned()].into_iter().chain(options).collect()
}

fn wait_until_ready(
    programs: &Path,
    port: u16,
    running: &mut Running,
    folder: &Path,
) -> anyhow::Result<()> {
    let port = port.to_string();
    for _ in 0..LOOKS {
        if running.ended()?.is_some() {
            break;
        }
        if printed(programs.join("pg_isready"), &["-q", "-h", "127.0.0.1", "-p", &port]).is_some() {
            return Ok(());
        }
        sleep(Duration::from_millis(100));
    }
    bail!(
        "PostgreSQL did not start: {}",
        fs::read_to_string(folder.join("log")).unwrap_or_default()
    )
}

/// Looks on the path, where `pg_config` points, and where Debian keeps its versions, newest first.
fn find_programs() -> anyhow::Result<(PathBuf, u32)> {
    let mut folders: Vec<PathBuf> = printed("sh", &["-c", "dirname \"$(command -v postgres)\""])
        .into_iter()
        .filter(|folder| folder.starts_with('/'))
        .chain(printed("pg_config", &["--bindir"]))
        .map(PathBuf::from)
        .collect();
    let mut versions: Vec<u32> = fs::read_dir("/usr/lib/postgresql").map_or_else(
        |_| Vec::new(),
        |entries| {
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
        },
    );
    versions.sort_unstable_by(|a, b| b.cmp(a));
    folders.extend(
        versions.iter().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))),
    );
    let usable = |folder: PathBuf| {
        let needed =
            ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).is_file());
        let version = needed.then(|| printed(folder.join("postgres"), &["--version"]))??;
        major(&version).filter(|major| *major >= OLDEST).map(|major| (folder, major))
    };
    let found = folders.into_iter().find_map(usable);
    found.with_context(|| {
        format!(
            "no PostgreSQL {OLDEST} or newer (initdb, postgres, pg_isready); `./x test` installs it"
        )
    })
}

/// 15 from `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split(' ').nth(2)?;
    number.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Who runs the server. PostgreSQL refuses to run as root.
#[derive(Debug)]
struct Owner(Option<(u32, u32)>);

impl Owner {
    fn choose() -> anyhow::Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        let ids = |name: &str| {
            let number = |flag: &str| printed("id", &[flag, name])?.parse().ok();
            Some((number("-u")?, number("-g")?))
        };
        let found = ids("postgres").or_else(|| ids("nobody"));
        Ok(Self(Some(
            found.context(
                "there is neither a user postgres nor a user nobody to run PostgreSQL as",
            )?,
        )))
    }

    fn give(&self, path: &Path) -> anyhow::Result<()> {
        let Some((user, group)) = self.0 else { return Ok(()) };
        chown(path, Some(user), Some(group))
            .with_context(|| format!("cannot hand over {}", path.display()))?;
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
    }

    /// A program run by the owner in `folder`, with a plain environment: settings of other servers must not leak in.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", default_path());
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}

fn default_path() -> OsString {
    "/usr/local/bin:/usr/bin:/bin".into()
}

/// A password for two seconds of loopback: other users of the machine must not become superuser of our server.
fn random_word() -> anyhow::Result<String> {
    let text =
        fs::read_to_string("/proc/sys/kernel/random/uuid").context("cannot read randomness")?;
    Ok(text.chars().filter(char::is_ascii_alphanumeric).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_prints() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("psql"), None);
    }

    #[test]
    fn the_server_listens_on_loopback_only() {
        let settings = settings(1, Path::new("/x"));
        assert!(settings.contains(&"listen_addresses=127.0.0.1".to_owned()));
    }
}
