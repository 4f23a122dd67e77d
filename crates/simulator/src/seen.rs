//! What the simulator was asked: a counter per endpoint and the latest requests with their parameters.
//! Many tests assert that something was not called, or called once, or with its parameters in the documented order.
//! The log is a ring of the length the world gives it; the counters never forget.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{query::Params, script::Endpoint};

/// One request as it arrived.
#[derive(Clone)]
pub struct SeenRequest {
    /// Where it arrived.
    pub endpoint: Endpoint,
    /// Decoded names and values in their order; of a JSON body its top-level fields.
    pub parameters: Vec<(String, String)>,
    /// The `User-Agent`, empty when there was none.
    pub user_agent: String,
    /// Whether a `Referer` came along, which would have leaked the page before.
    pub had_referer: bool,
    /// Simulator time of arrival.
    pub at: Duration,
}

impl SeenRequest {
    /// The first value of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The names in their order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.parameters.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl std::fmt::Debug for SeenRequest {
    /// Names without values: the values are secrets, codes and openids.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeenRequest")
            .field("endpoint", &self.endpoint)
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

/// Counters and the log.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    counts: [AtomicU64; Endpoint::ALL.len()],
    log: Mutex<VecDeque<SeenRequest>>,
}

/// The two headers worth keeping.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sender {
    pub(crate) user_agent: String,
    pub(crate) had_referer: bool,
}

impl Seen {
    pub(crate) fn count(&self, endpoint: Endpoint) {
        if let Some(count) = self.counts.get(endpoint as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn keep(&self, limit: usize, request: impl FnOnce() -> SeenRequest) {
        if limit == 0 {
            return;
        }
        let request = request();
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        while log.len() >= limit {
            log.pop_front();
        }
        log.push_back(request);
    }

    pub(crate) fn counted(&self, endpoint: Endpoint) -> u64 {
        self.counts.get(endpoint as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    pub(crate) fn all(&self) -> Vec<SeenRequest> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
        for count in &self.counts {
            count.store(0, Ordering::Relaxed);
        }
    }
}

impl SeenRequest {
    pub(crate) fn new(endpoint: Endpoint, params: &Params, sender: Sender, at: Duration) -> Self {
        let Sender { user_agent, had_referer } = sender;
        Self { endpoint, parameters: params.clone().into_pairs(), user_agent, had_referer, at }
    }
}
