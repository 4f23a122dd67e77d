//! A push on the wire: one request, five seconds, as WeChat does. Over http only, since the receiver is on loopback.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::PushRequest;

/// What came back within five seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushAnswer {
    /// An answer.
    Answered {
        /// The status.
        status: u16,
        /// The text.
        body: String,
    },
    /// None.
    Unreachable,
}

impl PushRequest {
    /// Sends it once.
    pub async fn send(&self) -> PushAnswer {
        let sent = tokio::time::timeout(Duration::from_secs(5), self.exchange()).await;
        sent.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()))
            .unwrap_or(PushAnswer::Unreachable)
    }

    async fn exchange(&self) -> io::Result<PushAnswer> {
        let broken = || io::Error::from(io::ErrorKind::InvalidData);
        let rest = self.url.strip_prefix("http://").ok_or_else(broken)?;
        let (host, path) = rest.split_once('/').ok_or_else(broken)?;
        let mut stream = TcpStream::connect(host).await?;
        let head = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: Mozilla/4.0\r\npragma: no-cache\r\n\
             content-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.content_type,
            self.body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(self.body.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(PushAnswer::Answered { status: status.ok_or_else(broken)?, body: body.to_owned() })
    }
}
