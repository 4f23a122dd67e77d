//! What an operator can get wrong, and what they are told. Each finding is checked with its place and its caret.

mod environment;
mod findings;
mod follow;
mod program;
mod push;
mod registration;
mod secrets;
mod wecom;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{Config, Environment, Loaded, Severity, read};

/// A directory with a root key and a secret; the configuration is text beside them.
pub(super) struct Desk {
    directory: TempDir,
}

pub(super) const ROOT_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The least that starts a server.
pub(super) const LEAST: &str =
    "issuer = \"https://login.example.com\"\n[keys]\nroot_key_file = \"root.key\"\n";

pub(super) const CHANNEL: &str = "[[channels]]\nid = \"desktop\"\nkind = \"website\"\n\
    app_id = \"wx0000000000000001\"\napp_secret = \"S3CR3T-planted-app\"\nplatform = \"main\"\n";

pub(super) const CLIENT: &str = "[[clients]]\nid = \"grafana\"\nsecret = \"S3CR3T-planted-client\"\n\
    redirect_uris = [\"https://grafana.example.com/login\"]\n";

impl Desk {
    pub(super) fn new() -> Self {
        let desk = Self { directory: TempDir::new().unwrap() };
        desk.put("root.key", &format!("{ROOT_KEY}\n"), 0o600);
        desk
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn put(&self, name: &str, text: &str, mode: u32) {
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(super) fn read(&self, text: &str) -> Loaded {
        self.read_with(text, &[])
    }

    pub(super) fn read_with(&self, text: &str, variables: &[(&str, &str)]) -> Loaded {
        let pairs = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        read(&self.path("magpie.toml"), text.to_owned(), &Environment::from_iter(pairs))
    }

    /// The configuration, which must have no error.
    pub(super) fn accept(&self, text: &str) -> Config {
        let loaded = self.read(text);
        loaded.config.unwrap_or_else(|| panic!("{}", loaded.findings))
    }

    /// All errors and warnings as text, with the directory taken out.
    pub(super) fn complaints(&self, text: &str) -> String {
        let place = format!("{}/", self.directory.path().display());
        self.read(text).findings.to_string().replace(&place, "")
    }
}

#[test]
fn the_least_configuration_takes_every_default_of_the_design() {
    let desk = Desk::new();
    let config = desk.accept(LEAST);
    assert_eq!(config.listen.public.to_string(), "127.0.0.1:8080");
    assert_eq!(config.listen.management.to_string(), "127.0.0.1:9090");
    assert_eq!(config.wechat.api_base, "https://api.weixin.qq.com");
    assert_eq!(config.wechat.api_fallback_bases, ["https://api2.weixin.qq.com"]);
    assert_eq!(config.keys.default_algorithm.as_str(), "RS256");
    assert_eq!(config.times.code.as_seconds(), 60);
    assert_eq!(config.times.session.absolute.as_seconds(), 30 * 86_400);
    assert_eq!(config.times.key_active.as_seconds(), 90 * 86_400);
    let super::Database::Sqlite { path } = config.database else { panic!("not SQLite") };
    assert_eq!(path, desk.path("magpie.db"));
}

#[test]
fn the_example_of_the_design_is_understood_whole() {
    let desk = Desk::new();
    for name in ["desktop.secret", "inapp.secret", "grafana.secret"] {
        desk.put(name, "S3CR3T-planted-of-a-file\n", 0o600);
    }
    let config = desk.accept(include_str!("design.toml"));
    assert_eq!(config.channels.len(), 2);
    assert_eq!(
        config.channels.first().unwrap().account.app_secret.expose(),
        "S3CR3T-planted-of-a-file"
    );
    let client = config.clients.first().unwrap();
    assert!(!client.is_public() && !client.policy().require_pkce);
    assert_eq!(client.scopes().to_string(), "openid profile email offline_access");
}

#[test]
fn a_preset_fills_the_policy_and_explicit_keys_win() {
    let desk = Desk::new();
    let with = |keys: &str| desk.accept(&format!("{LEAST}{CLIENT}preset = \"keycloak\"\n{keys}"));
    let required = |config: Config| config.clients.first().unwrap().policy().require_pkce;
    assert!(required(with("")));
    assert!(!required(with("require_pkce = false\n")));
}

#[test]
fn a_client_without_a_secret_is_public_and_must_use_pkce() {
    let text =
        format!("{LEAST}[[clients]]\nid = \"app\"\nredirect_uris = [\"https://a.example/\"]\n");
    let config = Desk::new().accept(&text);
    let client = config.clients.first().unwrap();
    assert!(client.is_public() && client.policy().require_pkce);
}

#[test]
fn warnings_alone_do_not_keep_the_server_from_starting() {
    let loaded = Desk::new().read(LEAST);
    assert!(loaded.config.is_some());
    let severities: Vec<_> = loaded.findings.0.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Warning], "{}", loaded.findings);
}
