//! A house: the server with its configuration, its database and its simulated WeChat. Closing it searches the log.

use std::net::SocketAddr;
use std::sync::Arc;

use magpie_server::config::{self, Environment};
use magpie_server::metrics::Metrics;
use magpie_server::serve::{self, Migrations, Sockets};
use magpie_simulator::{RunningSimulator, Simulator, World};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::channels;
use crate::logs;
use crate::postgres::Database;

/// The secret of the confidential application; the marker makes it findable wherever it should not be.
const SECRET: &str = "s3cr3t-of-the-application-0123456789abcdef";
/// The signing root of all houses.
const ROOT_KEY: &str = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE";

/// What may differ from the ordinary house.
#[derive(Debug, Default)]
pub struct Plan {
    /// Where the facts are; a SQLite file of its own when absent.
    pub database: Option<Database>,
    /// More configuration, appended.
    pub more: String,
    /// Configuration of the channels in place of the usual two.
    pub channels: Option<String>,
    /// The simulated world in place of the usual one.
    pub world: Option<World>,
    /// What stands behind the address in the issuer.
    pub issuer_path: String,
}

/// A running house.
#[derive(Debug)]
pub struct House {
    /// The issuer.
    pub issuer: String,
    /// The simulated WeChat.
    pub wechat: RunningSimulator,
    /// The counters.
    pub metrics: Arc<Metrics>,
    address: SocketAddr,
    management: SocketAddr,
    text: String,
    database: Database,
    folder: TempDir,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
    _opened: logs::Opened,
}

impl House {
    /// Opens the ordinary house: SQLite, a website app, a service account, three applications.
    pub async fn open() -> Self {
        Self::of(Plan::default()).await
    }

    /// Opens a house with more configuration.
    pub async fn with(more: &str) -> Self {
        Self::of(Plan { more: more.to_owned(), ..Plan::default() }).await
    }

    /// One house on each engine; PostgreSQL is left out, aloud, where there is no server for tests.
    pub async fn on_both_engines() -> Vec<Self> {
        let mut houses = vec![Self::open().await];
        if let Some(database) = Database::on_postgres().await {
            houses.push(Self::of(Plan { database: Some(database), ..Plan::default() }).await);
        }
        houses
    }

    /// Opens a house to plan.
    pub async fn of(plan: Plan) -> Self {
        logs::install();
        let opened = logs::open();
        let folder = tempfile::tempdir().expect("a folder");
        let world = plan.world.unwrap_or_else(|| World::demo("127.0.0.1"));
        for account in &world.accounts {
            logs::remember(&account.app_secret);
        }
        for agent in world.corps.iter().flat_map(|corp| &corp.agents) {
            logs::remember(&agent.secret);
        }
        logs::remember(SECRET);
        logs::remember(ROOT_KEY);
        let wechat = Simulator::start(world, SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a simulator");
        let public = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = public.local_addr().expect("an address");
        let issuer = format!("http://{address}{}", plan.issuer_path);
        let database =
            plan.database.unwrap_or_else(|| Database::Sqlite(folder.path().join("magpie.db")));
        let usual = || format!("{}{}", channels::WEBSITE, channels::SERVICE_ACCOUNT);
        let channels = plan.channels.unwrap_or_else(usual);
        let text = configuration(&issuer, &wechat.base_url(), &database, &channels, &plan.more);
        let metrics = Arc::new(Metrics::default());
        let stop = CancellationToken::new();
        let (management, server) = start(&folder, &text, public, &metrics, &stop).await;
        Self {
            issuer,
            wechat,
            metrics,
            address,
            management,
            text,
            database,
            folder,
            stop,
            server: Some(server),
            _opened: opened,
        }
    }

    /// Another server process' worth of the same house: same database, other port.
    pub async fn replica(&self) -> (SocketAddr, CancellationToken) {
        let public = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = public.local_addr().expect("an address");
        let stop = self.stop.child_token();
        let (_management, _server) =
            start(&self.folder, &self.text, public, &Arc::new(Metrics::default()), &stop).await;
        (address, stop)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its operator looks.
    #[must_use]
    pub fn management(&self) -> SocketAddr {
        self.management
    }

    /// Host and port, as in the issuer.
    #[must_use]
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Where its facts are.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The folder of its database.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The confidential application.
    #[must_use]
    pub fn application(&self) -> Application {
        Application::new(self, "app", Some(SECRET), "https://app.example/cb?keep=1")
    }

    /// A second confidential application.
    #[must_use]
    pub fn other_application(&self) -> Application {
        Application::new(self, "other", Some(SECRET), "https://other.example/cb")
    }

    /// The public application; its redirect URI is on loopback, any port.
    #[must_use]
    pub fn public_application(&self) -> Application {
        Application::new(self, "native", None, "http://127.0.0.1/cb")
    }

    /// An application of a test's own, declared in its plan with the secret of the others.
    #[must_use]
    pub fn own_application(&self, id: &str, redirect_uri: &str) -> Application {
        Application::new(self, id, Some(SECRET), redirect_uri)
    }

    /// The application whose people are asked.
    #[must_use]
    pub fn asking_application(&self) -> Application {
        Application::new(self, "asking", Some(SECRET), "https://asking.example/cb")
    }

    /// Everything that was logged by this process so far.
    #[must_use]
    pub fn log(&self) -> String {
        logs::all()
    }

    /// Stops the server and searches the log for every secret that passed through.
    pub async fn close(mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take() {
            server.await.expect("a server that stops");
        }
        logs::search();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
        if !std::thread::panicking() {
            logs::search();
        }
    }
}

async fn start(
    folder: &TempDir,
    text: &str,
    public: TcpListener,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) -> (SocketAddr, JoinHandle<()>) {
    let path = folder.path().join("magpie.toml");
    let loaded = config::read(&path, text.to_owned(), &Environment::default());
    let config = loaded.config.unwrap_or_else(|| panic!("{}", loaded.findings));
    let flows = serve::open(&config, Migrations::Run, metrics).await.expect("a house in order");
    let management = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let inside = management.local_addr().expect("an address");
    let sockets = Sockets::of(public, management);
    let running = serve::serve(config, sockets, flows, Arc::clone(metrics), stop.clone());
    (inside, tokio::spawn(running))
}

fn configuration(
    issuer: &str,
    wechat: &str,
    database: &Database,
    channels: &str,
    more: &str,
) -> String {
    let database = database.url();
    format!(
        r#"issuer = "{issuer}"
[listen]
public = "127.0.0.1:1"
management = "127.0.0.1:2"
[database]
url = "{database}"
[keys]
root_key = "{ROOT_KEY}"
[wechat]
api_base = "{wechat}"
api_fallback_bases = []
open_base = "{wechat}"
development = true
verification_files = {{ "MP_verify_AbCdEfGhIjKlMnOp.txt" = "AbCdEfGhIjKlMnOp" }}
[wecom]
api_base = "{wechat}"
login_base = "{wechat}"
{channels}
[[clients]]
id = "app"
name = "The application"
secret = "{SECRET}"
redirect_uris = ["https://app.example/cb?keep=1", "https://app.example/second"]
scopes = ["openid", "profile", "wechat", "offline_access"]
[[clients]]
id = "other"
name = "Another application"
secret = "{SECRET}"
redirect_uris = ["https://other.example/cb"]
scopes = ["openid", "profile", "offline_access"]
[[clients]]
id = "native"
name = "A native application"
redirect_uris = ["http://127.0.0.1/cb"]
application_type = "native"
scopes = ["openid", "profile", "offline_access"]
[[clients]]
id = "asking"
name = "An application that asks"
secret = "{SECRET}"
redirect_uris = ["https://asking.example/cb"]
scopes = ["openid", "profile", "offline_access"]
consent = "explicit"
{more}
"#
    )
}
