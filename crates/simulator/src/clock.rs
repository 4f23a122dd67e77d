//! The simulator's one clock: real time plus whatever a test has added.
//! Codes and tokens expire by it, so that five minutes or thirty days pass without waiting.
//! It only ever goes forward, and nobody else in this crate asks the system for the time.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Real time since the simulator was made, plus the time that tests have added.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    added: Mutex<Duration>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the simulator's own system clock")]
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), added: Mutex::new(Duration::ZERO) }
    }

    /// Time since the start; starts at zero.
    pub(crate) fn now(&self) -> Duration {
        let added = *self.added.lock().unwrap_or_else(PoisonError::into_inner);
        self.started.elapsed().saturating_add(added)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        *added = added.saturating_add(by);
    }
}
