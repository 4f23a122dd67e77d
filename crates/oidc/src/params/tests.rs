use proptest::prelude::*;

use super::*;
use crate::encoding::query;

#[test]
fn what_two_decoders_could_read_differently_is_refused() {
    for (text, expected) in [
        (&b"a=%zz"[..], ParamsRefused::Escape),
        (b"a=%", ParamsRefused::Escape),
        (b"a=%4", ParamsRefused::Escape),
        (b"%g0=a", ParamsRefused::Escape),
        (b"a=%%41", ParamsRefused::Escape),
        (b"a=%FF", ParamsRefused::NotUtf8),
        (b"a=\xFF", ParamsRefused::NotUtf8),
        (b"a=%C0%80", ParamsRefused::NotUtf8),
        (b"a=%ED%A0%80", ParamsRefused::NotUtf8),
        (b"a=%00", ParamsRefused::Nul),
        (b"a%00b=c", ParamsRefused::Nul),
        (b"a=\0", ParamsRefused::Nul),
    ] {
        assert_eq!(Params::from_form(text), Err(expected), "{text:?}");
    }
}

#[test]
fn pairs_are_decoded_once_and_kept_in_order() {
    let params = Params::from_query("b=a%2Bb+c%2526&a&&=x&b=%E9%B9%8A=1").unwrap();
    let pairs: Vec<_> = params.pairs().collect();
    assert_eq!(pairs, [("b", "a+b c%26"), ("a", ""), ("", "x"), ("b", "鹊=1")]);
}

/// RFC 6749 §3.1.
#[test]
fn an_empty_value_is_an_absent_one_and_repetition_is_seen_even_then() {
    let params =
        Params::from_query("scope=&state=&state=x&resource=a&resource=b&audience=&audience=")
            .unwrap();
    assert_eq!(params.get("scope"), None);
    assert!(params.is_sent("scope") && !params.is_sent("nonce"));
    assert_eq!(params.get("state"), Some("x"));
    assert!(params.is_repeated("state") && !params.is_repeated("scope"));
    assert_eq!(params.first_repeated(), Some("state"));
    let allowed = Params::from_query("resource=a&resource=b&audience=&audience=").unwrap();
    assert_eq!(allowed.first_repeated(), None);
    assert_eq!(Params::from_query("x=&x=").unwrap().first_repeated(), Some("x"));
}

#[test]
fn two_hundred_pairs_are_read_and_no_more() {
    assert_eq!(Params::from_query(&"a=1&".repeat(200)).unwrap().pairs().count(), 200);
    assert_eq!(Params::from_query(&"a=1&".repeat(201)), Err(ParamsRefused::TooMany));
}

#[test]
fn no_value_can_be_printed() {
    let params = Params::from_query("client_secret=s3cr3t-planted&s3cr3t-planted=1").unwrap();
    assert!(!format!("{params:?}").contains("s3cr3t"));
}

proptest! {
    #[test]
    fn reading_never_fails_otherwise_than_by_refusing(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(params) = Params::from_form(&body) {
            prop_assert!(params.pairs().all(|(name, value)| !name.contains('\0') && !value.contains('\0')));
        }
    }

    #[test]
    fn what_is_written_is_read_back(pairs in proptest::collection::vec(("[^\0]{0,12}", "[^\0]{0,12}"), 1..8)) {
        let text = query(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let read = Params::from_query(&text).unwrap();
        let expected: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        prop_assert_eq!(read.pairs().collect::<Vec<_>>(), expected);
    }
}
