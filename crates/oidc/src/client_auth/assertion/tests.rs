use magpie_domain::{ClientKeys, ClientPolicy};
use serde_json::json;

use super::*;
use crate::samples::{client_with, draft, issuer};

const NOW: Timestamp = Timestamp::from_seconds(1_750_000_000);

fn strict() -> Client {
    let mut draft = draft();
    draft.secrets = magpie_domain::ClientSecrets::default();
    draft.policy = ClientPolicy {
        keys: ClientKeys::Jwks("{}".to_owned()),
        profile: SecurityProfile::Fapi2,
        ..ClientPolicy::default()
    };
    Client::new(draft).unwrap()
}

fn text(claims: &Value) -> String {
    format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// T7: `iss` and `sub` are one, each there once and a text.
#[test]
fn an_assertion_names_one_client() {
    assert_eq!(maker(&text(&json!({ "iss": "app", "sub": "app" }))), ClientId::parse("app"));
    for claims in [
        json!({}),
        json!([]),
        json!("app"),
        json!({ "iss": "app" }),
        json!({ "sub": "app" }),
        json!({ "iss": "app", "sub": "other" }),
        json!({ "iss": "app", "sub": ["app"] }),
        json!({ "iss": null, "sub": null }),
        json!({ "iss": "", "sub": "" }),
        json!({ "iss": "a b", "sub": "a b" }),
    ] {
        assert_eq!(maker(&text(&claims)), None, "{claims}");
    }
    let twice = URL_SAFE_NO_PAD.encode(r#"{"iss":"app","sub":"app","sub":"app"}"#);
    assert_eq!(maker(&format!("e30.{twice}.e30")), None);
    for odd in ["", ".", "..", "e30.!.e30", "e30", "e30.e30.e30"] {
        assert_eq!(maker(odd), None, "{odd}");
    }
    let deep = format!(r#"{{"iss":"app","sub":"app","x":{}}}"#, "[".repeat(10_000));
    assert_eq!(maker(&format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(deep))), None);
    let long = text(&json!({ "iss": "app", "sub": "app", "x": "x".repeat(20_000) }));
    assert_eq!(maker(&long), None);
}

/// CA-10. Seen red without the look at the registered algorithm.
#[test]
fn the_registered_algorithm_is_the_only_one_and_fapi_knows_no_rs256() {
    let any = client_with(|_| {});
    let pinned = client_with(|policy| policy.algorithms.assertion = Some(Algorithm::Es256));
    for algorithm in Algorithm::ALL {
        assert!(may_use(&any, algorithm));
        assert_eq!(may_use(&pinned, algorithm), algorithm == Algorithm::Es256);
        assert_eq!(may_use(&strict(), algorithm), algorithm != Algorithm::Rs256);
    }
}

/// T8 (RFC 9126 §2). Seen red without the address for pushed requests.
#[test]
fn our_endpoints_are_audiences_for_clients_of_the_older_rules_alone() {
    let ours = "https://login.example.com";
    let token = "https://login.example.com/oauth2/token";
    let pushed = "https://login.example.com/oauth2/par";
    assert_eq!(audiences(&client_with(|_| {}), &issuer()), [ours, token, pushed]);
    assert_eq!(audiences(&strict(), &issuer()), [ours]);
}

/// CA-08, T8. Seen red without the look at `sub`.
#[test]
fn subject_jti_end_and_the_form_of_the_audience_are_checked() {
    let ours = "https://login.example.com";
    let claims = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), json!("app"));
        claims.insert("aud".to_owned(), json!(ours));
        claims.insert("jti".to_owned(), json!("one"));
        change(&mut claims);
        claims
    };
    let standard = client_with(|_| {});
    let good = claims(&|_| {});
    let soon = NOW.plus(Lifetime::from_minutes(1));
    assert_eq!(once(&good, &standard, soon, NOW), Some("one"));
    assert_eq!(once(&good, &strict(), soon, NOW), Some("one"));
    let listed = claims(&|claims| drop(claims.insert("aud".to_owned(), json!([ours]))));
    assert_eq!(once(&listed, &standard, soon, NOW), Some("one"));
    assert_eq!(once(&listed, &strict(), soon, NOW), None);
    let last = NOW.plus(LONGEST).plus(SKEW);
    assert_eq!(once(&good, &standard, last, NOW), Some("one"));
    assert_eq!(once(&good, &standard, last.plus(Lifetime::from_seconds(1)), NOW), None);
    for (name, value) in [
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("sub", json!("other")),
        ("sub", json!(["app"])),
        ("sub", Value::Null),
    ] {
        let wrong = claims(&|claims| drop(claims.insert(name.to_owned(), value.clone())));
        assert_eq!(once(&wrong, &standard, soon, NOW), None, "{name} {value}");
        let absent = claims(&|claims| drop(claims.remove(name)));
        assert_eq!(once(&absent, &standard, soon, NOW), None, "{name}");
    }
}
