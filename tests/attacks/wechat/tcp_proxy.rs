//! A TCP proxy that a test can close, or turn into a hole that swallows everything.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What happens to connections, the open ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bytes pass.
    Pass,
    /// Open connections are cut, new ones closed at once.
    Refuse,
    /// Everything stays open and nothing passes.
    Swallow,
}

/// The proxy; it ends when dropped.
#[derive(Debug)]
pub(crate) struct TcpProxy {
    pub(crate) address: SocketAddr,
    mode: watch::Sender<Mode>,
    _tasks: JoinSet<()>,
}

impl TcpProxy {
    pub(crate) async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, seen) = watch::channel(Mode::Pass);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _peer)) = listener.accept().await {
                connections.spawn(carry(client, target, seen.clone()));
            }
        });
        Self { address, mode, _tasks: tasks }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, mut mode: watch::Receiver<Mode>) {
    let mut server = None;
    loop {
        let now = *mode.borrow_and_update();
        match now {
            Mode::Refuse => return,
            Mode::Swallow => drop(mode.changed().await),
            Mode::Pass => {
                if server.is_none() {
                    server = TcpStream::connect(target).await.ok();
                }
                let Some(server) = &mut server else { return };
                tokio::select! {
                    _ended = copy_bidirectional(&mut client, server) => return,
                    _changed = mode.changed() => {}
                }
            }
        }
    }
}
