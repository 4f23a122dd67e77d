//! What the machine did besides: how much of it was taken by programs that are not ours.
//! A figure that was measured beside a busy neighbour must say so, since logins per second halve under it while CPU per
//! login hardly moves. Called by the campaign around every slice and before every round.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child::ticks_per_second;
use crate::clock;

/// A machine this idle is quiet.
const QUIET: f64 = 0.9;
/// How long one look takes.
const LOOK: Duration = Duration::from_millis(400);

/// Time that all cores together were busy, and all the time they had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cores {
    pub(crate) busy: Duration,
    pub(crate) total: Duration,
}

impl Cores {
    /// Since the machine was started; zero where the kernel does not tell.
    pub(crate) fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        parse(&text, ticks_per_second()).unwrap_or_default()
    }

    /// The share of the cores' time since `earlier` that was neither idle nor `ours`; between 0 and 1.
    pub(crate) fn foreign_since(self, earlier: Self, ours: Duration) -> f64 {
        let total = self.total.saturating_sub(earlier.total);
        let foreign = self.busy.saturating_sub(earlier.busy).saturating_sub(ours);
        share(foreign, total)
    }
}

fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { (part.as_secs_f64() / whole.as_secs_f64()).min(1.0) }
}

/// The first line of proc(5) `stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn parse(text: &str, ticks_per_second: u32) -> Option<Cores> {
    let fields = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> =
        fields.split_ascii_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    let total: u64 = ticks.iter().sum();
    let time = |ticks| Duration::from_secs(ticks) / ticks_per_second;
    Some(Cores { busy: time(total - idle), total: time(total) })
}

/// Waits until the machine is quiet, but no longer than `patience`; true when it became quiet.
pub(crate) async fn wait_for_quiet(patience: Duration) -> bool {
    let begun = clock::now();
    loop {
        let before = Cores::now();
        tokio::time::sleep(LOOK).await;
        if Cores::now().foreign_since(before, Duration::ZERO) <= 1.0 - QUIET {
            return true;
        }
        if begun.elapsed() >= patience {
            return false;
        }
    }
}

/// Lets this program, and those that it starts, open as many files as it may give itself. Gives the limit.
pub(crate) fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let reached = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_refused) => limit.current,
    };
    // None is no limit at all.
    reached.unwrap_or(u64::MAX)
}

/// What the cores are, without saying whose: model and number.
pub(crate) fn describe() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {}", model.map_or("unknown model", |(_, model)| model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_disk_is_idle_and_stolen_time_is_not() {
        let cores = parse("cpu  100 0 50 800 30 0 10 10 5 5\ncpu0 1\n", 10).unwrap();
        assert_eq!(cores.busy, Duration::from_secs(17));
        assert_eq!(cores.total, Duration::from_secs(100));
        assert_eq!(parse("nothing", 10), None);
    }

    #[test]
    fn more_files_may_be_open_afterwards_and_never_fewer() {
        let before = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let limit = raise_open_files();
        assert!(limit >= before);
        assert_eq!(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), limit);
    }

    #[test]
    fn what_is_ours_is_not_foreign() {
        let at = |busy, total| Cores {
            busy: Duration::from_secs(busy),
            total: Duration::from_secs(total),
        };
        let foreign = at(18, 30).foreign_since(at(10, 20), Duration::from_secs(6));
        assert!((foreign - 0.2).abs() < 1e-9, "{foreign}");
        assert_eq!(at(10, 20).foreign_since(at(10, 20), Duration::ZERO), 0.0);
        assert_eq!(at(12, 30).foreign_since(at(10, 20), Duration::from_secs(9)), 0.0);
    }
}
