//! What whoever calls from an address may leave in the database: the flows ask, the throttle counts, and whoever is refused is
//! told how long to wait.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use magpie_domain::Client;
use magpie_flows::{Budget, Kept};

use super::throttle::{Throttle, TooOften};
use crate::state::{Observation, Web};

/// The quota of one call.
pub(crate) struct Quota<'w> {
    throttle: &'w Throttle,
    address: IpAddr,
    /// Seconds to wait; nothing was refused while it is zero.
    wait: AtomicU64,
}

/// An address is a person's.
impl std::fmt::Debug for Quota<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Quota(…)")
    }
}

impl<'w> Quota<'w> {
    pub(crate) fn new(web: &'w Web, address: IpAddr) -> Self {
        Self::of(web.throttle(), address)
    }

    pub(crate) const fn of(throttle: &'w Throttle, address: IpAddr) -> Self {
        Self { throttle, address, wait: AtomicU64::new(0) }
    }

    /// How long whoever was refused has to wait; nothing for who was not.
    pub(crate) fn refused(&self) -> Option<TooOften> {
        let wait_seconds = self.wait.load(Ordering::Relaxed);
        (wait_seconds > 0).then_some(TooOften { wait_seconds })
    }
}

impl Budget for Quota<'_> {
    fn allows(&self, client: &Client, what: Kept) -> bool {
        match self.throttle.count_row(what, client, self.address) {
            Ok(()) => true,
            Err(TooOften { wait_seconds }) => {
                self.wait.store(wait_seconds, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Makes an answer one to somebody who has to wait.
pub(crate) fn slowed_down(web: &Web, too_often: TooOften, mut response: Response) -> Response {
    web.observe(Observation::Throttled);
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(too_often.wait_seconds));
    response
}
