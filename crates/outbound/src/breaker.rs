//! Rest for an upstream that does not answer (case WX-40).
//!
//! While WeChat is silent, every person who comes back would wait for the whole deadline to hear the same as the one
//! before. After a few silences in a row nobody is sent for a moment; then one call goes ahead and finds out for all.
//! What counts is whether an answer came, not what it said: a refusal is an answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::unreachable::CallFailed;

/// So many silences in a row, and the upstream gets its rest. One person's broken connection is no outage.
const SILENCES: u32 = 5;
/// How long nobody is sent. With the deadline of the call that finds out, recovery is noticed within ten seconds.
const REST: Duration = Duration::from_secs(5);
/// For how long after an answer the upstream is taken to be well.
const WELL_FOR: Duration = Duration::from_secs(1);

/// One upstream's breaker, shared by all who call it.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    silences: u32,
    answered_at: Option<Instant>,
    /// Set once there were too many silences, until an answer comes.
    rest_until: Option<Instant>,
    /// Whether somebody is out to see if the rest is over.
    is_probed: bool,
}

impl State {
    /// Whether a call may go out; `Some(true)` for the one that finds out.
    fn admit(&mut self, now: Instant) -> Option<bool> {
        match self.rest_until {
            None => Some(false),
            Some(until) if now >= until && !self.is_probed => {
                self.is_probed = true;
                Some(true)
            }
            Some(_resting) => None,
        }
    }

    fn answered(&mut self, now: Instant) {
        *self = Self { answered_at: Some(now), ..Self::default() };
    }

    fn silent(&mut self, now: Instant) {
        self.silences = self.silences.saturating_add(1);
        if self.silences >= SILENCES {
            self.rest_until = now.checked_add(REST);
        }
    }

    fn is_well(&self, now: Instant) -> bool {
        self.rest_until.is_none()
            && self.answered_at.is_some_and(|at| now.saturating_duration_since(at) <= WELL_FOR)
    }
}

impl Breaker {
    /// Leave to make one call, or none while the upstream rests.
    pub(crate) fn admit(&self, now: Instant) -> Option<Leave<'_>> {
        let is_probe = self.state().admit(now)?;
        Some(Leave { breaker: self, is_probe })
    }

    /// Whether an answer came a moment ago: then it is worth waiting for a place among the calls.
    pub(crate) fn is_well(&self, now: Instant) -> bool {
        self.state().is_well(now)
    }

    /// Whether nobody is sent but for who finds out.
    pub(crate) fn is_resting(&self) -> bool {
        self.state().rest_until.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to make one call. Dropped without a report, because its caller went away, it says nothing of the upstream.
#[derive(Debug)]
pub(crate) struct Leave<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Leave<'_> {
    /// Tells what became of the call.
    pub(crate) fn report<T>(self, outcome: &Result<T, CallFailed>, now: Instant) {
        let mut state = self.breaker.state();
        match outcome {
            Ok(_) | Err(CallFailed::TooLarge | CallFailed::Redirected) => state.answered(now),
            Err(CallFailed::Connect | CallFailed::Deadline | CallFailed::Interrupted) => {
                state.silent(now);
            }
            // Nothing was sent.
            Err(CallFailed::Busy | CallFailed::Resting) => {}
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.state().is_probed = false;
        }
    }
}

#[cfg(test)]
mod tests;
