//! The scene of one run: addresses on loopback, a throw-away folder, the server's configuration and the fake WeChat's world.
//! It owns every file that the measured programs read and refuses nothing: nobody but the benchmark writes here.
//! The server is configured the way it stands in production, behind a proxy that names each person's address, so that
//! limits are counted and not skipped as they are for loopback. Called by the campaign once per run.

use std::fmt;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Logs people in and forgets them.
pub(crate) const ONLINE: Application = Application {
    id: "load",
    scopes: &["openid", "profile"],
    grant_types: &["authorization_code"],
};
/// Keeps its tokens and renews them.
pub(crate) const OFFLINE: Application = Application {
    id: "load-offline",
    scopes: &["openid", "profile", "offline_access"],
    grant_types: &["authorization_code", "refresh_token"],
};
pub(crate) const CLIENT_SECRET: &str = "a-secret-of-the-load-benchmark-0123456789";
const APP_ID: &str = "wx0000000000000001";
/// Where a login ends; nobody fetches it.
pub(crate) const REDIRECT_URI: &str = "https://app.example.com/back";
/// The same, as a value in a query.
pub(crate) const REDIRECT_URI_ENCODED: &str = "https%3A%2F%2Fapp.example.com%2Fback";
/// The one channel of the scene.
pub(crate) const CHANNEL: &str = "desktop";

/// What a server of the scene is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum House {
    /// Logins by a website app.
    Logins,
    /// The same; its calls to WeChat's API go by this address.
    Behind(SocketAddr),
    /// Desktops that wait for a phone, on half of so many connections.
    Waiting { connections: u64 },
}

impl House {
    /// Where a browser without a session is sent: the part of the configuration that says so.
    fn channels(self) -> String {
        let channel = |id: &str, kind: &str, number: u8| {
            format!(
                "[[channels]]\nid = \"{id}\"\nkind = \"{kind}\"\napp_id = \"wx000000000000000{number}\"\n\
                 app_secret_file = \"wechat.secret\"\nplatform = \"main\"\n"
            )
        };
        match self {
            Self::Logins | Self::Behind(_) => channel(CHANNEL, "website", 1),
            Self::Waiting { connections } => format!(
                "[limits]\nconnections = {connections}\n\n\
                 [[channels]]\nid = \"scan\"\nkind = \"relay\"\nthrough = \"inapp\"\n\n{}",
                channel("inapp", "service_account", 2)
            ),
        }
    }
}

/// What differs between runs.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// How many people WeChat knows.
    pub(crate) people: u32,
    /// `RS256` or `ES256`: how ID tokens are signed.
    pub(crate) algorithm: String,
    /// Whether the peer is measured too.
    pub(crate) peer: bool,
    /// The URL of a PostgreSQL; otherwise a SQLite file in the folder.
    pub(crate) postgres: Option<DatabaseUrl>,
}

/// A URL that may hold a password.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(String);

impl From<&str> for DatabaseUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseUrl(…)")
    }
}

/// Addresses and files.
#[derive(Debug)]
pub(crate) struct Site {
    /// What browsers and applications call.
    pub(crate) public: SocketAddr,
    /// Metrics.
    pub(crate) management: SocketAddr,
    /// The fake WeChat.
    pub(crate) simulator: SocketAddr,
    /// The route that the static documents are compared with.
    pub(crate) bare: SocketAddr,
    /// The other provider, when it is measured.
    pub(crate) peer: SocketAddr,
    folder: PathBuf,
    issuer: String,
    logins: AtomicU64,
}

impl Site {
    /// Picks free ports and writes every file into `folder`.
    pub(crate) fn prepare(folder: &Path, choice: &Choice) -> io::Result<Self> {
        let [public, management, simulator, bare, peer] = free_addresses()?;
        let site = Self {
            public,
            management,
            simulator,
            bare,
            peer,
            folder: folder.to_owned(),
            issuer: format!("http://{public}"),
            logins: AtomicU64::new(0),
        };
        site.write_secret(
            "root.key",
            &URL_SAFE_NO_PAD.encode(Sha256::digest("throw-away root key")),
        )?;
        site.write_secret("client.secret", CLIENT_SECRET)?;
        site.write_secret("wechat.secret", &format!("{APP_ID}-secret"))?;
        site.furnish(choice, House::Logins)?;
        fs::write(site.world(), world_text(choice.people))?;
        Ok(site)
    }

    /// Writes the configuration of the next server; the one before has ended.
    pub(crate) fn furnish(&self, choice: &Choice, house: House) -> io::Result<()> {
        fs::write(self.configuration(), self.configuration_text(choice, house))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server's configuration file.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.folder.join("magpie.toml")
    }

    /// The simulator's world file.
    pub(crate) fn world(&self) -> PathBuf {
        self.folder.join("world.toml")
    }

    /// What the server's locations begin with.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What the links to the fake WeChat begin with.
    pub(crate) fn wechat(&self) -> String {
        format!("http://{}", self.simulator)
    }

    /// A number that no other login of this run has.
    pub(crate) fn next_login(&self) -> u64 {
        self.logins.fetch_add(1, Ordering::Relaxed)
    }

    fn write_secret(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
    }

    fn configuration_text(&self, choice: &Choice, house: House) -> String {
        let (issuer, wechat) = (self.issuer(), self.wechat());
        let api = match house {
            House::Behind(address) => format!("http://{address}"),
            House::Logins | House::Waiting { .. } => wechat.clone(),
        };
        let channels = house.channels();
        let database = choice.postgres.as_ref().map_or("sqlite:magpie.db", |url| &url.0);
        let algorithm = &choice.algorithm;
        let clients = [ONLINE, OFFLINE].map(|application| application.declaration()).concat();
        format!(
            r#"issuer = "{issuer}"

[listen]
public = "{}"
management = "{}"
trusted_proxies = ["127.0.0.0/8"]

[database]
url = "{database}"

[keys]
root_key_file = "root.key"
default_algorithm = "{algorithm}"

[wechat]
api_base = "{api}"
api_fallback_bases = ["{api}"]
open_base = "{wechat}"
development = true

{channels}
{clients}"#,
            self.public, self.management
        )
    }
}

/// A confidential client of the scene.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Application {
    pub(crate) id: &'static str,
    scopes: &'static [&'static str],
    grant_types: &'static [&'static str],
}

impl Application {
    /// HTTP Basic credentials (RFC 6749 §2.3.1); nothing in them needs escaping.
    pub(crate) fn credentials(self) -> String {
        STANDARD.encode(format!("{}:{CLIENT_SECRET}", self.id))
    }

    /// Where its logins begin, without the values that differ from login to login.
    pub(crate) fn authorization_target(self) -> String {
        let (id, scope) = (self.id, self.scopes.join("%20"));
        format!(
            "/oauth2/authorize?response_type=code&client_id={id}&redirect_uri={REDIRECT_URI_ENCODED}\
             &scope={scope}&code_challenge_method=S256"
        )
    }

    /// Its part of the configuration; a list of strings looks the same in Rust and in TOML.
    fn declaration(self) -> String {
        let Self { id, scopes, grant_types } = self;
        format!(
            r#"[[clients]]
id = "{id}"
name = "Load"
secret_file = "client.secret"
redirect_uris = ["{REDIRECT_URI}"]
scopes = {scopes:?}
grant_types = {grant_types:?}
"#
        )
    }
}

fn world_text(people: u32) -> String {
    format!(
        r#"people_count = {people}
auto_approve = true
request_log = 0

[[accounts]]
app_id = "{APP_ID}"
app_secret = "{APP_ID}-secret"
kind = "website"
name = "Load"
platform = "main"
callback_domains = ["127.0.0.1"]
allow_port = true
"#
    )
}

/// Ports that were free a moment ago. All are held until all are found, so that they differ.
fn free_addresses<const N: usize>() -> io::Result<[SocketAddr; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); N];
    for address in &mut addresses {
        let listener = TcpListener::bind(*address)?;
        *address = listener.local_addr()?;
        listeners.push(listener);
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_secrets_are_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let choice =
            Choice { people: 3, algorithm: "ES256".to_owned(), peer: false, postgres: None };
        let site = Site::prepare(folder.path(), &choice).unwrap();
        let all = [site.public, site.management, site.simulator, site.bare, site.peer];
        let mut ports = all.map(|address| address.port());
        ports.sort_unstable();
        assert!(ports.windows(2).all(|pair| pair[0] != pair[1]), "{ports:?}");
        let mode = fs::metadata(folder.path().join("root.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        let text = fs::read_to_string(site.configuration()).unwrap();
        assert!(
            text.contains("default_algorithm = \"ES256\"") && text.contains("sqlite:magpie.db")
        );
        assert!(text.contains("grant_types = [\"authorization_code\", \"refresh_token\"]"));
        let elsewhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let text = site.configuration_text(&choice, House::Behind(elsewhere));
        assert!(text.contains("api_base = \"http://127.0.0.1:9\"") && text.contains("\"website\""));
        let text = site.configuration_text(&choice, House::Waiting { connections: 20 });
        assert!(text.contains("connections = 20\n") && !text.contains("\"website\""));
        assert!(
            OFFLINE.authorization_target().contains("&scope=openid%20profile%20offline_access&")
        );
    }

    #[test]
    fn no_two_logins_share_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let choice =
            Choice { people: 1, algorithm: "RS256".to_owned(), peer: false, postgres: None };
        let site = Site::prepare(folder.path(), &choice).unwrap();
        assert_ne!(site.next_login(), site.next_login());
    }
}
