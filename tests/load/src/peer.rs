//! The peer: `oidc-provider`, the OpenID provider that most Node applications would take, as `tests/load/peer` sets it up.
//! It owns the finding of Node, the packages that the lock file names, kept in `.run/load-peer`, which git ignores, and
//! the start of the program. Nothing here happens unless the peer is asked for, so a plain run needs no Node.
//! Called by the campaign.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::child::Child;
use crate::site::{CLIENT_SECRET, OFFLINE, REDIRECT_URI, Site};

/// What is told of the peer beside the requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AboutPeer {
    /// Of the package and of Node.
    pub(crate) versions: String,
    /// Milliseconds to the first answer; it makes a key and has no database.
    pub(crate) start: f64,
    /// Resident bytes before the first request of a round.
    pub(crate) idle: u64,
}

/// The programs and packages of the peer, ready to start.
#[derive(Debug)]
pub(crate) struct Installation {
    node: PathBuf,
    packages: PathBuf,
    versions: String,
}

impl Installation {
    /// Finds Node and installs what the lock file names, unless that was done from the very same lock file.
    pub(crate) fn prepare() -> anyhow::Result<Self> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let run = own.join("../../.run");
        fs::create_dir_all(&run)?;
        let run = run.canonicalize()?;
        let (node, version) = find_node(&run).context("the peer wants Node 20 or newer")?;
        let packages = run.join("load-peer");
        install(&node, &own.join("peer"), &packages)?;
        let versions = format!("{}, Node {version}", package_version(&packages)?);
        Ok(Self { node, packages, versions })
    }

    /// Of the package and of Node.
    pub(crate) fn versions(&self) -> &str {
        &self.versions
    }

    /// Starts the peer with the application and the algorithm of the scene.
    pub(crate) fn start(&self, site: &Site, algorithm: &str) -> anyhow::Result<Child> {
        // Node looks for packages beside the script.
        let mut command = Command::new(&self.node);
        command
            .arg(self.packages.join("server.mjs"))
            .env("NODE_ENV", "production")
            .env("ISSUER", format!("http://{}", site.peer))
            .env("PORT", site.peer.port().to_string())
            .env("ALGORITHM", algorithm)
            .env("CLIENT_ID", OFFLINE.id)
            .env("CLIENT_SECRET", CLIENT_SECRET)
            .env("REDIRECT_URI", REDIRECT_URI);
        Child::start("peer", &mut command, site.folder())
    }
}

/// Node with its version: the one that the environment names, the usual one, or the one that `./x` keeps.
fn find_node(run: &Path) -> Option<(PathBuf, String)> {
    let named = std::env::var_os("TEST_NODE").map(PathBuf::from);
    let usual = [PathBuf::from("node"), run.join("node/node_modules/node/bin/node")];
    named.into_iter().chain(usual).find_map(|node| {
        let output = Command::new(&node).arg("--version").stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.trim().strip_prefix('v')?.to_owned();
        is_new(&version).then_some((node, version))
    })
}

fn is_new(version: &str) -> bool {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= 20)
}

/// Fills `place` from `from`; the mark of it comes last, so that half an installation is done again.
fn install(node: &Path, from: &Path, place: &Path) -> anyhow::Result<()> {
    let wanted = fs::read(from.join("package-lock.json"))?;
    let mark = place.join("installed-from");
    if fs::read(&mark).ok().as_ref() != Some(&wanted) {
        if place.exists() {
            fs::remove_dir_all(place)?;
        }
        fs::create_dir(place)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), place.join(file))?;
        }
        run_npm(node, place)?;
        fs::write(&mark, wanted)?;
    }
    fs::copy(from.join("server.mjs"), place.join("server.mjs"))?;
    Ok(())
}

fn run_npm(node: &Path, place: &Path) -> anyhow::Result<()> {
    let npm = std::env::var_os("TEST_NPM").unwrap_or_else(|| OsString::from("npm"));
    // npm is a script that asks the path for `node`.
    let beside = node.parent().map(Path::to_path_buf).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(beside)
        .filter(|folder| folder.is_absolute())
        .chain(std::env::split_paths(&path));
    let output = Command::new(npm)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .env("PATH", std::env::join_paths(folders)?)
        .current_dir(place)
        .stdin(Stdio::null())
        .output()
        .context("the peer wants npm")?;
    if !output.status.success() {
        bail!("the peer cannot be installed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Name and version of the package, as it was installed.
fn package_version(packages: &Path) -> anyhow::Result<String> {
    let text = fs::read(packages.join("node_modules/oidc-provider/package.json"))?;
    let package: serde_json::Value = serde_json::from_slice(&text)?;
    let version = package.get("version").and_then(serde_json::Value::as_str);
    Ok(format!("oidc-provider {}", version.context("the peer has no version")?))
}

#[cfg(test)]
mod tests;
