use super::*;

pub(crate) fn static_slice(per_second: f64, cpu: f64) -> StaticSlice {
    StaticSlice { per_second, cpu, latency: Latency::default(), failed: 0, foreign: 0.0 }
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
        commits: None,
        transactions: Some(3.0),
        statements: None,
        calls: Some(2.0),
        foreign: 0.0,
        errors: BTreeMap::new(),
    }
}

/// A run in which everything is well.
pub(crate) fn good() -> Figures {
    let document =
        |name| DocumentFigure::over(name, &[(static_slice(95.0, 10.0), static_slice(100.0, 9.5))]);
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
        documents: vec![document("discovery"), document("jwks")],
        logins: vec![LoginFigure::over(Press::Closed(16), &[login_slice(600.0)])],
    }
}

#[test]
fn a_ratio_is_taken_inside_its_round() {
    // The machine slowed down after the first round: medians of each side alone would say 60 / 100.
    let rounds = [
        (static_slice(90.0, 10.0), static_slice(100.0, 10.0)),
        (static_slice(50.0, 10.0), static_slice(100.0, 5.0)),
        (static_slice(60.0, 10.0), static_slice(66.0, 9.0)),
    ];
    let figure = DocumentFigure::over("discovery", &rounds);
    assert!((figure.ratio - 0.9).abs() < 1e-9, "{}", figure.ratio);
    assert!((figure.cpu_ratio - 0.9).abs() < 1e-9, "{}", figure.cpu_ratio);
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
    assert_eq!((figure.typical.transactions, figure.typical.commits), (Some(3.0), None));
}
