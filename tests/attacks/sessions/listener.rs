//! An application's back-channel endpoint on loopback: it keeps what it was sent and answers as it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    Status(u16),
    /// 200 with this media type and body.
    Says(&'static str, &'static str),
    /// 200, after as long as an application may take.
    Slow,
    Hang,
    Redirect(String),
    Endless,
}

#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Listener {
    pub(crate) async fn start(manner: Manner) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener =
            Self { address, received: Arc::default(), manner: Arc::new(Mutex::new(manner)) };
        let served = listener.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(served.clone().answer(stream));
            }
        });
        listener
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/backchannel?fixed=1", self.address)
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Every request so far, head and body.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until there were so many.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..600 {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} of {count} messages came", self.received().len());
    }

    async fn answer(self, mut stream: TcpStream) {
        let mut request = String::new();
        let mut buffer = [0_u8; 8192];
        while !is_whole(&request) {
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            if read == 0 {
                return;
            }
            request.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        self.received.lock().unwrap().push(request);
        let manner = self.manner.lock().unwrap().clone();
        let head = |status: u16, more: &str| {
            format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n{more}\r\n")
        };
        match manner {
            Manner::Status(status) => drop(stream.write_all(head(status, "").as_bytes()).await),
            Manner::Says(kind, body) => {
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                drop(stream.write_all(answer.as_bytes()).await);
            }
            Manner::Slow => {
                tokio::time::sleep(Duration::from_secs(2)).await;
                drop(stream.write_all(head(200, "").as_bytes()).await);
            }
            Manner::Redirect(to) => {
                let more = format!("location: {to}\r\n");
                drop(stream.write_all(head(307, &more).as_bytes()).await);
            }
            Manner::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
            Manner::Endless => {
                let start = b"HTTP/1.1 500 X\r\ncontent-length: 1000000000\r\n\r\n";
                drop(stream.write_all(start).await);
                while stream.write_all(&buffer).await.is_ok() {}
            }
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}
