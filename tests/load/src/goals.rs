//! The goals of a run, and whether it met them. Pure: a goal is a function of the figures.
//! It judges exact counts, ratios to yardsticks of the same run, memory, start-up and errors. Logins per second are told
//! and never judged, because they halve beside a busy neighbour. Called by the report; its verdict is the exit status.

use crate::figures::{Figures, LoginFigure};
use crate::slice::Press;
use crate::statistics::median;

const MIB: f64 = 1024.0 * 1024.0;

/// How the static documents may compare with a bare route, in requests per second. Their CPU is told and not judged:
/// it is a few microseconds, and beside a busy neighbour the ratio moves by a fifth from run to run.
const DOCUMENT: f64 = 0.8;
/// Durable transactions of a login: claim, arrive, redeem; and its calls to WeChat: exchange, profile.
const TRANSACTIONS: f64 = 3.0;
const CALLS: f64 = 2.0;
/// What sweeps beside the logins may add to a count.
const SWEEPS: f64 = 0.02;
/// What a whole login may cost the server, in RS256 signatures.
const SIGNATURES: f64 = 4.0;
const IDLE_MIB: f64 = 25.0;
const LOADED_MIB: f64 = 60.0;
const START_MS: f64 = 150.0;

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

/// Every goal of the run, met or not.
pub(crate) fn judge(figures: &Figures) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut want = |name: String, measured, wanted| goals.push(Goal { name, measured, wanted });
    for document in &figures.documents {
        let name = document.name;
        want(
            format!("{name} / bare route, requests per second"),
            document.ratio,
            Wanted::AtLeast(DOCUMENT),
        );
    }
    for login in figures.logins.iter().filter(|login| is_saturating(login)) {
        let name = format!("server CPU per login at {}, in RS256 signatures", login.press.name());
        want(name, login.typical.server_cpu / figures.signature, Wanted::AtMost(SIGNATURES));
        for (what, counted, most) in [
            ("durable transactions", login.typical.transactions, TRANSACTIONS),
            ("calls to WeChat", login.typical.calls, CALLS),
        ] {
            let name = format!("{what} per login at {}", login.press.name());
            // What nobody counted is no number, and meets nothing.
            want(name, counted.unwrap_or(f64::NAN), Wanted::AtMost(most + SWEEPS));
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

/// CPU per login is compared where the cores are busy: beside idle cores every wake-up costs extra.
fn is_saturating(login: &LoginFigure) -> bool {
    matches!(login.press, Press::Closed(users) if users >= 16)
}

pub(crate) fn mib(bytes: u64) -> f64 {
    u32::try_from(bytes / 1024).map_or(f64::INFINITY, f64::from) * 1024.0 / MIB
}

fn errors(figures: &Figures) -> f64 {
    let of_logins = figures.logins.iter().flat_map(|login| login.typical.errors.values());
    let of_documents = figures.documents.iter().map(|document| document.failed());
    whole(of_logins.copied().chain(of_documents).sum())
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
mod tests {
    use super::*;
    use crate::figures::tests::{good, login_slice};

    type Spoil = fn(&mut Figures);

    fn missed(figures: &Figures) -> Vec<String> {
        judge(figures).into_iter().filter(|goal| !goal.is_met()).map(|goal| goal.name).collect()
    }

    #[test]
    fn a_good_run_meets_every_goal() {
        assert_eq!(missed(&good()), Vec::<String>::new());
        assert_eq!(judge(&good()).len(), 10);
    }

    #[test]
    fn each_goal_can_be_missed_alone() {
        let spoils: [(Spoil, &str); 11] = [
            (|f| f.documents[0].ratio = 0.79, "discovery / bare route"),
            (|f| f.documents[1].ratio = f64::NAN, "jwks / bare route"),
            (|f| f.logins[0].typical.transactions = Some(3.1), "durable transactions per login"),
            (|f| f.logins[0].typical.calls = None, "calls to WeChat per login"),
            (|f| f.logins[0].typical.server_cpu = 1001.0, "server CPU per login at C=16"),
            (|f| f.idle.now = 25 << 20, "resident when idle"),
            (|f| f.loaded.peak = 60 << 20, "resident under load"),
            (|f| f.starts = vec![150.0, 10.0, 200.0], "start to the first answer"),
            (|f| f.documents[0].bare.failed = 1, "errors"),
            (
                |f| f.logins[0].typical.errors = [("token: status 500".to_owned(), 1)].into(),
                "errors",
            ),
            (|f| f.logins[0].offered = Some(101), "logins of the timetable"),
        ];
        for (spoil, name) in spoils {
            let mut figures = good();
            spoil(&mut figures);
            let missed = missed(&figures);
            assert!(missed.len() == 1 && missed[0].starts_with(name), "{name}: {missed:?}");
        }
    }

    #[test]
    fn cost_is_judged_where_the_cores_are_busy_and_no_login_meets_nothing() {
        let mut figures = good();
        figures.logins.push(LoginFigure::over(Press::Open(100), &[login_slice(5000.0)]));
        figures.logins.push(LoginFigure::over(Press::Closed(1), &[login_slice(5000.0)]));
        assert_eq!(missed(&figures), Vec::<String>::new());
        figures.logins.push(LoginFigure::over(Press::Closed(64), &[login_slice(f64::INFINITY)]));
        figures.documents[0].ratio = f64::NAN;
        assert_eq!(missed(&figures).len(), 2);
    }
}
