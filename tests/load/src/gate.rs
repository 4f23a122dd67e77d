//! A way to the fake WeChat that can be made to hang: it takes every connection and every request, and answers none, as a
//! server does that has lost its database. It owns the count of the requests that came meanwhile, so that how many of the
//! measured server's people were sent is known from the other end. Called by the benchmark of a WeChat that hangs.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Room for what one read brings; both sides' messages are smaller.
const ROOM: usize = 16 * 1024;

/// The way, open at first. Dropping it breaks off what is under way.
#[derive(Debug)]
pub(crate) struct Gate {
    address: SocketAddr,
    state: Arc<State>,
    _doorman: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    hangs: AtomicBool,
    heard: AtomicU64,
}

impl Gate {
    /// Opens it in front of `wechat`.
    pub(crate) async fn open(wechat: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((wechat.ip(), 0)).await?;
        let (address, state) = (listener.local_addr()?, Arc::new(State::default()));
        let known = Arc::clone(&state);
        let mut doorman = JoinSet::new();
        doorman.spawn(async move {
            let mut ways = JoinSet::new();
            while let Ok((caller, _)) = listener.accept().await {
                ways.spawn(pass(caller, wechat, Arc::clone(&known)));
                // Those that have ended are forgotten.
                while ways.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, state, _doorman: doorman })
    }

    /// Where the measured server finds its WeChat.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers nobody from now on.
    pub(crate) fn hang(&self) {
        self.state.heard.store(0, Ordering::SeqCst);
        self.state.hangs.store(true, Ordering::SeqCst);
    }

    /// Answers again, but for those who asked meanwhile; how many those were.
    pub(crate) fn recover(&self) -> u64 {
        self.state.hangs.store(false, Ordering::SeqCst);
        self.state.heard.load(Ordering::SeqCst)
    }
}

/// One connection. Whichever side breaks it off ends it, and nobody has to be told.
async fn pass(mut caller: TcpStream, wechat: SocketAddr, state: Arc<State>) -> io::Result<()> {
    let mut upstream = TcpStream::connect(wechat).await?;
    caller.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    let (mut asked, mut answered) = (vec![0; ROOM], vec![0; ROOM]);
    loop {
        tokio::select! {
            read = caller.read(&mut asked) => {
                let request = asked.get(..read?).unwrap_or_default();
                if request.is_empty() {
                    return Ok(());
                }
                if state.hangs.load(Ordering::SeqCst) {
                    // A caller sends one request and then waits, so a connection that is held is one request.
                    state.heard.fetch_add(1, Ordering::SeqCst);
                    return hold(caller).await;
                }
                upstream.write_all(request).await?;
            }
            read = upstream.read(&mut answered) => {
                let answer = answered.get(..read?).unwrap_or_default();
                if answer.is_empty() {
                    return Ok(());
                }
                caller.write_all(answer).await?;
            }
        }
    }
}

/// Waits without a word until the caller gives up.
async fn hold(mut caller: TcpStream) -> io::Result<()> {
    let mut ignored = [0; 256];
    while caller.read(&mut ignored).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::get;
    use crate::http_client::Connection;

    async fn answering(tasks: &mut JoinSet<()>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut room = [0; 1024];
                    while stream.read(&mut room).await.unwrap_or(0) > 0 {
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn a_request_that_came_while_it_hung_is_counted_and_never_answered() {
        let mut tasks = JoinSet::new();
        let gate = Gate::open(answering(&mut tasks).await).await.unwrap();
        let request = get(gate.address(), "/");
        let mut kept = Connection::to(gate.address());
        assert_eq!(kept.ask(request.as_bytes()).await.unwrap().body, b"ok");
        gate.hang();
        let mut caller = TcpStream::connect(gate.address()).await.unwrap();
        caller.write_all(request.as_bytes()).await.unwrap();
        let mut room = [0; 16];
        let moment = std::time::Duration::from_millis(200);
        let silence = tokio::time::timeout(moment, caller.read(&mut room)).await;
        assert!(silence.is_err());
        assert_eq!(gate.recover(), 1);
        let silence = tokio::time::timeout(moment, caller.read(&mut room)).await;
        assert!(silence.is_err(), "what was held stays held");
        assert_eq!(kept.ask(request.as_bytes()).await.unwrap().body, b"ok");
    }
}
