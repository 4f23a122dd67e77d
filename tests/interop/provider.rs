//! A real `magpie serve` on loopback with a throw-away database, in front of a simulated WeChat in this process.
//! Its clients are named after the one way in which each may authenticate, so that a login proves which way was taken.

use harness::{Child, free_port, serve, write_root_key};
use magpie_simulator::{RunningSimulator, Simulator, World};
use tempfile::TempDir;

/// A secret as `openssl rand -hex` makes them.
pub(crate) const PLAIN_SECRET: &str = "5c0ff1e1d0c5a1e5b0a7f00dfeedc0de";
/// A secret with characters that Basic authentication must encode (RFC 6749 §2.3.1); not every client does.
pub(crate) const ODD_SECRET: &str = "interop secret: 100%+/= ~ of one client";

/// Where addresses are made up, for clients whose policy is to have one.
pub(crate) const EMAIL_DOMAIN: &str = "people.example.com";

/// A confidential client as it is by default: basic or post, PKCE when it likes.
pub(crate) const STOCK: &str = "stock";
/// The other clients: the name is the only method it may use, and PKCE is a must.
pub(crate) const PINNED: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    /// The secret of every confidential client.
    pub(crate) secret: &'static str,
    pub(crate) wechat: RunningSimulator,
    // Ended before the folder with its database goes.
    _magpie: Child,
    _folder: TempDir,
}

impl Provider {
    /// Starts both; every client may come back to `redirect_uri`.
    pub(crate) async fn start(redirect_uri: &str, secret: &'static str) -> Self {
        Self::start_with(redirect_uri, secret, "").await
    }

    /// As [`Self::start`]; every client is registered with these lines of the configuration besides.
    pub(crate) async fn start_with(redirect_uri: &str, secret: &'static str, policy: &str) -> Self {
        let clients = clients(redirect_uri, secret, policy);
        let port = free_port();
        Self::start_at(port, format!("http://127.0.0.1:{port}"), secret, &clients).await
    }

    /// As [`Self::start`], with an issuer of the test's choice whose requests reach `port`, and clients of the test's
    /// own as the configuration has them.
    pub(crate) async fn start_at(
        port: u16,
        issuer: String,
        secret: &'static str,
        clients: &str,
    ) -> Self {
        let wechat = Simulator::start(World::demo("127.0.0.1"), ([127, 0, 0, 1], 0).into()).await;
        let wechat = wechat.unwrap();
        let folder = tempfile::tempdir().unwrap();
        write_root_key(folder.path());
        let config = folder.path().join("magpie.toml");
        let text = configuration(port, &issuer, &wechat.base_url()) + clients;
        std::fs::write(&config, text).unwrap();
        let log = folder.path().join("magpie.log");
        let magpie = Child::start("magpie serve", &mut serve(folder.path()), log, port).await;
        Self { issuer, secret, wechat, _magpie: magpie, _folder: folder }
    }

    /// The name by which this person goes at WeChat.
    pub(crate) fn nickname_of(&self, person: &str) -> String {
        self.wechat.world().person(person).unwrap().nickname
    }
}

fn configuration(port: u16, issuer: &str, wechat: &str) -> String {
    format!(
        r#"issuer = "{issuer}"
[listen]
public = "127.0.0.1:{port}"
management = "127.0.0.1:0"
[database]
url = "sqlite:magpie.db"
[keys]
root_key_file = "root.key"
[wechat]
development = true
api_base = "{wechat}"
api_fallback_bases = []
open_base = "{wechat}"
[claims]
email_domain = "{EMAIL_DOMAIN}"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
"#
    )
}

fn clients(redirect_uri: &str, secret: &str, policy: &str) -> String {
    let client = |id: &str, secret: &str, rest: &str| {
        format!(
            "[[clients]]\nid = \"{id}\"\n{secret}redirect_uris = [\"{redirect_uri}\"]\n{rest}{policy}\n"
        )
    };
    let secret = format!("secret = \"{secret}\"\n");
    let mut text = client(STOCK, &secret, "");
    for method in PINNED {
        let secret = if method == "none" { "" } else { &secret };
        let pinned = format!("token_endpoint_auth_methods = [\"{method}\"]\nrequire_pkce = true\n");
        text += &client(method, secret, &pinned);
    }
    text
}
