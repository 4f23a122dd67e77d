//! Counts for metrics and load tests. Counters are exact: a login that costs a fourth commit is seen here first.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the store has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Durable commits. On SQLite one commit carries the transactions of many callers.
    pub commits: u64,
    /// Transactions that those commits carried; `transactions / commits` is the mean of a group.
    pub transactions: u64,
    /// Transactions that were given up or failed.
    pub rollbacks: u64,
    /// Statements sent, reads included.
    pub statements: u64,
    /// Callers waiting for the one writer of SQLite at this moment; always 0 on PostgreSQL.
    pub queued: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    transactions: AtomicU64,
    rollbacks: AtomicU64,
    statements: AtomicU64,
    queued: AtomicU64,
}

impl Counters {
    pub(crate) fn committed(&self, transactions: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.transactions.fetch_add(transactions, Ordering::Relaxed);
    }

    pub(crate) fn rolled_back(&self, transactions: u64) {
        self.rollbacks.fetch_add(transactions, Ordering::Relaxed);
    }

    pub(crate) fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a waiting caller until the answer is dropped, cancelled or not.
    pub(crate) fn queue(&self) -> Queued<'_> {
        self.queued.fetch_add(1, Ordering::Relaxed);
        Queued(self)
    }

    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            commits: self.commits.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            rollbacks: self.rollbacks.load(Ordering::Relaxed),
            statements: self.statements.load(Ordering::Relaxed),
            queued: self.queued.load(Ordering::Relaxed),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Queued<'a>(&'a Counters);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
    }
}
