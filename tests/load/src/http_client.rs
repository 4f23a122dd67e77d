//! A cheap HTTP/1.1 client: one kept connection, one request at a time, answers that carry their length.
//! It owns the wire and the ways in which it fails; it follows no redirect, keeps no cookie and refuses chunked answers,
//! which nothing we measure sends. A full client costs several times as much CPU as the cheap routes that are measured,
//! and that CPU is taken from the server's cores. Called by the logins, the static routes and the probes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longer than any request may take, so that a hanging server shows as an error and the run still ends.
const PATIENCE: Duration = Duration::from_secs(10);
/// Room for one answer's head and body; it grows when a body is longer.
const ROOM: usize = 8 * 1024;
/// No answer of ours comes near it; a server that promises more is broken.
const LONGEST: usize = 4 * 1024 * 1024;
/// Most header fields of an answer.
const FIELDS: usize = 64;

/// Why a request brought no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// No connection could be opened.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// The connection broke under a request.
    #[error("the connection broke")]
    Broken(#[source] io::Error),
    /// The server closed before it had answered.
    #[error("closed before the answer")]
    Closed,
    /// No answer in ten seconds.
    #[error("no answer in time")]
    Late,
    /// The answer is not HTTP as we speak it.
    #[error("malformed answer: {0}")]
    Malformed(&'static str),
    /// Another status than the step expects.
    #[error("status {0}")]
    Status(u16),
    /// The status fits and the content does not.
    #[error("wrong content: {0}")]
    Content(&'static str),
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// The server wants to close after this answer.
    closes: bool,
}

impl Answer {
    /// This answer, if its status is the expected one.
    pub(crate) fn expect_status(self, expected: u16) -> Result<Self, Trouble> {
        if self.status == expected { Ok(self) } else { Err(Trouble::Status(self.status)) }
    }
}

/// A kept connection to one server, opened when it is first needed and again after it was closed.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    source: Ipv4Addr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self::from(Ipv4Addr::LOCALHOST, address)
    }

    /// From another address of the loopback: each has ports of its own.
    pub(crate) fn from(source: Ipv4Addr, address: SocketAddr) -> Self {
        Self { address, source, stream: None, buffer: Vec::new() }
    }

    /// Sends one whole request, head and body, and reads the whole answer.
    /// After any trouble the connection is given up, and the next request opens a new one.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer, Trouble> {
        let answer = timeout(PATIENCE, self.exchange(request)).await.unwrap_or(Err(Trouble::Late));
        if answer.as_ref().map_or(true, |answer| answer.closes) {
            self.stream = None;
        }
        answer
    }

    /// Sends a request whose answer has no end, and reads until this word has come. What is left is the open stream.
    pub(crate) async fn listen(mut self, request: &[u8], word: &str) -> Result<TcpStream, Trouble> {
        timeout(PATIENCE, self.hear(request, word)).await.unwrap_or(Err(Trouble::Late))?;
        self.stream.take().ok_or(Trouble::Closed)
    }

    async fn hear(&mut self, request: &[u8], word: &str) -> Result<(), Trouble> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => open(self.source, self.address).await?,
        };
        let stream = self.stream.insert(stream);
        stream.write_all(request).await.map_err(Trouble::Broken)?;
        self.buffer.clear();
        while self.buffer.len() < LONGEST {
            let read = stream.read_buf(&mut self.buffer).await.map_err(Trouble::Broken)?;
            let heard = String::from_utf8_lossy(&self.buffer);
            if heard.contains(word) {
                return Ok(());
            }
            if read == 0 {
                return Err(Trouble::Closed);
            }
        }
        Err(Trouble::Malformed("too long"))
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer, Trouble> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => open(self.source, self.address).await?,
        };
        let stream = self.stream.insert(stream);
        stream.write_all(request).await.map_err(Trouble::Broken)?;
        self.buffer.clear();
        self.buffer.reserve(ROOM);
        loop {
            let read = stream.read_buf(&mut self.buffer).await.map_err(Trouble::Broken)?;
            if read == 0 {
                return Err(Trouble::Closed);
            }
            if let Some(answer) = parse(&self.buffer)? {
                return Ok(answer);
            }
            if self.buffer.len() > LONGEST {
                return Err(Trouble::Malformed("too long"));
            }
        }
    }
}

async fn open(source: Ipv4Addr, address: SocketAddr) -> Result<TcpStream, Trouble> {
    let socket = TcpSocket::new_v4().map_err(Trouble::Connect)?;
    if source != Ipv4Addr::LOCALHOST {
        socket.bind((source, 0).into()).map_err(Trouble::Connect)?;
    }
    let stream = socket.connect(address).await.map_err(Trouble::Connect)?;
    stream.set_nodelay(true).map_err(Trouble::Connect)?;
    Ok(stream)
}

/// The answer, once all of it has arrived.
fn parse(bytes: &[u8]) -> Result<Option<Answer>, Trouble> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let parsed = head.parse(bytes).map_err(|_not_http| Trouble::Malformed("not HTTP/1.1"))?;
    let httparse::Status::Complete(start) = parsed else { return Ok(None) };
    let mut answer = Answer { status: head.code.unwrap_or(0), ..Answer::default() };
    let mut length = None;
    for field in head.headers.iter() {
        let name = field.name;
        if name.eq_ignore_ascii_case("content-length") {
            length = text(field.value)?.parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("location") {
            answer.location = Some(text(field.value)?.to_owned());
        } else if name.eq_ignore_ascii_case("set-cookie") {
            answer.cookies.push(text(field.value)?.to_owned());
        } else if name.eq_ignore_ascii_case("connection") {
            answer.closes = field.value.eq_ignore_ascii_case(b"close");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Trouble::Malformed("chunked"));
        }
    }
    // RFC 9112 §6.3: these never have a body, whatever their fields say.
    let length = if matches!(answer.status, 204 | 304) { Some(0) } else { length };
    let length = length.ok_or(Trouble::Malformed("without a length"))?;
    let end = start.checked_add(length).ok_or(Trouble::Malformed("too long"))?;
    Ok(bytes.get(start..end).map(|body| {
        answer.body = body.to_vec();
        answer
    }))
}

fn text(value: &[u8]) -> Result<&str, Trouble> {
    std::str::from_utf8(value).map_err(|_not_text| Trouble::Malformed("field is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_an_answer_once_all_of_it_is_there() {
        let whole = b"HTTP/1.1 303 See Other\r\nLocation: http://a/b\r\nset-cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\ncontent-length: 2\r\n\r\nok";
        for cut in [1, 20, 60, whole.len() - 3, whole.len() - 1] {
            assert_eq!(parse(&whole[..cut]).unwrap(), None, "{cut}");
        }
        let answer = parse(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.closes), (303, false));
        assert_eq!(answer.location.as_deref(), Some("http://a/b"));
        assert_eq!(answer.cookies, ["a=1", "b=2; Path=/"]);
        assert_eq!(answer.body, b"ok");
    }

    #[test]
    fn answers_we_cannot_measure_are_refused_and_not_guessed_at() {
        for bad in [
            "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_answer_without_content_needs_no_length() {
        let answer =
            parse(b"HTTP/1.1 204 No Content\r\nconnection: Close\r\n\r\n").unwrap().unwrap();
        assert_eq!((answer.status, answer.closes), (204, true));
    }
}
