//! From rounds to figures: medians, ratios and sums over all rounds of a run.
//! A ratio is taken inside its round, between slices that were neighbours in time, before the median is taken over the
//! rounds; errors are added up, so that one bad round cannot hide behind four good ones. Pure; called by the campaign.

use std::collections::BTreeMap;

use crate::child::Memory;
use crate::slice::{LoginSlice, Press, StaticSlice};
use crate::statistics::{Latency, median};

/// Everything that a run found out.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) about: About,
    /// Microseconds of one core for one RS256 signature.
    pub(crate) signature: f64,
    /// Milliseconds to the first answer with no database yet, key generation included.
    pub(crate) first_start: f64,
    /// Milliseconds to the first answer with the database in place, one for each start.
    pub(crate) starts: Vec<f64>,
    pub(crate) idle: Memory,
    pub(crate) loaded: Memory,
    pub(crate) documents: Vec<DocumentFigure>,
    pub(crate) logins: Vec<LoginFigure>,
}

/// Under which conditions.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) machine: String,
    pub(crate) database: &'static str,
    pub(crate) algorithm: String,
    pub(crate) people: u32,
    pub(crate) rounds: usize,
    /// Rounds that began although the machine had not become quiet.
    pub(crate) unquiet: usize,
}

/// A static document against the bare route.
#[derive(Debug)]
pub(crate) struct DocumentFigure {
    pub(crate) name: &'static str,
    pub(crate) server: StaticSlice,
    pub(crate) bare: StaticSlice,
    /// Requests per second, server over bare.
    pub(crate) ratio: f64,
    /// CPU for a request, bare over server: also 1 when they are equal and smaller when the server is dearer.
    pub(crate) cpu_ratio: f64,
}

impl DocumentFigure {
    /// From rounds of (server, bare).
    pub(crate) fn over(name: &'static str, rounds: &[(StaticSlice, StaticSlice)]) -> Self {
        let (server, bare): (Vec<_>, Vec<_>) = rounds.iter().copied().unzip();
        let each = |ratio: fn(&(StaticSlice, StaticSlice)) -> f64| {
            median(&rounds.iter().map(ratio).collect::<Vec<_>>())
        };
        Self {
            name,
            server: typical(&server),
            bare: typical(&bare),
            ratio: each(|(server, bare)| server.per_second / bare.per_second),
            cpu_ratio: each(|(server, bare)| bare.cpu / server.cpu),
        }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.server.failed + self.bare.failed
    }
}

fn typical(slices: &[StaticSlice]) -> StaticSlice {
    let each = |pick: fn(&StaticSlice) -> f64| median(&slices.iter().map(pick).collect::<Vec<_>>());
    let latencies: Vec<Latency> = slices.iter().map(|slice| slice.latency).collect();
    StaticSlice {
        per_second: each(|slice| slice.per_second),
        cpu: each(|slice| slice.cpu),
        latency: Latency::over_rounds(&latencies),
        failed: slices.iter().map(|slice| slice.failed).sum(),
        foreign: each(|slice| slice.foreign),
    }
}

/// One way to press logins.
#[derive(Debug)]
pub(crate) struct LoginFigure {
    pub(crate) press: Press,
    /// Medians; `done` and `errors` are sums, maxima are the worst of all rounds.
    pub(crate) typical: LoginSlice,
    /// Logins of the timetable over all rounds; nothing in a closed loop.
    pub(crate) offered: Option<u64>,
}

impl LoginFigure {
    pub(crate) fn over(press: Press, rounds: &[LoginSlice]) -> Self {
        let each =
            |pick: fn(&LoginSlice) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
        let counted = |pick: fn(&LoginSlice) -> Option<f64>| {
            let told: Vec<f64> = rounds.iter().filter_map(pick).collect();
            (!told.is_empty()).then(|| median(&told))
        };
        let latency = |pick: &dyn Fn(&LoginSlice) -> Latency| {
            Latency::over_rounds(&rounds.iter().map(pick).collect::<Vec<_>>())
        };
        let step =
            |index: usize| latency(&|slice| slice.steps.get(index).copied().unwrap_or_default());
        let typical = LoginSlice {
            done: rounds.iter().map(|slice| slice.done).sum(),
            per_second: each(|slice| slice.per_second),
            offered: None,
            whole: latency(&|slice| slice.whole),
            lag: latency(&|slice| slice.lag),
            steps: [0, 1, 2, 3, 4].map(step),
            server_cpu: each(|slice| slice.server_cpu),
            simulator_cpu: each(|slice| slice.simulator_cpu),
            own_cpu: each(|slice| slice.own_cpu),
            commits: counted(|slice| slice.commits),
            transactions: counted(|slice| slice.transactions),
            statements: counted(|slice| slice.statements),
            calls: counted(|slice| slice.calls),
            foreign: each(|slice| slice.foreign),
            errors: errors(rounds),
        };
        let offered = rounds.iter().map(|slice| slice.offered.map(u64::from)).sum();
        Self { press, typical, offered }
    }
}

fn errors(rounds: &[LoginSlice]) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (class, count) in rounds.iter().flat_map(|slice| &slice.errors) {
        *all.entry(class.clone()).or_default() += count;
    }
    all
}

#[cfg(test)]
pub(crate) mod tests;
