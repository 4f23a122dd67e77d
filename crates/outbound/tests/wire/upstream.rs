//! A server that does what a test tells it, byte by byte, and remembers what it heard. One thread per connection; a
//! thread ends when its client hangs up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Longest wait for the threads of a server; far beyond what any test needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection as a script sees it.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    heard: Vec<u8>,
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Wire {
    /// Reads one request; `false` when the client hangs up instead.
    pub(crate) fn request(&mut self) -> bool {
        let from = self.heard.len();
        let mut byte = [0];
        while !self.heard.get(from..).unwrap().ends_with(b"\r\n\r\n") {
            match self.stream.read(&mut byte) {
                Ok(1) => self.heard.extend_from_slice(&byte),
                _ => return false,
            }
        }
        true
    }

    /// The request line of the request that was read last.
    pub(crate) fn last_line(&self) -> String {
        let all = String::from_utf8_lossy(&self.heard);
        let mut lines = all.lines().filter(|line| line.ends_with(" HTTP/1.1"));
        lines.next_back().unwrap_or_default().to_owned()
    }

    /// Listens without a word until the client hangs up.
    pub(crate) fn listen(&mut self) {
        let mut bytes = Vec::new();
        // A reset is a way to hang up; what came before it counts.
        drop(self.stream.read_to_end(&mut bytes));
        self.heard.extend_from_slice(&bytes);
    }

    /// Says something; `false` when nobody listens any more.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }
}

#[derive(Default)]
struct Conversation {
    peer: Option<SocketAddr>,
    heard: Vec<u8>,
    is_over: bool,
}

#[derive(Default)]
struct Ledger {
    conversations: Mutex<Vec<Conversation>>,
    changed: Condvar,
}

impl Ledger {
    fn change(&self, change: impl FnOnce(&mut Vec<Conversation>)) {
        change(&mut self.conversations.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&[Conversation]) -> bool) {
        let all = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        let (_all, waited) =
            self.changed.wait_timeout_while(all, PATIENCE, |all| !until(all)).unwrap();
        assert!(!waited.timed_out(), "the server is still busy");
    }
}

/// The server.
pub(crate) struct Upstream {
    address: SocketAddr,
    scheme: &'static str,
    ledger: Arc<Ledger>,
}

impl Upstream {
    /// A server that runs `script` for each connection, with the connection's number.
    pub(crate) fn start(script: impl Fn(usize, &mut Wire) + Send + Sync + 'static) -> Self {
        Self::over("http", script, |tcp| Box::new(tcp))
    }

    /// The same behind TLS.
    pub(crate) fn start_tls(
        tls: Arc<ServerConfig>,
        script: impl Fn(usize, &mut Wire) + Send + Sync + 'static,
    ) -> Self {
        Self::over("https", script, move |tcp| {
            let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
            Box::new(StreamOwned::new(connection, tcp))
        })
    }

    /// A server that gives every request the same answer.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_number, wire| while wire.request() && wire.say(&answer) {})
    }

    fn over(
        scheme: &'static str,
        script: impl Fn(usize, &mut Wire) + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (ledger, script) = (Arc::new(Ledger::default()), Arc::new(script));
        let book = Arc::clone(&ledger);
        thread::spawn(move || {
            for (number, tcp) in listener.incoming().map(Result::unwrap).enumerate() {
                let peer = tcp.peer_addr().ok();
                book.change(|all| all.push(Conversation { peer, ..Conversation::default() }));
                let (mut wire, book) =
                    (Wire { stream: wrap(tcp), heard: Vec::new() }, Arc::clone(&book));
                let script = Arc::clone(&script);
                thread::spawn(move || {
                    script(number, &mut wire);
                    book.change(|all| {
                        let conversation = all.get_mut(number).unwrap();
                        conversation.heard = std::mem::take(&mut wire.heard);
                        conversation.is_over = true;
                    });
                });
            }
        });
        Self { address, scheme, ledger }
    }

    /// Its base URL by address.
    pub(crate) fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Its base URL by name.
    pub(crate) fn base_by_name(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address.port())
    }

    /// Waits until `count` connections have been taken.
    pub(crate) fn wait_for(&self, count: usize) {
        self.ledger.wait(|all| all.len() >= count);
    }

    /// What was heard on each connection, once all clients have hung up. A connection of our own goes to the end of the
    /// queue first: when it has been taken, so has every other.
    pub(crate) fn heard(&self) -> Vec<String> {
        let marker = TcpStream::connect(self.address).unwrap().local_addr().ok();
        self.ledger.wait(|all| {
            all.iter().any(|one| one.peer == marker) && all.iter().all(|one| one.is_over)
        });
        let all = self.ledger.conversations.lock().unwrap();
        let others = all.iter().filter(|one| one.peer != marker);
        others.map(|one| String::from_utf8_lossy(&one.heard).into_owned()).collect()
    }
}

/// An answer with its length.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    [format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n").as_bytes(), body]
        .concat()
}

/// WeChat's answer to a good code, labelled as WeChat labels it.
pub(crate) fn token() -> Vec<u8> {
    answer("200 OK", "Content-Type: text/plain\r\n", TOKEN.as_bytes())
}

/// The body of that answer.
pub(crate) const TOKEN: &str = r#"{"access_token":"planted-access-token","expires_in":7200,"refresh_token":"r","openid":"oPlantedOpenId","scope":"snsapi_login"}"#;
