//! The one place of the benchmark that asks what time it is; everything else gets instants handed down.
//! Owns the kinds of time that a measurement knows: the wall's, a thread's and the program's own. Called wherever a span begins or ends.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The wall's time, monotonic.
#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The CPU time this thread has had, which a busy neighbour does not stretch.
pub(crate) fn thread_cpu() -> Duration {
    spent(ClockId::ThreadCPUTime)
}

/// The CPU time this whole program has had.
pub(crate) fn own_cpu() -> Duration {
    spent(ClockId::ProcessCPUTime)
}

fn spent(clock: ClockId) -> Duration {
    let spent = clock_gettime(clock);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(spent.tv_nsec).unwrap_or(0))
}
