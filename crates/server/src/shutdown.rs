//! The end of the process: SIGTERM from a supervisor, SIGINT from a person, both mean "finish and go".

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Cancels `stop` at the first SIGTERM or SIGINT. A second one changes nothing: draining has a limit of its own.
///
/// # Errors
/// When the system gives no signal handler.
pub fn on_signals(tasks: &TaskTracker, stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tasks.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stop.cancelled() => return,
        }
        tracing::info!("asked to stop; finishing what is in flight");
        stop.cancel();
    });
    Ok(())
}
