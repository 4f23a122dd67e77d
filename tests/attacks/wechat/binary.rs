//! The real binary with a configuration of its own on SQLite, to be killed and started again; and a client of few words
//! that takes a dying server for an answer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use harness::{Child, free_port, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// The client's secret in [`CLIENT`].
pub(crate) const SECRET: &str = "s3cr3t-of-the-application-0123456789abcdef";

/// The one application.
pub(crate) const CLIENT: &str = r#"
[[clients]]
id = "app"
name = "The application"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://app.example/cb"]
scopes = ["openid", "profile", "offline_access"]
"#;

/// A website app.
pub(crate) const DESKTOP: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
"#;

/// A running `magpie serve`; it is killed when dropped.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    child: Option<Child>,
}

impl Binary {
    /// Starts it; `PORT` in the configuration is its public port.
    pub(crate) async fn start(configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut binary = Self { address, folder, child: None };
        binary.configure(configuration);
        binary.go().await;
        binary
    }

    /// Writes another configuration, for the next start.
    pub(crate) fn configure(&self, configuration: &str) {
        let text = configuration.replace("PORT", &self.address.port().to_string());
        std::fs::write(self.folder.path().join("magpie.toml"), text).unwrap();
    }

    /// Starts it again and waits until it listens; gives how long that took.
    pub(crate) async fn go(&mut self) -> Duration {
        let began = Instant::now();
        let log = self.folder.path().join("log");
        let mut command = serve(self.folder.path());
        self.child =
            Some(Child::start("magpie serve", &mut command, log, self.address.port()).await);
        began.elapsed()
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.take().unwrap().kill();
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("magpie.db")
    }

    /// Opens a path with these cookies.
    pub(crate) async fn get(&self, path: &str, cookies: &str) -> Option<Heard> {
        get(self.address, path, cookies).await
    }

    /// Redeems a code.
    pub(crate) async fn redeem(&self, code: &str) -> Option<Heard> {
        redeem(self.address, code).await
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The cookie of that kind, as it goes back.
    pub(crate) fn cookie(&self, kind: &str) -> Option<String> {
        let lines = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        let mut pairs = lines.map(|(_, line)| line.split(';').next().unwrap_or_default());
        let ours = |pair: &&str| pair.contains(kind) && !pair.ends_with('=');
        pairs.find(ours).map(str::to_owned)
    }

    /// A parameter of the address that the browser is sent to.
    pub(crate) fn sent(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.header("location")).ok()?;
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

pub(crate) async fn get(address: SocketAddr, path: &str, cookies: &str) -> Option<Heard> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\n"), "")
        .await
}

pub(crate) async fn redeem(address: SocketAddr, code: &str) -> Option<Heard> {
    let fields =
        format!("grant_type=authorization_code&code={code}&redirect_uri=https://app.example/cb");
    post(address, "/oauth2/token", &fields).await
}

/// A form of the application's, with its secret.
pub(crate) async fn post(address: SocketAddr, path: &str, fields: &str) -> Option<Heard> {
    let (head, body) = form(address, path, fields);
    ask(address, &head, &body).await
}

/// Such a form as a head (without its last line) and a body.
pub(crate) fn form(address: SocketAddr, path: &str, fields: &str) -> (String, String) {
    let body = format!("{fields}&client_id=app&client_secret={SECRET}");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        body.len()
    );
    (head, body)
}

/// Sends a head (without its last line) and a body; nothing when the server died before it had answered in full.
pub(crate) async fn ask(address: SocketAddr, head: &str, body: &str) -> Option<Heard> {
    timeout(Duration::from_secs(30), async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("{head}connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        let heard = Heard { status, headers: headers.collect(), body: body.to_owned() };
        let promised: usize = heard.header("content-length").parse().unwrap_or(0);
        (heard.body.len() == promised).then_some(heard)
    })
    .await
    .expect("an answer in time")
}
