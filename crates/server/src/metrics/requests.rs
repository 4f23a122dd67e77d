//! The numbers of the requests, which every request changes: each series is looked up once and then kept.
//! Looking up means hashing labels under a lock that all connections share, which static documents would notice.
//! A series still begins with its first request, so that `/metrics` does not list routes that nobody asked for.
//! Only the room above calls this.

use std::sync::OnceLock;
use std::time::Duration;

use http::StatusCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{Counted, RouteClass, Timed};

/// The values of the label `status`: the first digit, which is enough to see trouble.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// All requests, by route.
#[derive(Debug)]
pub(super) struct Requests {
    counts: Counted<2>,
    seconds: Timed,
    routes: [Route; RouteClass::COUNT],
}

/// The series of one route, as far as they have begun.
#[derive(Debug, Default)]
struct Route {
    counts: [OnceLock<Counter>; STATUSES.len()],
    seconds: OnceLock<Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            counts: Family::default(),
            seconds: Family::new_with_constructor(request_times),
            routes: std::array::from_fn(|_| Route::default()),
        }
    }
}

impl Requests {
    pub(super) fn register(&self, registry: &mut Registry) {
        let (counts, seconds) = (self.counts.clone(), self.seconds.clone());
        registry.register("http_requests", "Requests by route and class of status", counts);
        registry.register("http_request_seconds", "Duration of requests by route", seconds);
    }

    /// Counts one answer and the time it took.
    pub(super) fn answered(&self, route: RouteClass, status: StatusCode, took: Duration) {
        // What HTTP has no class for is a breakage of ours.
        let class = usize::from(status.as_u16() / 100).clamp(1, STATUSES.len()) - 1;
        let kept = self.routes.get(route.index());
        let (Some(kept), Some(status)) = (kept, STATUSES.get(class)) else { return };
        let Some(count) = kept.counts.get(class) else { return };
        let route = ("route", route.as_str());
        count.get_or_init(|| self.counts.get_or_create_owned(&[route, ("status", status)])).inc();
        let seconds = kept.seconds.get_or_init(|| self.seconds.get_or_create_owned(&[route]));
        seconds.observe(took.as_secs_f64());
    }
}

fn request_times() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0])
}

#[cfg(test)]
mod tests;
