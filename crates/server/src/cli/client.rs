//! `magpie client …`: applications that were added at run time, beside the declared ones.

use super::{ClientCommand, Failure, Invocation};

/// Adds, lists, shows or removes.
#[expect(
    clippy::unused_async,
    reason = "the command waits for sockets and the database once it is there"
)]
pub(super) async fn run(_invocation: &Invocation, _command: &ClientCommand) -> Result<(), Failure> {
    Err(Failure::new("this command is not part of this build yet"))
}
