//! `magpie try-login`: plays an application against the running issuer.

use super::{Failure, Invocation};

/// Signs in and prints what the application would receive.
#[expect(
    clippy::unused_async,
    reason = "the command waits for sockets and the database once it is there"
)]
pub(super) async fn run(
    _invocation: &Invocation,
    _client: &str,
    _secret_file: Option<&std::path::Path>,
) -> Result<(), Failure> {
    Err(Failure::new("this command is not part of this build yet"))
}
