//! A listener on loopback with a tiny router behind it, and ways to speak to it in bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use magpie_server::config::Limits;
use magpie_server::listen::{HostRule, Serving, bind, serve};
use magpie_server::metrics::Metrics;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

pub(crate) const HOST: &str = "login.example.com";

/// A listener with short times, so that waiting for them is no waste.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
    pub(crate) reached: Arc<AtomicUsize>,
    pub(crate) metrics: Arc<Metrics>,
}

pub(crate) fn short_times() -> Limits {
    Limits {
        header_time: Duration::from_millis(300),
        body_time: Duration::from_millis(300),
        request_time: Duration::from_millis(900),
        idle_time: Duration::from_millis(1200),
        drain_time: Duration::from_millis(600),
        ..Limits::default()
    }
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(short_times(), HostRule::Only(HOST.to_owned())).await
    }

    pub(crate) async fn with(limits: Limits, host: HostRule) -> Self {
        let reached = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&reached);
        let count = axum::middleware::from_fn(
            move |request: axum::extract::Request, next: axum::middleware::Next| {
                seen.fetch_add(1, Ordering::SeqCst);
                next.run(request)
            },
        );
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route(
                "/peer",
                get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()),
            )
            .route("/echo", post(async |body: Bytes| body))
            .route("/slow", get(async || sleep(Duration::from_millis(300)).await))
            .route("/stuck", get(async || sleep(Duration::from_secs(60)).await))
            .layer(count);
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
        let serving = Serving {
            limits,
            host,
            trusted_proxies: vec![],
            issuer_path: String::new(),
            metrics: Some(Arc::clone(&metrics)),
        };
        #[expect(clippy::disallowed_methods, reason = "the test waits for it by its handle")]
        let served = tokio::spawn(serve(listener, router, serving, stop.clone()));
        Self { address, stop, served, reached, metrics }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a fresh connection and reads until the server closes it.
    pub(crate) async fn tell(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        drop(stream.write_all(bytes.as_ref()).await);
        read_all(&mut stream).await
    }

    pub(crate) fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }
}

/// Everything until the end of the connection, which must come.
pub(crate) async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "still open after: {}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What arrives until the server has answered once.
pub(crate) async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let count = timeout(Duration::from_secs(20), stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned()
}

pub(crate) fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n")
}

pub(crate) fn status(answer: &str) -> &str {
    let rest = answer.strip_prefix("HTTP/1.1 ").or_else(|| answer.strip_prefix("HTTP/1.0 "));
    rest.and_then(|rest| rest.get(..3)).unwrap_or(answer)
}

pub(crate) async fn refuses(bytes: impl AsRef<[u8]>, expected: &str) -> String {
    let house = House::open().await;
    let answer = house.tell(bytes.as_ref()).await;
    let sent = String::from_utf8_lossy(bytes.as_ref()).chars().take(90).collect::<String>();
    assert_eq!(status(&answer), expected, "{sent:?} was answered:\n{answer}");
    assert_eq!(answer.matches("HTTP/1.").count(), 1, "answered twice:\n{answer}");
    assert_eq!(house.reached(), 0, "{sent:?} reached the application");
    answer
}
