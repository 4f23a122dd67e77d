//! What many numbers say: percentiles by nearest rank, medians over rounds, and the latencies of logins by step.
//! Pure, so that a wrong percentile is found by a table and not by a puzzled reader. Called by the drive and the report.

use std::collections::BTreeMap;

/// The five requests of a login, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Authorize,
    /// The page of the fake WeChat; its time is not the server's.
    Wechat,
    Callback,
    Token,
    Userinfo,
}

impl Step {
    pub(crate) const ALL: [Self; 5] =
        [Self::Authorize, Self::Wechat, Self::Callback, Self::Token, Self::Userinfo];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Wechat => "wechat page",
            Self::Callback => "callback",
            Self::Token => "token",
            Self::Userinfo => "userinfo",
        }
    }
}

/// Four numbers that stand for a distribution, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latency {
    /// Of unsorted microseconds; all zero when there are none.
    pub(crate) fn of(samples: &[u32]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let at = |percent| f64::from(percentile(&sorted, percent));
        Self { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }

    /// The median of each number over rounds, except the maximum, which stays the worst of all.
    pub(crate) fn over_rounds(rounds: &[Self]) -> Self {
        let each = |pick: fn(&Self) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
        let max = rounds.iter().map(|round| round.max).fold(0.0, f64::max);
        Self { p50: each(|l| l.p50), p95: each(|l| l.p95), p99: each(|l| l.p99), max }
    }
}

/// The smallest sample that at least `percent` of all samples do not exceed (nearest rank); 0 of none.
fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// The middle one, or the mean of the middle two; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    }
}

/// What the virtual users of one slice saw.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    steps: [Vec<u32>; 5],
    /// Whole logins, in microseconds.
    pub(crate) whole: Vec<u32>,
    /// How late the generator itself began, in microseconds; open loop only.
    pub(crate) lag: Vec<u32>,
    /// How often which step failed in which way.
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Samples {
    pub(crate) fn note(&mut self, step: Step, micros: u32) {
        if let Some(samples) = self.steps.get_mut(step as usize) {
            samples.push(micros);
        }
    }

    pub(crate) fn note_error(&mut self, class: String) {
        *self.errors.entry(class).or_default() += 1;
    }

    pub(crate) fn step(&self, step: Step) -> Latency {
        self.steps.get(step as usize).map_or_else(Latency::default, |samples| Latency::of(samples))
    }

    /// Logins that came to their end.
    pub(crate) fn done(&self) -> usize {
        self.whole.len()
    }

    /// Takes in what another virtual user saw.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (mine, theirs) in self.steps.iter_mut().zip(other.steps) {
            mine.extend(theirs);
        }
        self.whole.extend(other.whole);
        self.lag.extend(other.lag);
        for (class, count) in other.errors {
            *self.errors.entry(class).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_that_were_really_seen() {
        let hundred: Vec<u32> = (1..=100).rev().collect();
        let latency = Latency::of(&hundred);
        assert_eq!((latency.p50, latency.p95, latency.p99, latency.max), (50.0, 95.0, 99.0, 100.0));
        let three = Latency::of(&[30, 10, 20]);
        assert_eq!((three.p50, three.p95, three.max), (20.0, 30.0, 30.0));
        assert_eq!(Latency::of(&[7]).p99, 7.0);
        assert_eq!(Latency::of(&[]), Latency::default());
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(&[5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn the_worst_of_all_rounds_is_not_averaged_away() {
        let round = |p50, max| Latency { p50, max, ..Latency::default() };
        let all = Latency::over_rounds(&[round(1.0, 9.0), round(3.0, 99.0), round(2.0, 5.0)]);
        assert_eq!((all.p50, all.max), (2.0, 99.0));
    }

    #[test]
    fn every_step_has_its_own_samples() {
        let mut samples = Samples::default();
        for (micros, step) in (1..).zip(Step::ALL) {
            samples.note(step, micros);
        }
        let seen: Vec<f64> = Step::ALL.iter().map(|step| samples.step(*step).max).collect();
        assert_eq!(seen, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
