//! One HTTP request over a connection of its own, to any address under any `Host`, with a deadline.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request with its whole body.
pub type Request = http::Request<Vec<u8>>;
/// An answer with its whole body.
pub type Response = http::Response<Vec<u8>>;

const DEADLINE: Duration = Duration::from_secs(40);

/// Sends a request to `address`; its URI must be absolute, and names the `Host`.
pub async fn send(address: SocketAddr, request: Request) -> Response {
    tokio::time::timeout(DEADLINE, exchange(address, request)).await.expect("an answer in time")
}

/// Waits until something is so, a minute at most: a test that waits for ever tells nobody why.
///
/// # Panics
/// When it does not come to be so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..12_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not within a minute: {what}");
}

async fn exchange(address: SocketAddr, request: Request) -> Response {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
    let driver = tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().expect("an absolute URI").to_string();
    head.headers.entry(http::header::HOST).or_insert(authority.parse().expect("a host"));
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    head.uri = path.parse().expect("a path");
    let request = http::Request::from_parts(head, Full::new(Bytes::from(body)));
    let response = sender.send_request(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
    driver.abort();
    http::Response::from_parts(head, body)
}
