//! The listener over raw TCP: what a stranger may send, and what comes back. Each test names its case of the abuse table.
//! The router behind it is tiny and counts what reaches it, so that "refused" means the application never saw it.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

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
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const HOST: &str = "login.example.com";

/// A listener with short times, so that waiting for them is no waste.
struct House {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
    reached: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

fn short_times() -> Limits {
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
    async fn open() -> Self {
        Self::with(short_times(), HostRule::Only(HOST.to_owned())).await
    }

    async fn with(limits: Limits, host: HostRule) -> Self {
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

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a fresh connection and reads until the server closes it.
    async fn tell(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        drop(stream.write_all(bytes.as_ref()).await);
        read_all(&mut stream).await
    }

    fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }
}

/// Everything until the end of the connection, which must come.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "still open after: {}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What arrives until the server has answered once.
async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let count = timeout(Duration::from_secs(2), stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned()
}

fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n")
}

fn status(answer: &str) -> &str {
    let rest = answer.strip_prefix("HTTP/1.1 ").or_else(|| answer.strip_prefix("HTTP/1.0 "));
    rest.and_then(|rest| rest.get(..3)).unwrap_or(answer)
}

async fn refuses(bytes: impl AsRef<[u8]>, expected: &str) -> String {
    let house = House::open().await;
    let answer = house.tell(bytes.as_ref()).await;
    let sent = String::from_utf8_lossy(bytes.as_ref()).chars().take(90).collect::<String>();
    assert_eq!(status(&answer), expected, "{sent:?} was answered:\n{answer}");
    assert_eq!(answer.matches("HTTP/1.").count(), 1, "answered twice:\n{answer}");
    assert_eq!(house.reached(), 0, "{sent:?} reached the application");
    answer
}

#[tokio::test]
async fn a_good_request_is_answered_and_the_connection_kept() {
    let house = House::open().await;
    let mut stream = house.connect().await;
    for _ in 0..3 {
        stream.write_all(request("GET /peer", "").as_bytes()).await.unwrap();
        let answer = read_some(&mut stream).await;
        let peer = stream.local_addr().unwrap().to_string();
        assert!(status(&answer) == "200" && answer.ends_with(&peer), "{answer}");
    }
    let body = request("POST /echo", "Content-Length: 5\r\n") + "GET /";
    stream.write_all(body.as_bytes()).await.unwrap();
    assert!(read_some(&mut stream).await.ends_with("GET /"));
    stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
    assert!(read_some(&mut stream).await.ends_with("hello"));
}

/// HT-01. Seen red with the limits of `head` lifted.
#[tokio::test]
async fn heads_beyond_the_limits_are_431() {
    let field = |name: &str, length: usize| format!("{name}: {}\r\n", "x".repeat(length));
    refuses(request("GET /", &field("Big", 10_000_000)), "431").await;
    refuses(request("GET /", &(0..70).map(|_| field("A", 1000)).collect::<String>()), "431").await;
    refuses(request("GET /", &(0..100).map(|_| field("A", 1)).collect::<String>()), "431").await;
    refuses(request("GET /", &(0..64).map(|_| field("A", 1)).collect::<String>()), "431").await;
    let house = House::open().await;
    let fields: String = (0..62).map(|_| field("A", 1)).collect();
    let most = request("GET /", &(fields + "Connection: close\r\n"));
    assert_eq!(status(&house.tell(most).await), "200");
}

/// HT-02.
#[tokio::test]
async fn targets_beyond_8_kib_are_414() {
    for length in [8193, 9000, 70_000, 2_000_000] {
        let answer = refuses(request(&format!("GET /{}", "a".repeat(length - 1)), ""), "414").await;
        assert!(!answer.contains("aaaa"), "{answer}");
    }
    let house = House::open().await;
    let longest = request(&format!("GET /{}", "a".repeat(8191)), "Connection: close\r\n");
    assert_eq!(status(&house.tell(longest).await), "404");
}

/// HT-04. Seen red with the deadline of `guarded` taken out.
#[tokio::test]
async fn silent_and_dribbling_connections_are_closed_while_others_are_served() {
    let house = House::open().await;
    let began = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(house.connect().await);
    }
    let mut dribbling = house.connect().await;
    let mut written = 0;
    for byte in request("GET /", "A: long enough to take more than a while\r\n").bytes() {
        if dribbling.write_all(&[byte]).await.is_err() {
            break;
        }
        written += 1;
        if written % 10 == 0 {
            let good = house.tell(request("GET /", "Connection: close\r\n")).await;
            assert_eq!(status(&good), "200");
        }
        sleep(Duration::from_millis(40)).await;
        if began.elapsed() > Duration::from_millis(1500) {
            break;
        }
    }
    assert!(read_all(&mut dribbling).await.is_empty());
    for mut stream in silent {
        assert!(read_all(&mut stream).await.is_empty());
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take() {
    let house = House::open().await;
    let mut stream = house.connect().await;
    for _ in 0..2 {
        stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
        assert_eq!(status(&read_some(&mut stream).await), "200");
        sleep(Duration::from_millis(600)).await;
    }
    let began = Instant::now();
    assert!(read_all(&mut stream).await.is_empty());
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
}

/// HT-05, HT-06.
#[tokio::test]
async fn framing_that_two_readers_could_see_differently_is_400() {
    let post = |fields: &str| request("POST /echo", fields) + "0\r\n\r\n";
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    let answer = refuses(post(both), "400").await;
    assert!(answer.contains("The request is malformed."), "{answer}");
    for fields in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length : 5\r\n",
        "Content-Length: 5\r\n folded\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "A: b\n",
        "A: \0\r\n",
    ] {
        refuses(post(fields), "400").await;
    }
    refuses(format!("GET / HTTP/1.1\nHost: {HOST}\n\n"), "400").await;
    refuses("NONSENSE\r\n\r\n", "400").await;
}

/// HT-06. Codings other than chunked: the library refuses them; without an answer or with 400, never served.
#[tokio::test]
async fn unknown_transfer_codings_are_refused() {
    for coding in ["chunked, identity", "xchunked", "identity", "chunked\r\nTransfer-Encoding: x"] {
        let fields = format!("Transfer-Encoding: {coding}\r\n");
        refuses(request("POST /echo", &fields) + "0\r\n\r\n", "400").await;
    }
}

#[tokio::test]
async fn a_chunked_request_is_served_and_ends_its_connection() {
    let house = House::open().await;
    let chunked = request("POST /echo", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n";
    let answer = house.tell(chunked + &request("GET /", "")).await;
    assert!(status(&answer) == "200" && answer.ends_with("abc"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(house.reached(), 1);
}

/// HT-08.
#[tokio::test]
async fn nothing_is_served_after_an_error_on_the_same_connection() {
    let good = request("GET /", "");
    refuses(format!("GET / HTTP/1.1\r\nHost: evil\r\n\r\n{good}"), "421").await;
    refuses(format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n{good}"), "400").await;
    refuses(format!("BREW / HTTP/1.1\r\nHost: {HOST}\r\n\r\n{good}"), "501").await;
    let house = House::open().await;
    let answer = house.tell(format!("{good}GET / HTTP/1.1\r\nHost : x\r\n\r\n{good}")).await;
    assert!(house.reached() <= 1 && answer.matches("200 OK").count() <= 1, "{answer}");
}

/// HT-09.
#[tokio::test]
async fn this_is_no_proxy_and_knows_few_methods() {
    refuses(request(&format!("GET http://{HOST}/"), ""), "400").await;
    refuses(request("GET http://evil.example/", ""), "400").await;
    refuses(request("CONNECT evil.example:443", ""), "501").await;
    refuses(request("TRACE /", "Cookie: s=1\r\n"), "501").await;
    refuses(request("BREW /", ""), "501").await;
}

/// HT-10. Seen red with `check_host` answering Ok to everything.
#[tokio::test]
async fn one_host_and_only_ours() {
    let get = |host: &str| format!("GET / HTTP/1.1\r\n{host}\r\n");
    refuses(get(""), "400").await;
    refuses("GET / HTTP/1.0\r\n\r\n", "400").await;
    refuses(get(&format!("Host: {HOST}\r\nHost: {HOST}\r\n")), "400").await;
    for (host, expected) in [
        ("", "400"),
        ("ok@evil", "400"),
        ("login.example.com/x", "400"),
        ("login.example.com, evil", "400"),
        ("\u{fc}ber.example", "400"),
        ("evil", "421"),
        ("login.example.com:8443", "421"),
        ("login.example.com:443", "421"),
        ("login.example.com.", "421"),
        ("login.example.com.evil.example", "421"),
        ("127.0.0.1", "421"),
    ] {
        let answer = refuses(get(&format!("Host: {host}\r\n")), expected).await;
        assert!(host.is_empty() || !answer.contains(host), "the host came back:\n{answer}");
    }
    let house = House::open().await;
    let shouted = get("Host: LOGIN.Example.com\r\nConnection: close\r\n");
    assert_eq!(status(&house.tell(shouted).await), "200");
}

#[tokio::test]
async fn a_listener_without_a_host_rule_answers_probes_by_address() {
    let house = House::with(short_times(), HostRule::Any).await;
    let probe = "GET / HTTP/1.1\r\nHost: 10.0.0.9:9090\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&house.tell(probe).await), "200");
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_413_announced_or_not() {
    refuses(request("POST /echo", "Content-Length: 65537\r\n"), "413").await;
    let house = House::open().await;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let chunked = request("POST /echo", "Transfer-Encoding: chunked\r\n") + &chunk.repeat(2);
    assert_eq!(status(&house.tell(chunked + "0\r\n\r\n").await), "413");
    let most = request("POST /echo", "Content-Length: 65536\r\nConnection: close\r\n");
    let answer = house.tell(most + &"x".repeat(65536)).await;
    assert_eq!(status(&answer), "200");
}

#[tokio::test]
async fn a_body_that_dribbles_is_given_up() {
    let house = House::open().await;
    let mut stream = house.connect().await;
    let head = request("POST /echo", "Content-Length: 100\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = String::new();
    while answer.is_empty() && began.elapsed() < Duration::from_secs(3) {
        drop(stream.write_all(b"x").await);
        let mut bytes = [0; 512];
        if let Ok(Ok(count)) = timeout(Duration::from_millis(50), stream.read(&mut bytes)).await {
            answer = String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned();
        }
    }
    assert_eq!(status(&answer), "400", "{answer}");
    assert!(began.elapsed() < Duration::from_millis(800), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_application_that_hangs_is_503() {
    let house = House::open().await;
    let answer = house.tell(request("GET /stuck", "")).await;
    assert_eq!(status(&answer), "503", "{answer}");
}

/// CC-13 in small: what is in flight finishes, nothing new is taken, resting connections end at once.
#[tokio::test]
async fn stopping_finishes_what_is_in_flight_and_takes_nothing_new() {
    let house = House::open().await;
    let mut resting = house.connect().await;
    resting.write_all(request("GET /", "").as_bytes()).await.unwrap();
    assert_eq!(status(&read_some(&mut resting).await), "200");
    let mut busy = house.connect().await;
    busy.write_all(request("GET /slow", "").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;

    house.stop.cancel();
    assert!(read_all(&mut resting).await.is_empty());
    assert_eq!(status(&read_all(&mut busy).await), "200");
    timeout(Duration::from_secs(2), house.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(house.address).await.is_err());
}

#[tokio::test]
async fn stopping_gives_up_after_the_drain_time() {
    let limits = Limits { request_time: Duration::from_secs(60), ..short_times() };
    let house = House::with(limits, HostRule::Only(HOST.to_owned())).await;
    let mut stuck = house.connect().await;
    stuck.write_all(request("GET /stuck", "").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    house.stop.cancel();
    timeout(Duration::from_secs(3), house.served).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_beyond_the_cap_are_closed_and_counted() {
    let limits = Limits { connections: 3, idle_time: Duration::from_secs(9), ..short_times() };
    let house = House::with(limits, HostRule::Only(HOST.to_owned())).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = house.connect().await;
        stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
        assert_eq!(status(&read_some(&mut stream).await), "200");
        held.push(stream);
    }
    let mut fourth = house.connect().await;
    assert!(read_all(&mut fourth).await.is_empty());
    let metrics = house.metrics.write().unwrap();
    assert!(metrics.contains("magpie_connections 3"), "{metrics}");
    assert!(metrics.contains("connections_turned_away_total{reason=\"full\"} 1"), "{metrics}");
    held.pop();
    sleep(Duration::from_millis(100)).await;
    let answer = house.tell(request("GET /", "Connection: close\r\n")).await;
    assert_eq!(status(&answer), "200");
}
