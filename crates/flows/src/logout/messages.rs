//! How the messages of back-channel logout fared, for whoever watches: a number that rises while nobody reads the log.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start of this process; they only grow.
#[derive(Debug, Default)]
pub struct LogoutMessages {
    delivered: AtomicU64,
    retried: AtomicU64,
    given_up: AtomicU64,
}

impl LogoutMessages {
    /// Taken by the application.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Put back for later, each time anew.
    #[must_use]
    pub fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// Refused by the application, or untaken for a day.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    pub(super) fn count_delivered(&self) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_given_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }
}
