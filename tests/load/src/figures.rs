//! From rounds to figures: medians, ratios and sums over all rounds of a run.
//! A ratio is taken inside its round, between slices that were neighbours in time, before the median is taken over the
//! rounds; errors are added up, so that one bad round cannot hide behind four good ones. Pure; called by the campaign.

use std::collections::BTreeMap;

use crate::child::Memory;
use crate::metrics::Counters;
use crate::peer::AboutPeer;
use crate::slice::{LoginSlice, Press, RequestSlice};
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
    /// The peer, when it was measured.
    pub(crate) peer: Option<AboutPeer>,
    /// The static documents, which stand beside the bare route.
    pub(crate) documents: Vec<RequestFigure>,
    /// What tokens are spent on.
    pub(crate) errands: Vec<RequestFigure>,
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

/// One kind of request in one round: neighbours in time.
#[derive(Debug, Clone)]
pub(crate) struct RequestRound {
    pub(crate) server: RequestSlice,
    pub(crate) bare: Option<RequestSlice>,
    pub(crate) peer: Option<RequestSlice>,
}

/// One kind of request at the server, and at whoever it is compared with.
#[derive(Debug)]
pub(crate) struct RequestFigure {
    pub(crate) name: &'static str,
    /// Medians; `done` and `errors` are sums, maxima are the worst of all rounds.
    pub(crate) server: RequestSlice,
    pub(crate) bare: Option<Comparison>,
    pub(crate) peer: Option<Comparison>,
}

/// Somebody who answered the same requests in the same rounds.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) other: RequestSlice,
    /// Requests per second, the server's over the other's.
    pub(crate) ratio: f64,
    /// CPU for a request, the other's over the server's: also 1 when they are equal and smaller when the server is dearer.
    pub(crate) cpu_ratio: f64,
}

impl RequestFigure {
    pub(crate) fn over(name: &'static str, rounds: &[&RequestRound]) -> Self {
        let server: Vec<_> = rounds.iter().map(|round| round.server.clone()).collect();
        Self {
            name,
            server: typical(&server),
            bare: Comparison::over(rounds, |round| round.bare.as_ref()),
            peer: Comparison::over(rounds, |round| round.peer.as_ref()),
        }
    }

    /// Requests that brought no usable answer, at the server or at anybody it is compared with.
    pub(crate) fn failed(&self) -> u64 {
        let others = self.bare.iter().chain(&self.peer).map(|comparison| &comparison.other);
        others.chain([&self.server]).flat_map(|slice| slice.errors.values()).sum()
    }
}

impl Comparison {
    /// Over the rounds in which `pick` finds somebody to compare with; nothing when there is none.
    fn over(
        rounds: &[&RequestRound],
        pick: impl Fn(&RequestRound) -> Option<&RequestSlice>,
    ) -> Option<Self> {
        let pairs: Vec<_> =
            rounds.iter().filter_map(|round| Some((&round.server, pick(round)?))).collect();
        let each = |ratio: fn(&(&RequestSlice, &RequestSlice)) -> f64| {
            median(&pairs.iter().map(ratio).collect::<Vec<_>>())
        };
        let others: Vec<_> = pairs.iter().map(|(_, other)| (*other).clone()).collect();
        (!pairs.is_empty()).then(|| Self {
            other: typical(&others),
            ratio: each(|(server, other)| server.per_second / other.per_second),
            cpu_ratio: each(|(server, other)| other.cpu / server.cpu),
        })
    }
}

fn typical(slices: &[RequestSlice]) -> RequestSlice {
    let each =
        |pick: fn(&RequestSlice) -> f64| median(&slices.iter().map(pick).collect::<Vec<_>>());
    let latencies: Vec<Latency> = slices.iter().map(|slice| slice.latency).collect();
    let counted: Vec<Counters> = slices.iter().map(|slice| slice.counted).collect();
    RequestSlice {
        done: slices.iter().map(|slice| slice.done).sum(),
        per_second: each(|slice| slice.per_second),
        cpu: each(|slice| slice.cpu),
        latency: Latency::over_rounds(&latencies),
        counted: Counters::over_rounds(&counted),
        foreign: each(|slice| slice.foreign),
        errors: errors(slices.iter().map(|slice| &slice.errors)),
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
        let counted: Vec<Counters> = rounds.iter().map(|slice| slice.counted).collect();
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
            counted: Counters::over_rounds(&counted),
            foreign: each(|slice| slice.foreign),
            errors: errors(rounds.iter().map(|slice| &slice.errors)),
        };
        let offered = rounds.iter().map(|slice| slice.offered.map(u64::from)).sum();
        Self { press, typical, offered }
    }
}

fn errors<'a>(rounds: impl Iterator<Item = &'a BTreeMap<String, u64>>) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (class, count) in rounds.flatten() {
        *all.entry(class.clone()).or_default() += count;
    }
    all
}

#[cfg(test)]
pub(crate) mod tests;
