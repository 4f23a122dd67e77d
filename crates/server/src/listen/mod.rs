//! The accept loop: connections in, requests to the application, an orderly end.
//!
//! It is our own because the ready-made one has no time limit for heads, no limit of connections and no idea of hosts.
//! HTTP/1 only; TLS ends at the proxy before us. [`serve`] runs one listener until it is told to stop, then lets
//! requests in flight finish for a while. What a request must be is in `edge`, what a head must be in `head`.

mod admission;
mod body;
mod edge;
mod guarded;
mod head;
mod refusal;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use admission::Turned;
pub use body::BodyTooSlow;
pub use edge::HostRule;

use admission::{Admission, Place};
use edge::Edge;
use guarded::Guarded;

use crate::config::Limits;
use crate::metrics::Metrics;

/// An address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", in_words(.cause))]
pub struct CannotListen {
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    #[source]
    pub cause: io::Error,
}

fn in_words(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::AddrInUse => "another process does already".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "this user may not; ports below 1024 need a privilege".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => cause.to_string(),
    }
}

/// How a listener treats its peers.
#[derive(Debug, Clone)]
pub struct Serving {
    /// What peers may take.
    pub limits: Limits,
    /// Which host it answers to.
    pub host: HostRule,
    /// Peers that stand for many people, exempt from the limit per address.
    pub trusted_proxies: Vec<IpNet>,
    /// The issuer's path, to tell routes apart in metrics; empty or beginning with a slash.
    pub issuer_path: String,
    /// Where requests are counted, if anywhere.
    pub metrics: Option<Arc<Metrics>>,
}

/// Listens on an address.
///
/// # Errors
/// [`CannotListen`], in words for the operator (OP-10).
pub async fn bind(address: SocketAddr) -> Result<TcpListener, CannotListen> {
    TcpListener::bind(address).await.map_err(|cause| CannotListen { address, cause })
}

/// Serves until `stop`, then drains: accepts nothing, finishes what is in flight, and gives up after the drain time.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    serving: Serving,
    stop: CancellationToken,
) {
    let Serving { limits, host, trusted_proxies, issuer_path, metrics } = serving;
    let hall = Hall {
        admission: Admission::new(&limits, trusted_proxies, metrics.clone()),
        edge: Arc::new(Edge { router, host, limits, issuer_path, metrics }),
        connections: TaskTracker::new(),
        ends: Ends { stop, give_up: CancellationToken::new() },
    };
    hall.accept_from(&listener).await;
    drop(listener);
    hall.drain(limits.drain_time).await;
}

/// Everything that the connections of one listener share.
#[derive(Debug)]
struct Hall {
    edge: Arc<Edge>,
    admission: Arc<Admission>,
    connections: TaskTracker,
    ends: Ends,
}

impl Hall {
    /// Lets connections in until told to stop.
    async fn accept_from(&self, listener: &TcpListener) {
        let mut pause = Duration::ZERO;
        loop {
            let accepted = tokio::select! {
                () = self.ends.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    pause = Duration::ZERO;
                    self.let_in(stream, peer);
                }
                Err(error) => {
                    pause = pause_after(&error, pause);
                    sleep(pause).await;
                }
            }
        }
    }

    /// Whoever is turned away sees the connection close; an answer would cost more than it tells.
    fn let_in(&self, stream: TcpStream, peer: SocketAddr) {
        if let Ok(place) = self.admission.admit(peer.ip()) {
            let inside = (Arc::clone(&self.edge), place);
            self.connections.spawn(connection(stream, peer, inside, self.ends.clone()));
        }
    }

    /// Waits for the connections to end, and ends them when that takes too long.
    async fn drain(&self, patience: Duration) {
        self.connections.close();
        if timeout(patience, self.connections.wait()).await.is_err() {
            let open = self.admission.open();
            tracing::warn!(open, "requests in flight were given up at shutdown");
            self.ends.give_up.cancel();
            self.connections.wait().await;
        }
    }
}

/// How long to wait before accepting again. A connection that died while waiting is no reason to;
/// without descriptors, trying at once would only spin (LD-12).
fn pause_after(error: &io::Error, pause: Duration) -> Duration {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return Duration::ZERO;
    }
    if pause.is_zero() {
        tracing::error!(cause = %error, "cannot accept connections; trying again");
    }
    (pause * 2).clamp(Duration::from_millis(10), Duration::from_secs(1))
}

/// The two ways a connection is told to end: after its request, and at once.
#[derive(Debug, Clone)]
struct Ends {
    stop: CancellationToken,
    give_up: CancellationToken,
}

/// One connection from first byte to last.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    (edge, place): (Arc<Edge>, Place),
    ends: Ends,
) {
    // Without this a small answer waits for the acknowledgement of the one before.
    drop(stream.set_nodelay(true));
    let limits = edge.limits;
    let answer = service_fn(move |request: Request<Incoming>| {
        let edge = Arc::clone(&edge);
        async move { Ok::<_, Infallible>(edge.answer(peer, request).await) }
    });
    let buffer = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX).saturating_add(8192);
    let mut connection = http1::Builder::new()
        // `guarded` keeps the time of heads, so that resting between requests may last longer.
        .header_read_timeout(None)
        .max_buf_size(buffer)
        .serve_connection(TokioIo::new(Guarded::new(stream, limits)), answer);
    // An error of the connection is a peer that went away or spoke no HTTP: nothing to log, nobody to tell.
    // Giving up comes after telling to stop (`Hall::drain`), so only one of the two is ever waited for: all
    // connections share their locks, and every request wakes its connection.
    let is_told = tokio::select! {
        biased;
        _ended = &mut connection => false,
        () = ends.stop.cancelled() => true,
    };
    if is_told {
        std::pin::Pin::new(&mut connection).graceful_shutdown();
        tokio::select! {
            _ended = &mut connection => {}
            () = ends.give_up.cancelled() => return,
        }
    }
    if let Some((refusal, stream)) = connection.into_parts().io.into_inner().into_refusal() {
        tell(stream, &refusal.on_the_wire()).await;
    }
    drop(place);
}

/// Writes the refusal and waits a moment for the peer to stop sending: closing on unread bytes would reset the
/// connection and take the answer along.
async fn tell(mut stream: TcpStream, answer: &str) {
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut (&mut stream).take(1 << 20), &mut tokio::io::sink()).await
    };
    drop(timeout(Duration::from_secs(1), told).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepting_pauses_longer_each_time_the_system_has_nothing_to_give() {
        let out_of_files = io::Error::from_raw_os_error(24);
        let mut pause = Duration::ZERO;
        let pauses: Vec<_> = (0..9)
            .map(|_| {
                pause = pause_after(&out_of_files, pause);
                pause.as_millis()
            })
            .collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(pause_after(&reset, pause), Duration::ZERO);
    }

    #[tokio::test]
    async fn an_address_in_use_is_told_in_words() {
        let first = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let error = bind(first.local_addr().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("another process does already"), "{error}");
    }
}
