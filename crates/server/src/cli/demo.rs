//! `magpie demo`: the fake WeChat, the server and a sample application on this machine.

use super::{Failure, Invocation};

/// Runs all three until told to stop.
#[expect(
    clippy::unused_async,
    reason = "the command waits for sockets and the database once it is there"
)]
pub(super) async fn run(
    _invocation: &Invocation,
    _listen: std::net::SocketAddr,
) -> Result<(), Failure> {
    Err(Failure::new("this command is not part of this build yet"))
}
