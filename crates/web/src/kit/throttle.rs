//! Limits on what one address may do. Bounded: when too many addresses are known, those at rest are forgotten first,
//! and if that does not help the counters start over (law 12).

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::client_ip::counted_as;

/// How often one address may do what costs us something, per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls of the authorization endpoint.
    pub authorize: u32,
    /// Callbacks that carry a cookie and a code.
    pub callback: u32,
    /// Failed client authentications.
    pub token_failure: u32,
}

impl Default for Limits {
    fn default() -> Self {
        // A whole office may share one address, so these stop floods, not people.
        Self { authorize: 600, callback: 300, token_failure: 60 }
    }
}

/// Most addresses that are counted at a time, for each kind of call.
const MOST_ADDRESSES: usize = 50_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Costly {
    /// A call of the authorization endpoint.
    Authorize,
    /// A callback with a cookie and a code.
    Callback,
    /// A failed client authentication.
    TokenFailure,
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Throttle {
    authorize: Option<DefaultKeyedRateLimiter<IpAddr>>,
    callback: Option<DefaultKeyedRateLimiter<IpAddr>>,
    token_failure: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

/// Too often; wait this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften {
    pub(crate) wait_seconds: u64,
}

impl Throttle {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            authorize: limiter(limits.authorize),
            callback: limiter(limits.callback),
            token_failure: limiter(limits.token_failure),
        }
    }

    /// Counts one call. Loopback is not counted: it is a proxy that nobody listed, which stands for everybody.
    pub(crate) fn count(&self, what: Costly, address: IpAddr) -> Result<(), TooOften> {
        let limiter = match what {
            Costly::Authorize => &self.authorize,
            Costly::Callback => &self.callback,
            Costly::TokenFailure => &self.token_failure,
        };
        let Some(limiter) = limiter.as_ref().filter(|_| !address.is_loopback()) else {
            return Ok(());
        };
        if limiter.len() > MOST_ADDRESSES {
            limiter.retain_recent();
        }
        limiter.check_key(&counted_as(address)).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            TooOften { wait_seconds: wait.as_secs().saturating_add(1) }
        })
    }
}

/// A limiter of so many calls a minute, all of which may come at once; none for zero.
fn limiter(per_minute: u32) -> Option<DefaultKeyedRateLimiter<IpAddr>> {
    NonZeroU32::new(per_minute).map(|calls| RateLimiter::keyed(Quota::per_minute(calls)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HT-25.
    #[test]
    fn an_address_that_comes_too_often_is_told_when_to_come_back() {
        let throttle = Throttle::new(Limits { authorize: 3, ..Limits::default() });
        let (one, other): (IpAddr, IpAddr) =
            ("203.0.113.9".parse().unwrap(), "203.0.113.10".parse().unwrap());
        for _ in 0..3 {
            assert_eq!(throttle.count(Costly::Authorize, one), Ok(()));
        }
        let refused = throttle.count(Costly::Authorize, one).unwrap_err();
        assert!((1..=21).contains(&refused.wait_seconds), "{refused:?}");
        assert_eq!(throttle.count(Costly::Authorize, other), Ok(()));
        assert_eq!(throttle.count(Costly::Callback, one), Ok(()));
    }
}
