//! The goals of a run, and whether it met them. Pure: a goal is a function of the figures.
//! It judges exact counts, ratios to yardsticks of the same run, memory, start-up and errors. Logins per second are told
//! and never judged, because they halve beside a busy neighbour. Called by the report; its verdict is the exit status.

use crate::campaign::Findings;
use crate::figures::{Figures, LoginFigure, RequestFigure};
use crate::holder::Errand;
use crate::metrics::Counters;
use crate::slice::Press;
use crate::statistics::median;

mod scenarios;

const MIB: f64 = 1024.0 * 1024.0;

/// How the static documents may compare with a bare route, in requests per second. Their CPU is told and not judged:
/// it is a few microseconds, and beside a busy neighbour the ratio moves by a fifth from run to run.
const DOCUMENT: f64 = 0.8;
/// Durable transactions of a login: claim, arrive, redeem; its calls to WeChat: exchange, profile; and one ID token.
const LOGIN: [Count; 3] = [
    ("durable transactions", |counted| counted.transactions, Wanted::AtMost(3.0 + SWEEPS)),
    ("calls to WeChat", |counted| counted.calls, Wanted::AtMost(2.0 + SWEEPS)),
    ("signatures", |counted| counted.signatures, Wanted::AtMost(1.0)),
];
/// A refresh is one durable transaction, no less, of one statement, and at most the signature of its ID token.
const REFRESH: [Count; 5] = [
    ("durable transactions", |counted| counted.transactions, Wanted::AtMost(1.0 + SWEEPS)),
    ("durable transactions", |counted| counted.transactions, Wanted::AtLeast(1.0)),
    ("statements", |counted| counted.statements, Wanted::AtMost(1.0 + SWEEPS)),
    ("calls to WeChat", |counted| counted.calls, Wanted::AtMost(SWEEPS)),
    ("signatures", |counted| counted.signatures, Wanted::AtMost(1.0)),
];
/// Userinfo writes nothing and reads once.
const USERINFO: [Count; 4] = [
    ("durable transactions", |counted| counted.transactions, Wanted::AtMost(SWEEPS)),
    ("statements", |counted| counted.statements, Wanted::AtMost(1.0 + SWEEPS)),
    ("calls to WeChat", |counted| counted.calls, Wanted::AtMost(SWEEPS)),
    ("signatures", |counted| counted.signatures, Wanted::AtMost(0.0)),
];
/// What sweeps beside the requests may add to a count.
const SWEEPS: f64 = 0.02;
/// How the server may compare with the peer, in requests per second.
const REFRESH_OF_PEER: f64 = 2.0;
const USERINFO_OF_PEER: f64 = 3.0;
/// What a whole login may cost the server, in RS256 signatures.
const SIGNATURES: f64 = 4.0;
const IDLE_MIB: f64 = 25.0;
const LOADED_MIB: f64 = 60.0;
const START_MS: f64 = 150.0;

/// What is counted, where it stands, and how often it may happen for one request or login.
type Count = (&'static str, fn(&Counters) -> Option<f64>, Wanted);

/// A goal and what was measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Goal {
    pub(crate) name: String,
    pub(crate) measured: f64,
    pub(crate) wanted: Wanted,
}

/// On which side of a number a goal is met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

impl Goal {
    /// A figure that is no number meets nothing.
    pub(crate) fn is_met(&self) -> bool {
        match self.wanted {
            Wanted::AtLeast(bound) => self.measured >= bound,
            Wanted::AtMost(bound) => self.measured <= bound,
            Wanted::Below(bound) => self.measured < bound,
        }
    }
}

/// Every goal of the parts that were run, met or not.
pub(crate) fn judge_all(findings: &Findings) -> Vec<Goal> {
    let mut goals = Vec::new();
    goals.extend(findings.rounds.iter().flat_map(judge));
    goals.extend(findings.hang.iter().flat_map(scenarios::judge_hang));
    goals.extend(findings.desktops.iter().flat_map(scenarios::judge_desktops));
    goals
}

/// Every goal of the rounds.
pub(crate) fn judge(figures: &Figures) -> Vec<Goal> {
    let mut goals = Vec::new();
    for document in &figures.documents {
        // Whom nobody compared is no number, and meets nothing.
        let ratio = document.bare.as_ref().map_or(f64::NAN, |bare| bare.ratio);
        let name = format!("{} / bare route, requests per second", document.name);
        goals.push(Goal { name, measured: ratio, wanted: Wanted::AtLeast(DOCUMENT) });
    }
    for errand in Errand::ALL {
        goals.extend(judge_errand(figures, errand));
    }
    let mut want = |name: String, measured, wanted| goals.push(Goal { name, measured, wanted });
    for login in figures.logins.iter().filter(|login| is_saturating(login)) {
        let name = format!("server CPU per login at {}, in RS256 signatures", login.press.name());
        want(name, login.typical.server_cpu / figures.signature, Wanted::AtMost(SIGNATURES));
        for (what, pick, wanted) in LOGIN {
            let name = format!("{what} per login at {}", login.press.name());
            want(name, pick(&login.typical.counted).unwrap_or(f64::NAN), wanted);
        }
    }
    want("resident when idle, MiB".to_owned(), mib(figures.idle.now), Wanted::Below(IDLE_MIB));
    want(
        "resident under load, at most, MiB".to_owned(),
        mib(figures.loaded.peak),
        Wanted::Below(LOADED_MIB),
    );
    want(
        "start to the first answer, ms".to_owned(),
        median(&figures.starts),
        Wanted::Below(START_MS),
    );
    want("errors".to_owned(), errors(figures), Wanted::AtMost(0.0));
    want("logins of the timetable left undone".to_owned(), undone(figures), Wanted::AtMost(0.0));
    goals
}

/// The exact counts of an errand, and its ratio to the peer when the peer was there.
fn judge_errand(figures: &Figures, errand: Errand) -> Vec<Goal> {
    let name = errand.name();
    let (counts, of_peer): (&[Count], f64) = match errand {
        Errand::Refresh => (&REFRESH, REFRESH_OF_PEER),
        Errand::Userinfo => (&USERINFO, USERINFO_OF_PEER),
    };
    let figure = figures.errands.iter().find(|figure| figure.name == name);
    // What nobody counted is no number, and meets nothing.
    let counted = |pick: fn(&Counters) -> Option<f64>| {
        figure.and_then(|figure| pick(&figure.server.counted)).unwrap_or(f64::NAN)
    };
    let mut goals: Vec<Goal> = counts
        .iter()
        .map(|(what, pick, wanted)| Goal {
            name: format!("{what} per {name}"),
            measured: counted(*pick),
            wanted: *wanted,
        })
        .collect();
    if figures.peer.is_some() {
        let peer = figure.and_then(|figure| figure.peer.as_ref());
        goals.push(Goal {
            name: format!("{name} / peer, requests per second"),
            measured: peer.map_or(f64::NAN, |peer| peer.ratio),
            wanted: Wanted::AtLeast(of_peer),
        });
    }
    goals
}

/// CPU per login is compared where the cores are busy: beside idle cores every wake-up costs extra.
fn is_saturating(login: &LoginFigure) -> bool {
    matches!(login.press, Press::Closed(users) if users >= 16)
}

pub(crate) fn mib(bytes: u64) -> f64 {
    u32::try_from(bytes / 1024).map_or(f64::INFINITY, f64::from) * 1024.0 / MIB
}

fn errors(figures: &Figures) -> f64 {
    let of_logins = figures.logins.iter().flat_map(|login| login.typical.errors.values());
    let of_requests = figures.documents.iter().chain(&figures.errands).map(RequestFigure::failed);
    whole(of_logins.copied().chain(of_requests).sum())
}

/// A generator that drops work would make every latency look good.
fn undone(figures: &Figures) -> f64 {
    let missing = figures.logins.iter().filter_map(|login| {
        login.offered.map(|offered| (whole(offered) - login.typical.done).max(0.0))
    });
    missing.sum()
}

fn whole(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests;
