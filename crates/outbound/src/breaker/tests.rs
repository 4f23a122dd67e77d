use super::*;

const SILENT: Result<(), CallFailed> = Err(CallFailed::Deadline);

fn after(start: Instant, millis: u64) -> Instant {
    start + Duration::from_millis(millis)
}

fn broken_at(start: Instant) -> Breaker {
    let breaker = Breaker::default();
    for _ in 0..SILENCES {
        breaker.admit(start).unwrap().report(&SILENT, start);
    }
    breaker
}

/// WX-40. Seen red without the count, and with one that an answer does not end.
#[test]
fn a_few_silences_in_a_row_open_it_and_an_answer_between_them_does_not() {
    let start = Instant::now();
    assert!(broken_at(start).admit(after(start, 4999)).is_none());
    let breaker = Breaker::default();
    for _ in 0..4 * SILENCES {
        for _ in 1..SILENCES {
            breaker.admit(start).unwrap().report(&SILENT, start);
        }
        breaker.admit(start).unwrap().report(&Ok(()), start);
    }
    assert!(breaker.admit(start).is_some());
}

/// WX-40. Seen red with everybody let through after the rest.
#[test]
fn after_the_rest_one_finds_out_for_all() {
    let start = Instant::now();
    let breaker = broken_at(start);
    assert!(breaker.is_resting());
    let probe = breaker.admit(after(start, 5000)).unwrap();
    assert!(breaker.admit(after(start, 5001)).is_none(), "one is out already");
    probe.report(&SILENT, after(start, 9000));
    assert!(breaker.admit(after(start, 13_999)).is_none(), "rests again");
    breaker.admit(after(start, 14_000)).unwrap().report(&Ok(()), after(start, 14_100));
    let all: Vec<_> = (0..3).map(|_| breaker.admit(after(start, 14_101))).collect();
    assert!(all.iter().all(Option::is_some) && !breaker.is_resting(), "well again");
}

#[test]
fn whoever_leaves_without_an_answer_lets_the_next_find_out() {
    let start = Instant::now();
    let breaker = broken_at(start);
    drop(breaker.admit(after(start, 5000)).unwrap());
    assert!(breaker.admit(after(start, 5001)).is_some());
}

#[test]
fn refusals_to_send_say_nothing_of_the_upstream() {
    let start = Instant::now();
    let breaker = Breaker::default();
    for failed in [CallFailed::Busy, CallFailed::Resting] {
        for _ in 0..2 * SILENCES {
            breaker.admit(start).unwrap().report(&Err::<(), _>(failed), start);
        }
    }
    assert!(breaker.admit(start).is_some());
}

#[test]
fn it_is_well_for_a_moment_after_an_answer() {
    let start = Instant::now();
    let breaker = Breaker::default();
    assert!(!breaker.is_well(start), "nobody knows yet");
    breaker.admit(start).unwrap().report(&Ok(()), start);
    assert!(breaker.is_well(after(start, 1000)));
    assert!(!breaker.is_well(after(start, 1001)));
}
