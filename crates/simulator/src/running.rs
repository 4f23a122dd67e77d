//! A simulator with its own listener, for tests and for the command line.
//! Dropping it ends the listener and every connection, so that a test leaves nothing behind.
//! It can also close fresh connections unread, which no answer of an endpoint can imitate.

use std::{
    io,
    net::SocketAddr,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

use crate::simulator::{Simulator, router};

/// A listening simulator; it is a [`Simulator`] with an address, and it stops when dropped.
#[derive(Debug)]
pub struct RunningSimulator {
    simulator: Simulator,
    address: SocketAddr,
    refusals: Arc<AtomicU32>,
    task: AbortHandle,
}

impl RunningSimulator {
    #[expect(
        clippy::disallowed_methods,
        reason = "this task belongs to its handle and ends with it"
    )]
    pub(crate) async fn bind(simulator: Simulator, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let refusals = Arc::new(AtomicU32::new(0));
        let task = tokio::spawn(accept(listener, router(simulator.clone()), Arc::clone(&refusals)));
        Ok(Self { simulator, address, refusals, task: task.abort_handle() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://address`, without a slash at the end: fits `api_base` and `open_base`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A handle that outlives this listener.
    #[must_use]
    pub fn simulator(&self) -> Simulator {
        self.simulator.clone()
    }

    /// Closes the next so many connections as soon as they are made, unread: the request never reaches WeChat.
    pub fn refuse_connections(&self, count: u32) {
        self.refusals.store(count, Ordering::Relaxed);
    }
}

impl Deref for RunningSimulator {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes connections until it is aborted; the set of connections is dropped, and so ended, with it.
async fn accept(listener: TcpListener, router: Router, refusals: Arc<AtomicU32>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of file descriptors, most likely: wait for connections to end instead of spinning.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                let take_one = |left: u32| left.checked_sub(1);
                if refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take_one).is_err() {
                    connections.spawn(serve(stream, router.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    // Without this small answers wait for the client's acknowledgement of the one before.
    drop(stream.set_nodelay(true));
    let connection = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A scripted fault ends a connection with an error; there is nobody to tell.
    drop(connection.await);
}
