//! HTTP over loopback for the browser and for the Rust relying party: one request, one answer, no redirects, a deadline.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Long enough for a busy machine, short enough that a hung server fails the test and not the run.
const DEADLINE: Duration = Duration::from_secs(30);

/// Sends `request` and reads the whole answer. The connection is not kept, so that nobody waits for it at the end.
///
/// # Errors
/// What broke, with its cause; too late is an error as well.
pub(crate) async fn send(request: Request<Vec<u8>>) -> io::Result<Response<Vec<u8>>> {
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let exchange = async {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let answer = client.request(request).await.map_err(io::Error::other)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
        Ok(Response::from_parts(head, body))
    };
    tokio::time::timeout(DEADLINE, exchange).await?
}
