//! JW-04, CA-09: each claim in turn absent, null, of the wrong type, empty, out of range.

use magpie_domain::{Lifetime, Timestamp};
use magpie_vault::claims::{ClaimRefused, Expected, Presence, check};
use serde_json::{Map, Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

const EXPECTED: Expected<'static> = Expected {
    issuer: "https://login.example.com",
    audiences: &["https://login.example.com", "https://login.example.com/oauth2/token"],
    expiry: Presence::Required,
    not_before: Presence::Optional,
    issued_at: Presence::Required,
    skew: Lifetime::from_seconds(10),
};

fn good() -> Map<String, Value> {
    let claims = json!({
        "iss": "https://login.example.com", "aud": "https://login.example.com",
        "exp": 1_800_000_060, "nbf": 1_799_999_990, "iat": 1_799_999_990
    });
    claims.as_object().unwrap().clone()
}

fn with(name: &str, value: Value) -> Result<(), ClaimRefused> {
    let mut claims = good();
    claims.insert(name.to_owned(), value);
    check(&claims, &EXPECTED, NOW).map(|_| ())
}

#[test]
fn good_claims_give_their_times() {
    let times = check(&good(), &EXPECTED, NOW).unwrap();
    assert_eq!(times.expires_at, Some(Timestamp::from_seconds(1_800_000_060)));
    assert_eq!(times.issued_at, Some(Timestamp::from_seconds(1_799_999_990)));
}

/// JW-04. Seen red with an absent time taken for a valid one.
#[test]
fn an_absent_claim_is_not_a_valid_one() {
    for name in ["iss", "aud", "exp", "iat"] {
        let mut claims = good();
        claims.remove(name);
        assert_eq!(check(&claims, &EXPECTED, NOW), Err(ClaimRefused::Missing(name)));
    }
    let mut claims = good();
    claims.remove("nbf");
    assert!(check(&claims, &EXPECTED, NOW).is_ok());
}

/// B5, JW-04, CA-09. Seen red with texts read as numbers, with fractions cut off, with times of any age, and with such a
/// time taken for an absent one.
#[test]
fn a_time_that_is_no_whole_second_of_our_age_is_malformed_even_where_it_is_optional() {
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!(null),
            json!("1800000060"),
            json!([1_800_000_060]),
            json!({}),
            json!(true),
            json!(1e300),
            json!(1_800_000_060.5),
            json!(-1),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1_800_000_060_000_i64),
        ] {
            assert_eq!(with(name, value.clone()), Err(ClaimRefused::Malformed(name)), "{value}");
        }
    }
}

#[test]
fn times_hold_to_the_second_with_the_skew_on_our_side() {
    for (name, seconds, expected) in [
        ("exp", -9, Ok(())),
        ("exp", -10, Err(ClaimRefused::Expired)),
        ("nbf", 10, Ok(())),
        ("nbf", 11, Err(ClaimRefused::NotYet)),
        ("iat", 10, Ok(())),
        ("iat", 11, Err(ClaimRefused::FromTheFuture)),
    ] {
        let value = json!(NOW.as_seconds() + seconds);
        assert_eq!(with(name, value), expected, "{name} {seconds}");
    }
}

#[test]
fn another_issuer_is_refused_byte_for_byte() {
    for issuer in ["https://login.example.com/", "https://LOGIN.example.com", ""] {
        assert_eq!(with("iss", json!(issuer)), Err(ClaimRefused::OtherIssuer));
    }
    for issuer in [json!(null), json!(["https://login.example.com"])] {
        assert_eq!(with("iss", issuer), Err(ClaimRefused::Malformed("iss")));
    }
}

#[test]
fn the_audience_must_name_us_and_be_well_formed() {
    let malformed = Err(ClaimRefused::Malformed("aud"));
    for (audience, expected) in [
        (json!("https://login.example.com/oauth2/token"), Ok(())),
        (json!(["https://other.example", "https://login.example.com"]), Ok(())),
        (json!("https://other.example"), Err(ClaimRefused::OtherAudience)),
        (json!(["https://other.example"]), Err(ClaimRefused::OtherAudience)),
        (json!([]), malformed),
        (json!(""), malformed),
        (json!(null), malformed),
        (json!(7), malformed),
        (json!({"https://login.example.com": true}), malformed),
        (json!(["https://login.example.com", null]), malformed),
        (json!([["https://login.example.com"]]), malformed),
    ] {
        assert_eq!(with("aud", audience.clone()), expected, "{audience}");
    }
}

#[test]
fn a_hint_may_have_expired_but_not_be_malformed() {
    let hint = Expected { expiry: Presence::FormOnly, ..EXPECTED };
    let much_later = NOW.plus(Lifetime::from_days(100));
    assert!(check(&good(), &hint, much_later).is_ok());
    assert_eq!(check(&good(), &EXPECTED, much_later), Err(ClaimRefused::Expired));
    let mut claims = good();
    claims.insert("exp".to_owned(), json!("soon"));
    assert_eq!(check(&claims, &hint, NOW), Err(ClaimRefused::Malformed("exp")));
}
