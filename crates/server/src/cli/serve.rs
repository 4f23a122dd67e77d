//! `magpie serve`: the server.

use super::{Failure, Invocation};

/// Serves until it is told to stop.
#[expect(
    clippy::unused_async,
    reason = "the command waits for sockets and the database once it is there"
)]
pub(super) async fn run(_invocation: &Invocation, _migrate: bool) -> Result<(), Failure> {
    Err(Failure::new("this command is not part of this build yet"))
}
