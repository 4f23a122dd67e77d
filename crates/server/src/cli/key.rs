//! `magpie key …`: the signing keys.

use super::{Failure, Invocation, KeyCommand};

/// Lists or rotates.
#[expect(
    clippy::unused_async,
    reason = "the command waits for sockets and the database once it is there"
)]
pub(super) async fn run(_invocation: &Invocation, _command: &KeyCommand) -> Result<(), Failure> {
    Err(Failure::new("this command is not part of this build yet"))
}
