//! Bytes on a socket: HTTP clients refuse to send what attackers send.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends bytes and gives everything that comes back until the peer closes or `wait` has passed.
pub async fn raw(address: SocketAddr, bytes: &[u8], wait: Duration) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The peer may close before it has read everything, which is an answer too.
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    drop(tokio::time::timeout(wait, stream.read_to_end(&mut answer)).await);
    String::from_utf8_lossy(&answer).into_owned()
}
