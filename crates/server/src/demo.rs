//! `magpie demo`: a simulated WeChat, the real server and a sample application, on loopback, with a throw-away database.
//! It goes through the same configuration, listener and flows as production; only the addresses are made up here.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use magpie_outbound::{Http, HttpSettings};
use magpie_simulator::{Account, AccountKind, Corp, RunningSimulator, Scope, Simulator, World};
use magpie_vault::{RootKey, VaultError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config, Environment};
use crate::listen::{self, CannotListen, HostRule, Serving};
use crate::metrics::Metrics;
use crate::relying_party::Registration;
use crate::relying_party::demo_application::DemoApplication;
use crate::serve::{self, Migrations, Sockets};
use crate::system::SystemEntropy;
use crate::wire::CannotStart;

/// Why the demo did not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotDemonstrate {
    /// No address on loopback.
    #[error(transparent)]
    Listen(#[from] CannotListen),
    /// Database or keys.
    #[error(transparent)]
    Start(#[from] CannotStart),
    /// The vault.
    #[error("no root key can be made: {0}")]
    RootKey(#[from] VaultError),
    /// The folder for the database.
    #[error("no temporary folder can be made: {0}")]
    Folder(#[from] std::io::Error),
    /// The simulated world that we made ourselves.
    #[error("the demo's own world is refused: {0}")]
    World(String),
    /// The configuration that we wrote ourselves.
    #[error("the demo's own configuration is refused:\n{0}")]
    Configuration(String),
}

/// Where a demo is to be found.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The sample application, where a person begins.
    pub application: String,
    /// Magpie.
    pub issuer: String,
    /// The simulated WeChat.
    pub wechat: String,
    /// A code as a mini program gets it from `wx.login`: good once, and for five minutes.
    pub mini_program_code: String,
}

/// The client that may bring codes of the mini program.
pub const MINI_PROGRAM_CLIENT: &str = "sample-mini-program";
const MINI_PROGRAM: &str = "wx0000000000000003";
/// Whom the code of the mini program stands for.
const AT_THE_MINI_PROGRAM: &str = "xiaoyu";

/// The ports a demo likes best; taken ones are replaced by free ones.
const APPLICATION: u16 = 8082;
const ISSUER: u16 = 8080;
const WECHAT: u16 = 8081;

/// Runs until `stop`; tells its addresses once everything answers. Nothing is left behind. With WeCom, the person chooses
/// on the desktop whose account they use.
///
/// # Errors
/// [`CannotDemonstrate`] when it cannot start.
pub async fn run(
    with_wecom: bool,
    stop: CancellationToken,
    tell: impl FnOnce(&Addresses),
) -> Result<(), CannotDemonstrate> {
    let folder = tempfile::Builder::new().prefix("magpie-demo-").tempdir()?;
    let application = bind_near(APPLICATION).await?;
    let public = bind_near(ISSUER).await?;
    let issuer = base_url(&public);
    let wechat = simulate(issuer.trim_start_matches("http://")).await?;
    let addresses = Addresses {
        application: base_url(&application),
        issuer,
        wechat: wechat.base_url(),
        mini_program_code: wechat
            .issue_code(MINI_PROGRAM, AT_THE_MINI_PROGRAM, Scope::MiniProgram)
            .map_err(CannotDemonstrate::World)?,
    };
    let secret = magpie_vault::generate::client_secret(&SystemEntropy).map_err(VaultError::from)?;
    let mut text = configuration(
        &addresses,
        &RootKey::generate(&SystemEntropy)?.to_base64url(),
        secret.expose(),
    );
    if with_wecom {
        text.push_str(&wecom(&addresses.wechat));
    }
    let config = read(&folder.path().join("magpie.toml"), text)?;
    let metrics = Arc::new(Metrics::default());
    let flows = serve::open(&config, Migrations::Run, &metrics).await?;
    let sockets = Sockets::of(public, bind(0).await?);
    let sample =
        sample_application(&addresses, secret.expose(), &config).map_err(CannotStart::from)?;
    let serving = Serving {
        limits: config.limits,
        host: HostRule::Any,
        trusted_proxies: Vec::new(),
        issuer_path: String::new(),
        metrics: None,
    };
    tell(&addresses);
    tokio::join!(
        listen::serve(application, sample.router(), serving, stop.clone()),
        serve::serve(config, sockets, flows, metrics, stop),
    );
    drop(wechat);
    Ok(())
}

fn sample_application(
    addresses: &Addresses,
    secret: &str,
    config: &Config,
) -> Result<DemoApplication, magpie_outbound::HttpClientBroken> {
    let registration = Registration {
        issuer: config.issuer.as_str().to_owned(),
        client_id: "sample-application".to_owned(),
        secret: Some(secret.to_owned()),
        redirect_uri: format!("{}/callback", addresses.application),
        scopes: vec!["profile".to_owned()],
    };
    Ok(DemoApplication::new(registration, Http::new(HttpSettings::default())?))
}

/// A simulated WeChat with three accounts, an organisation in WeCom that sends people back to `authority`, and four people.
async fn simulate(authority: &str) -> Result<RunningSimulator, CannotDemonstrate> {
    let world = || {
        let mut world = World::demo("127.0.0.1");
        world.accounts.push(Account {
            app_id: MINI_PROGRAM.to_owned(),
            app_secret: format!("{MINI_PROGRAM}-secret"),
            kind: AccountKind::MiniProgram,
            name: String::new(),
            platform: Some("main".to_owned()),
            callback_domains: Vec::new(),
            allow_port: false,
        });
        world.corps.push(Corp::demo(authority));
        world
    };
    match Simulator::start(world(), loopback(WECHAT)).await {
        Ok(running) => Ok(running),
        Err(_taken) => Ok(Simulator::start(world(), loopback(0)).await?),
    }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

async fn bind(port: u16) -> Result<TcpListener, CannotListen> {
    listen::bind(loopback(port)).await
}

async fn bind_near(port: u16) -> Result<TcpListener, CannotListen> {
    match bind(port).await {
        Ok(listener) => Ok(listener),
        Err(_taken) => bind(0).await,
    }
}

fn base_url(listener: &TcpListener) -> String {
    listener.local_addr().map_or_else(|_gone| String::new(), |address| format!("http://{address}"))
}

/// The configuration that an operator would write for such a house.
fn configuration(addresses: &Addresses, root_key: &str, secret: &str) -> String {
    let Addresses { application, issuer, wechat, .. } = addresses;
    let public = issuer.trim_start_matches("http://");
    format!(
        r#"issuer = "{issuer}"

[listen]
public = "{public}"
management = "127.0.0.1:0"

[database]
url = "sqlite:magpie.db"

[keys]
root_key = "{root_key}"

[wechat]
api_base = "{wechat}"
api_fallback_bases = []
open_base = "{wechat}"
development = true

[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"

[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
scope = "snsapi_userinfo"

[[channels]]
id = "mini"
kind = "mini_program"
app_id = "{MINI_PROGRAM}"
app_secret = "{MINI_PROGRAM}-secret"
platform = "main"

[[clients]]
id = "{MINI_PROGRAM_CLIENT}"
scopes = ["openid", "profile"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
wechat_channels = ["mini"]

[[clients]]
id = "sample-application"
name = "Sample application"
secret = "{secret}"
redirect_uris = ["{application}/callback"]
scopes = ["openid", "profile"]
"#
    )
}

/// What an operator adds for the members of an organisation.
fn wecom(simulated: &str) -> String {
    format!(
        r#"
[wecom]
api_base = "{simulated}"
login_base = "{simulated}"

[[channels]]
id = "office"
kind = "wecom"
corp_id = "ww0000000000000001"
corp_secret = "ww0000000000000001-1000002-secret"
agent_id = 1000002
"#
    )
}

fn read(path: &std::path::Path, text: String) -> Result<Config, CannotDemonstrate> {
    let loaded = config::read(path, text, &Environment::default());
    loaded.config.ok_or_else(|| CannotDemonstrate::Configuration(loaded.findings.to_string()))
}
