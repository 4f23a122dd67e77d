use magpie_domain::entropy;
use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy, sample_device, sample_grant};

use super::*;
use crate::error::ErrorCode;
use crate::samples::params;

fn at(seconds: u32) -> Timestamp {
    SAMPLE_NOW.plus(Lifetime::from_seconds(seconds))
}

fn own() -> ClientId {
    ClientId::parse("app").unwrap()
}

fn error(verdict: Verdict) -> ErrorCode {
    match verdict {
        Verdict::Refuse(error) | Verdict::Wait { error, .. } => error.code,
        Verdict::Redeem(grant) => panic!("redeemed {grant}"),
    }
}

/// V2, V3: each state at each time, for its own client and for another. Seen red with a code that is anybody's, and
/// with one that can be used again.
#[test]
fn a_device_is_told_where_it_stands() {
    let allowed = || Some(DeviceAnswer::Allowed(sample_grant().id));
    let refused = || Some(DeviceAnswer::Refused);
    use ErrorCode::{AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant};
    for (answer, redeemed, now, expected) in [
        (None, false, at(0), Some(AuthorizationPending)),
        (None, false, at(599), Some(AuthorizationPending)),
        (None, false, at(600), Some(ExpiredToken)),
        (refused(), false, at(0), Some(AccessDenied)),
        (refused(), false, at(601), Some(AccessDenied)),
        (allowed(), false, at(599), None),
        (allowed(), false, at(600), Some(ExpiredToken)),
        (allowed(), true, at(1), Some(InvalidGrant)),
        (allowed(), true, at(600), Some(InvalidGrant)),
    ] {
        let device = Device { answer, redeemed, ..sample_device(1) };
        match expected {
            Some(expected) => assert_eq!(error(judge(&device, &own(), now)), expected, "{now}"),
            None => {
                assert_eq!(judge(&device, &own(), now), Verdict::Redeem(sample_grant().id), "{now}")
            }
        }
        let other = ClientId::parse("other").unwrap();
        assert_eq!(error(judge(&device, &other, now)), InvalidGrant, "another client's");
    }
}

/// V2: five seconds more each time, for good, up to a bound behind which nothing is written.
#[test]
fn a_device_that_asks_too_soon_waits_longer_from_then_on() {
    let mut device = Device { polled_at: Some(at(0)), ..sample_device(1) };
    for (now, interval, code) in [
        (5, 5, ErrorCode::AuthorizationPending),
        (9, 10, ErrorCode::SlowDown),
        (19, 10, ErrorCode::AuthorizationPending),
        (28, 15, ErrorCode::SlowDown),
        (42, 20, ErrorCode::SlowDown),
        (62, 20, ErrorCode::AuthorizationPending),
    ] {
        let Verdict::Wait { interval: kept, error } = judge(&device, &own(), at(now)) else {
            panic!("{now}");
        };
        assert_eq!((kept, error.code), (Lifetime::from_seconds(interval), code), "{now}");
        device = Device { interval: kept, polled_at: Some(at(now)), ..device };
    }
    let mut writes = 0;
    while let Verdict::Wait { interval, error } = judge(&device, &own(), at(62)) {
        assert_eq!(error.code, ErrorCode::SlowDown);
        device.interval = interval;
        writes += 1;
    }
    assert_eq!((writes, device.interval), (20, LONGEST));
    assert_eq!(error(judge(&device, &own(), at(63))), ErrorCode::SlowDown);
    let answer = Some(DeviceAnswer::Allowed(sample_grant().id));
    let answered = Device { answer, ..device };
    assert_eq!(judge(&answered, &own(), at(63)), Verdict::Redeem(sample_grant().id));
}

#[test]
fn a_device_code_is_read_back_and_anything_else_is_none() {
    let secret = entropy::token(&SeededEntropy::new(2)).unwrap();
    let code = DeviceCodeRequest::write_code(&sample_device(1).id, &secret);
    let read =
        |text: &str| DeviceCodeRequest::read(&params(&format!("device_code={text}"))).unwrap();
    let request = read(code.expose());
    assert_eq!(request.handle(), Some((sample_device(1).id, secret.expose())));
    let longer = format!("{}A", code.expose());
    for text in ["x", ".", "x.y", &longer, &code.expose().replace('.', "-"), secret.expose()] {
        assert!(read(text).handle().is_none(), "{text}");
    }
    let missing = DeviceCodeRequest::read(&params("device_code=")).unwrap_err();
    assert_eq!(missing.code, ErrorCode::InvalidRequest);
}
