//! One bounded count of calls for each caller. The limiter itself is governor's.
//!
//! governor cannot say whether a caller has calls left without taking one, and some calls are only counted once they
//! have failed. So whoever takes the last call is noted beside the limiter, with the time when there is one again, and
//! [`Counter::used_up`] reads the note. A second limiter would have to be charged before the work, for successes too.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock, Reference as _};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{Caller, TooOften};

type Instant = <DefaultClock as Clock>::Instant;

/// Counts calls in a minute, all of which may come at once, for at most so many callers.
#[derive(Debug)]
pub(super) struct Counter {
    quota: Quota,
    most: usize,
    clock: DefaultClock,
    counts: RwLock<Counts>,
}

#[derive(Debug)]
struct Counts {
    limiter: DefaultKeyedRateLimiter<Caller, StateInformationMiddleware>,
    /// Who has no call left, and until when. Whoever is here is known to the limiter, so this is bounded as it is.
    used_up: Mutex<HashMap<Caller, Instant>>,
}

impl Counter {
    /// A counter of `per_minute` calls for at most `most` callers at a time.
    pub(super) fn new(per_minute: NonZeroU32, most: usize) -> Self {
        let quota = Quota::per_minute(per_minute);
        let clock = DefaultClock::default();
        Self { quota, most, clock, counts: RwLock::new(Counts::new(quota)) }
    }

    /// Counts one call, or refuses it.
    pub(super) fn count(&self, caller: Caller) -> Result<(), TooOften> {
        self.make_room();
        let counts = self.counts();
        match counts.limiter.check_key(&caller) {
            Ok(state) => {
                if state.remaining_burst_capacity() == 0 {
                    let next = self.clock.now() + self.quota.replenish_interval().into();
                    counts.used_up().insert(caller, next);
                }
                Ok(())
            }
            Err(not_until) => {
                counts.used_up().insert(caller, not_until.earliest_possible());
                Err(TooOften::wait(not_until.wait_time_from(self.clock.now())))
            }
        }
    }

    /// Refuses a caller who has no call left; counts nothing.
    pub(super) fn used_up(&self, caller: Caller) -> Result<(), TooOften> {
        let until = self.counts().used_up().get(&caller).copied();
        let left = until.map(|until| Duration::from(until.duration_since(self.clock.now())));
        match left {
            Some(left) if !left.is_zero() => Err(TooOften::wait(left)),
            Some(_) | None => Ok(()),
        }
    }

    /// Forgets callers at rest once there are too many. Unless that halves them everything starts over, so that the next
    /// scan is at least half the bound away, whoever calls.
    fn make_room(&self) {
        if self.counts().limiter.len() < self.most {
            return;
        }
        let mut counts = self.counts.write().unwrap_or_else(PoisonError::into_inner);
        if counts.limiter.len() < self.most {
            return;
        }
        counts.limiter.retain_recent();
        if counts.limiter.len() > self.most / 2 {
            *counts = Counts::new(self.quota);
        } else {
            let now = self.clock.now();
            counts.used_up().retain(|_, until| *until > now);
        }
    }

    fn counts(&self) -> RwLockReadGuard<'_, Counts> {
        self.counts.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn callers(&self) -> usize {
        self.counts().limiter.len()
    }

    #[cfg(test)]
    pub(super) fn noted(&self) -> usize {
        self.counts().used_up().len()
    }
}

impl Counts {
    fn new(quota: Quota) -> Self {
        let limiter = RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>();
        Self { limiter, used_up: Mutex::new(HashMap::new()) }
    }

    fn used_up(&self) -> MutexGuard<'_, HashMap<Caller, Instant>> {
        self.used_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
