use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// HT-25.
#[test]
fn an_address_that_comes_too_often_is_told_when_to_come_back() {
    let throttle = Throttle::new(Limits { authorize: 3, ..Limits::default() });
    let [one, other] = ["203.0.113.9", "203.0.113.10"].map(|text| Caller::everybody_at(ip(text)));
    for _ in 0..3 {
        assert_eq!(throttle.count(Costly::Authorize, one), Ok(()));
    }
    let refused = throttle.count(Costly::Authorize, one).unwrap_err();
    assert!((1..=21).contains(&refused.wait_seconds), "{refused:?}");
    assert_eq!(throttle.count(Costly::Authorize, other), Ok(()));
    assert_eq!(throttle.count(Costly::Callback, one), Ok(()));
}

/// TK-20. Seen red without the note of who took the last call.
#[test]
fn who_has_used_up_his_failures_is_refused_before_the_next_and_others_are_not() {
    let throttle = Throttle::new(Limits { token_failure: 3, ..Limits::default() });
    let guesser = throttle.client_at(ip("203.0.113.9"), "app");
    for _ in 0..3 {
        assert_eq!(throttle.used_up(Costly::TokenFailure, guesser), Ok(()));
        assert_eq!(throttle.count(Costly::TokenFailure, guesser), Ok(()));
    }
    for _ in 0..2 {
        let refused = throttle.used_up(Costly::TokenFailure, guesser).unwrap_err();
        assert!((1..=21).contains(&refused.wait_seconds), "asking costs nothing: {refused:?}");
    }
    for other in [
        throttle.client_at(ip("203.0.113.9"), "another"),
        throttle.client_at(ip("203.0.113.10"), "app"),
        Caller::everybody_at(ip("203.0.113.9")),
    ] {
        assert_eq!(throttle.used_up(Costly::TokenFailure, other), Ok(()));
    }
}

/// Law 1. Seen red with the exemption of loopback.
#[test]
fn everybody_behind_an_unlisted_local_proxy_shares_ten_times_the_limit() {
    let throttle = Throttle::new(Limits { authorize: 3, ..Limits::default() });
    let addresses = ["127.0.0.1", "::1", "127.0.0.2"].map(ip);
    let allowed = addresses.iter().cycle().take(100).take_while(|address| {
        throttle.count(Costly::Authorize, Caller::everybody_at(**address)).is_ok()
    });
    assert_eq!(allowed.count(), 30);
}

/// Law 12, TK-20. Seen red without starting over: those who came just now are not at rest.
#[test]
fn the_number_of_callers_is_bounded_however_many_come_at_once() {
    let counter = Counter::new(NonZeroU32::new(1).unwrap(), 100);
    for number in 0..1_000_u32 {
        let address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | number));
        let caller = Caller { address, client: 0 };
        assert_eq!(counter.count(caller), Ok(()));
        assert!(counter.used_up(caller).is_err(), "the newest is always known");
        assert!(counter.callers() <= 100 && counter.noted() <= 100);
    }
}
