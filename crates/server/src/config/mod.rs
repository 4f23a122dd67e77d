//! The configuration: one file and the environment, read once into values that need no further check.
//!
//! [`load`] answers with a [`Config`] and every finding, errors and warnings alike; a server starts only when there is
//! no error. Each section has a file of its own, which knows its keys, their defaults and the cure of each mistake.
//! Nothing here opens a socket or a database: `magpie check` is this module alone.

mod channels;
mod claims;
mod clients;
mod database;
mod duration;
mod excerpt;
mod finding;
mod follow;
mod keys;
mod limits;
mod listen;
mod privacy;
mod program;
mod push;
mod reading;
mod registration;
mod secrets;
mod section;
mod source;
mod telemetry;
mod times;
mod tree;
mod wechat;
mod wecom;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use magpie_domain::{Channel, Client, Issuer, TokenHash};
use magpie_flows::registration::RegistrationSettings;
use magpie_flows::wechat::push::PrivacyPolicy;
use magpie_vault::{Purpose, Vault};

pub use claims::{Claims, Identity, SubjectSource};
pub(crate) use clients::change as client_change;
pub use database::Database;
pub use finding::{Finding, Findings, Severity};
pub use keys::Keys;
pub use limits::Limits;
pub use listen::Listen;
pub use source::Environment;
pub use telemetry::{LogForm, Telemetry};
pub use times::Times;
pub use wechat::Wechat;
pub use wecom::Wecom;

use reading::Reading;
use section::Section;
use tree::At;

/// The checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// The issuer.
    pub issuer: Issuer,
    /// Where the server listens.
    pub listen: Listen,
    /// Which database.
    pub database: Database,
    /// Key material.
    pub keys: Keys,
    /// Where WeChat is.
    pub wechat: Wechat,
    /// Where WeCom is.
    pub wecom: Wecom,
    /// The ways to WeChat, in the order of the file.
    pub channels: Vec<Channel>,
    /// The declared applications, in the order of the file.
    pub clients: Vec<Client>,
    /// What applications are told.
    pub claims: Claims,
    /// Where a `sub` comes from.
    pub identity: Identity,
    /// How long things live.
    pub times: Times,
    /// What peers may take.
    pub limits: Limits,
    /// Whether applications may register themselves.
    pub registration: RegistrationSettings,
    /// What becomes of people who left WeChat.
    pub privacy: PrivacyPolicy,
    /// The log.
    pub telemetry: Telemetry,
}

/// What came of one reading.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration, when there is no error.
    pub config: Option<Config>,
    /// Everything that was found.
    pub findings: Findings,
}

/// Reads the file at `path` and lays `environment` over it. Secret files are opened; nothing else is.
#[must_use]
pub fn load(path: &Path, environment: &Environment) -> Loaded {
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => read(path, text, environment),
        Ok(Err(_not_text)) => unreadable(path, "the file is not UTF-8 text"),
        Err(error) => {
            let problem = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file",
                std::io::ErrorKind::PermissionDenied => "this process may not read the file",
                std::io::ErrorKind::IsADirectory => "this is a directory, not a file",
                _ => "the file cannot be read",
            };
            unreadable(path, problem)
        }
    }
}

fn unreadable(path: &Path, problem: &str) -> Loaded {
    let reading = Reading::new(path, String::new());
    let cure = "`magpie init` writes one; --config or MAGPIE_CONFIG says where it is".to_owned();
    reading.refuse_key(&At::start_of_file(), "", problem, cure);
    Loaded { config: None, findings: reading.finish() }
}

/// Reads configuration text as if it stood at `path`.
#[must_use]
pub fn read(path: &Path, text: String, environment: &Environment) -> Loaded {
    let reading = Reading::new(path, text);
    let table = source::read(&reading, environment);
    let config = config(path, Section::root(&reading, &table));
    let findings = reading.finish();
    let config = config.filter(|_| !findings.has_errors());
    Loaded { config, findings }
}

fn config(path: &Path, mut root: Section<'_>) -> Option<Config> {
    let issuer = issuer(&mut root);
    let keys = keys::read(root.section("keys"));
    let wechat = wechat::read(root.section("wechat"), issuer.as_ref());
    let wecom = wecom::read(root.section("wecom"), wechat.development);
    let channels = channels::read(root.sections("channels"), issuer.as_ref(), wechat.development);
    if channels.is_empty() && !root.has("channels") {
        let cure =
            "add [[channels]] with the AppID and AppSecret of a website app or service account";
        root.warn("channels", "there is no channel, so nobody can sign in", cure);
    }
    let claims = claims::read(root.section("claims"));
    let vault = keys.as_ref().and_then(|keys| Vault::new(&keys.root).ok());
    let hash_secret = |secret: &str| {
        // Without a root key the configuration is refused, and this placeholder with it.
        let unusable = || TokenHash::from_bytes([0; 32]);
        vault.as_ref().map_or_else(unusable, |vault| vault.hash_client_secret(secret))
    };
    let addresses = clients::Addresses {
        domain: claims.email_domain.as_deref(),
        corporate: channels.iter().any(|channel| channel.way.tells_mailboxes()),
    };
    let clients = clients::read(root.sections("clients"), addresses, &channels, &hash_secret);
    let listen = listen::read(root.section("listen"));
    let database = database::read(root.section("database"));
    let identity = claims::identity(root.section("identity"));
    let times = times::read(root.section("times"));
    let limits = limits::read(root.section("limits"));
    let telemetry = telemetry::read(root.section("telemetry"));
    let hash_token = |token: &str| {
        let unusable = || TokenHash::from_bytes([0; 32]);
        let hash = |vault: &Vault| vault.hash_handle(Purpose::RegistrationToken, token);
        vault.as_ref().map_or_else(unusable, hash)
    };
    let registration = registration::read(root.section("registration"), &hash_token);
    let privacy = privacy::read(root.section("privacy"));
    root.not_yet(&["console", "mail", "admins", "pages"]);
    root.finish();
    Some(Config {
        path: path.to_path_buf(),
        issuer: issuer?,
        listen,
        database: database?,
        keys: keys?,
        wechat,
        wecom,
        channels,
        clients,
        claims,
        identity,
        times,
        limits,
        registration,
        privacy,
        telemetry,
    })
}

fn issuer(root: &mut Section<'_>) -> Option<Issuer> {
    let wanted = "the https address people sign in at, such as \"https://login.example.com\"";
    if !root.has("issuer") {
        root.refuse_quietly("issuer", "the key is missing", format!("wanted: {wanted}"));
    }
    root.parse("issuer", wanted, Issuer::parse)
}
