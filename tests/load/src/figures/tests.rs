use super::*;

pub(crate) fn request_slice(per_second: f64, cpu: f64) -> RequestSlice {
    RequestSlice {
        done: 100.0,
        per_second,
        cpu,
        latency: Latency::default(),
        counted: Counters::default(),
        foreign: 0.0,
        errors: BTreeMap::new(),
    }
}

/// What the server should count for a request of `transactions` and so on.
fn counting(transactions: f64, statements: f64, calls: f64, signatures: f64) -> Counters {
    Counters {
        commits: None,
        transactions: Some(transactions),
        statements: Some(statements),
        calls: Some(calls),
        signatures: Some(signatures),
    }
}

pub(crate) fn login_slice(server_cpu: f64) -> LoginSlice {
    LoginSlice {
        done: 100.0,
        per_second: 50.0,
        offered: None,
        whole: Latency::default(),
        lag: Latency::default(),
        steps: [Latency::default(); 5],
        server_cpu,
        simulator_cpu: 0.0,
        own_cpu: 0.0,
        counted: counting(3.0, 10.0, 2.0, 1.0),
        foreign: 0.0,
        errors: BTreeMap::new(),
    }
}

fn document(name: &'static str) -> RequestFigure {
    let round = RequestRound {
        server: request_slice(95.0, 10.0),
        bare: Some(request_slice(100.0, 9.5)),
        peer: None,
    };
    RequestFigure::over(name, &[&round])
}

fn errand(name: &'static str, per_second: f64, counted: Counters) -> RequestFigure {
    let server = RequestSlice { counted, ..request_slice(per_second, 100.0) };
    let round = RequestRound { server, bare: None, peer: Some(request_slice(100.0, 400.0)) };
    RequestFigure::over(name, &[&round])
}

/// A run in which everything is well.
pub(crate) fn good() -> Figures {
    Figures {
        about: About {
            machine: "2 cores".to_owned(),
            database: "SQLite",
            algorithm: "RS256".to_owned(),
            people: 10,
            rounds: 1,
            unquiet: 0,
        },
        signature: 250.0,
        first_start: 200.0,
        starts: vec![20.0, 30.0, 25.0],
        idle: Memory { now: 15 << 20, peak: 16 << 20 },
        loaded: Memory { now: 25 << 20, peak: 30 << 20 },
        peer: Some(AboutPeer { versions: "a peer 1.0".to_owned(), start: 300.0, idle: 80 << 20 }),
        documents: vec![document("discovery"), document("jwks")],
        errands: vec![
            errand("refresh", 250.0, counting(1.0, 1.0, 0.0, 1.0)),
            errand("userinfo", 400.0, counting(0.0, 1.0, 0.0, 0.0)),
        ],
        logins: vec![LoginFigure::over(Press::Closed(16), &[login_slice(600.0)])],
    }
}

#[test]
fn a_ratio_is_taken_inside_its_round() {
    // The machine slowed down after the first round: medians of each side alone would say 60 / 100.
    let rounds = [
        (request_slice(90.0, 10.0), request_slice(100.0, 10.0)),
        (request_slice(50.0, 10.0), request_slice(100.0, 5.0)),
        (request_slice(60.0, 10.0), request_slice(66.0, 9.0)),
    ]
    .map(|(server, bare)| RequestRound { server, bare: Some(bare), peer: None });
    let figure = RequestFigure::over("discovery", &rounds.iter().collect::<Vec<_>>());
    let bare = figure.bare.unwrap();
    assert!((bare.ratio - 0.9).abs() < 1e-9, "{}", bare.ratio);
    assert!((bare.cpu_ratio - 0.9).abs() < 1e-9, "{}", bare.cpu_ratio);
    assert!(figure.peer.is_none(), "nobody was there");
}

#[test]
fn a_failure_counts_whoever_failed() {
    let failing = |number| RequestSlice {
        errors: [("status 500".to_owned(), number)].into(),
        ..request_slice(1.0, 1.0)
    };
    let round =
        RequestRound { server: failing(1), bare: Some(failing(10)), peer: Some(failing(100)) };
    assert_eq!(RequestFigure::over("jwks", &[&round, &round]).failed(), 222);
}

#[test]
fn one_bad_round_does_not_hide_behind_good_ones() {
    let mut bad = login_slice(500.0);
    bad.errors.insert("token: status 500".to_owned(), 1);
    bad.whole.max = 9.0;
    let figure =
        LoginFigure::over(Press::Closed(1), &[login_slice(600.0), bad, login_slice(700.0)]);
    assert_eq!(figure.typical.errors.values().sum::<u64>(), 1);
    assert_eq!((figure.typical.server_cpu, figure.typical.whole.max), (600.0, 9.0));
    assert_eq!(figure.typical.done, 300.0);
}

#[test]
fn what_the_server_does_not_count_stays_untold() {
    let figure = LoginFigure::over(Press::Open(100), &[login_slice(1.0), login_slice(2.0)]);
    let counted = figure.typical.counted;
    assert_eq!((counted.transactions, counted.commits), (Some(3.0), None));
}
