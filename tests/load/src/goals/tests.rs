use super::*;
use crate::figures::tests::{good, login_slice};

type Spoil = fn(&mut Figures);

fn missed(figures: &Figures) -> Vec<String> {
    judge(figures).into_iter().filter(|goal| !goal.is_met()).map(|goal| goal.name).collect()
}

fn counted(figures: &mut Figures, errand: usize) -> &mut Counters {
    &mut figures.errands[errand].server.counted
}

fn of_login(figures: &mut Figures) -> &mut Counters {
    &mut figures.logins[0].typical.counted
}

#[test]
fn a_good_run_meets_every_goal() {
    assert_eq!(missed(&good()), Vec::<String>::new());
    assert_eq!(judge(&good()).len(), 22);
}

#[test]
fn nobody_is_compared_with_a_peer_that_was_not_there() {
    let mut figures = good();
    figures.peer = None;
    for errand in &mut figures.errands {
        errand.peer = None;
    }
    assert_eq!(missed(&figures), Vec::<String>::new());
    assert_eq!(judge(&figures).len(), 20);
}

#[test]
fn a_peer_that_was_there_and_not_asked_meets_nothing() {
    let mut figures = good();
    figures.errands[0].peer = None;
    figures.errands.pop();
    let expected = [
        "refresh / peer, requests per second",
        "durable transactions per userinfo",
        "statements per userinfo",
        "calls to WeChat per userinfo",
        "signatures per userinfo",
        "userinfo / peer, requests per second",
    ];
    assert_eq!(missed(&figures), expected);
}

#[test]
fn each_goal_can_be_missed_alone() {
    let spoils: [(Spoil, &str); 22] = [
        (|f| f.documents[0].bare.as_mut().unwrap().ratio = 0.79, "discovery / bare route"),
        (|f| f.documents[1].bare = None, "jwks / bare route"),
        (|f| counted(f, 0).transactions = Some(1.1), "durable transactions per refresh"),
        (|f| counted(f, 0).transactions = Some(0.9), "durable transactions per refresh"),
        (|f| counted(f, 0).statements = Some(1.1), "statements per refresh"),
        (|f| counted(f, 0).calls = Some(0.1), "calls to WeChat per refresh"),
        (|f| counted(f, 0).signatures = Some(1.1), "signatures per refresh"),
        (|f| counted(f, 1).transactions = Some(0.1), "durable transactions per userinfo"),
        (|f| counted(f, 1).statements = Some(2.0), "statements per userinfo"),
        (|f| counted(f, 1).signatures = None, "signatures per userinfo"),
        (|f| f.errands[0].peer.as_mut().unwrap().ratio = 1.9, "refresh / peer"),
        (|f| f.errands[1].peer.as_mut().unwrap().ratio = 2.9, "userinfo / peer"),
        (|f| of_login(f).transactions = Some(3.1), "durable transactions per login"),
        (|f| of_login(f).calls = None, "calls to WeChat per login"),
        (|f| of_login(f).signatures = Some(2.0), "signatures per login"),
        (|f| f.logins[0].typical.server_cpu = 1001.0, "server CPU per login at C=16"),
        (|f| f.idle.now = 25 << 20, "resident when idle"),
        (|f| f.loaded.peak = 60 << 20, "resident under load"),
        (|f| f.starts = vec![150.0, 10.0, 200.0], "start to the first answer"),
        (|f| f.errands[0].server.errors = [("status 400".to_owned(), 1)].into(), "errors"),
        (|f| f.logins[0].typical.errors = [("token: status 500".to_owned(), 1)].into(), "errors"),
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
    figures.documents[0].bare.as_mut().unwrap().ratio = f64::NAN;
    assert_eq!(missed(&figures).len(), 2);
}
