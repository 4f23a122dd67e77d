//! The goals of the scenarios: what a WeChat that hangs costs those who wait for it and those who do not, and what a
//! desktop costs that waits.

use super::{Goal, Wanted, whole};
use crate::desktops::DesktopFigure;
use crate::hang::HangFigure;

/// Milliseconds until whoever is not sent to a silent WeChat has the page that says so.
const TOLD_MS: f64 = 100.0;
/// The 200 that may be in flight at a time, the ten or so who stand in line for a place when the first of those come to their
/// end, whoever comes before five of them have, and one who finds out: some 215 in a stretch. Without a breaker it is twice
/// as many.
const SENT: f64 = 230.0;
/// "Unchanged": p95 of a stretch while WeChat hangs over that of the stretch before, which differ by as much while nothing
/// hangs; docs/performance.md has the argument.
const UNCHANGED: f64 = 1.25;
/// Bytes of the server for a desktop that waits.
const DESKTOP: f64 = 30_000.0;

pub(super) fn judge_hang(figure: &HangFigure) -> Vec<Goal> {
    let goal = |name: String, measured, wanted| Goal { name, measured, wanted };
    let mut goals = vec![
        goal(
            "told at once that WeChat is silent, p95, ms".to_owned(),
            figure.told.p95 / 1e3,
            Wanted::Below(TOLD_MS),
        ),
        goal(
            format!("of {} people, sent to the silent WeChat at most", figure.people),
            figure.sent,
            Wanted::AtMost(SENT),
        ),
    ];
    goals.extend(figure.bystanders.iter().map(|bystander| {
        let name = format!("{}, p95 while WeChat is silent over before", bystander.name);
        goal(name, bystander.ratio, Wanted::AtMost(UNCHANGED))
    }));
    let errors = figure.errors.values().sum();
    goals.push(goal(
        "errors beside a silent WeChat".to_owned(),
        whole(errors),
        Wanted::AtMost(0.0),
    ));
    goals
}

pub(super) fn judge_desktops(figure: &DesktopFigure) -> Vec<Goal> {
    let goal = |name: &str, measured, wanted| Goal { name: name.to_owned(), measured, wanted };
    let errors = figure.errors.values().sum();
    vec![
        goal("desktops that wait at a time", figure.waited, Wanted::AtLeast(figure.wanted)),
        goal("resident for a desktop that waits, bytes", figure.each, Wanted::AtMost(DESKTOP)),
        goal("desktops that could not wait", whole(errors), Wanted::AtMost(0.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{desktops, hang};

    /// Makes one figure bad, and how the name of its goal begins.
    type Spoil<F> = (fn(&mut F), &'static str);

    fn missed(goals: &[Goal]) -> Vec<&str> {
        goals.iter().filter(|goal| !goal.is_met()).map(|goal| goal.name.as_str()).collect()
    }

    #[test]
    fn each_goal_of_a_silent_wechat_can_be_missed_alone() {
        assert_eq!(missed(&judge_hang(&hang::tests::good())), Vec::<&str>::new());
        let spoils: [Spoil<HangFigure>; 4] = [
            (|figure| figure.told.p95 = 100_000.0, "told at once"),
            (|figure| figure.sent = 231.0, "of 2000 people, sent"),
            (|figure| figure.bystanders[1].ratio = 1.26, "refresh, p95"),
            (|figure| figure.errors = [("callback: status 500".to_owned(), 1)].into(), "errors"),
        ];
        for (spoil, name) in spoils {
            let mut figure = hang::tests::good();
            spoil(&mut figure);
            let goals = judge_hang(&figure);
            let missed = missed(&goals);
            assert!(missed.len() == 1 && missed[0].starts_with(name), "{name}: {missed:?}");
        }
    }

    #[test]
    fn each_goal_of_the_desktops_can_be_missed_alone() {
        assert_eq!(missed(&judge_desktops(&desktops::tests::good())), Vec::<&str>::new());
        let spoils: [Spoil<DesktopFigure>; 3] = [
            (|figure| figure.waited = 9999.0, "desktops that wait"),
            (|figure| figure.each = 30_001.0, "resident"),
            (
                |figure| figure.errors = [("desktop: status 503".to_owned(), 1)].into(),
                "desktops that could",
            ),
        ];
        for (spoil, name) in spoils {
            let mut figure = desktops::tests::good();
            spoil(&mut figure);
            let goals = judge_desktops(&figure);
            let missed = missed(&goals);
            assert!(missed.len() == 1 && missed[0].starts_with(name), "{name}: {missed:?}");
        }
    }
}
