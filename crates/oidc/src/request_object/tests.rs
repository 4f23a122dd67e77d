use serde_json::json;

use super::*;
use crate::samples::client;

fn read(object: &Value) -> Result<Params, &'static str> {
    parameters(object.as_object().unwrap(), &client()).map_err(|error| error.code.as_str())
}

/// J1: what it says of itself is not asked of us, and every other member is a parameter.
#[test]
fn members_become_parameters() {
    let object = json!({
        "iss": "app", "aud": "x", "exp": 1, "nbf": 1, "iat": 1, "jti": "j",
        "client_id": "app", "scope": "openid", "max_age": 300, "claims": {"userinfo": {"name": null}},
        "resource": ["https://a.example", "https://b.example"], "state": null,
    });
    let params = read(&object).unwrap();
    let mut pairs: Vec<_> = params.pairs().collect();
    pairs.sort_unstable();
    assert_eq!(
        pairs,
        [
            ("claims", "{\"userinfo\":{\"name\":null}}"),
            ("client_id", "app"),
            ("max_age", "300"),
            ("resource", "https://a.example"),
            ("resource", "https://b.example"),
            ("scope", "openid"),
        ]
    );
}

/// J2, J4. Seen red with another `client_id` inside, and with nested requests.
#[test]
fn an_object_is_the_clients_own_request_and_nothing_else() {
    for bad in [
        json!({}),
        json!({"client_id": "other"}),
        json!({"client_id": 7}),
        json!({"client_id": "app", "request": "x"}),
        json!({"client_id": "app", "request_uri": null}),
        json!({"client_id": "app", "sub": "app"}),
        json!({"client_id": "app", "state": "\u{0}"}),
    ] {
        assert_eq!(read(&bad), Err("invalid_request_object"), "{bad}");
    }
}

/// J3: FAPI 2.0 Message Signing §5.3.1. Seen red with the dates not looked at.
#[test]
fn a_client_that_keeps_to_fapi_dates_its_objects() {
    let now = Timestamp::from_seconds(1_800_000_000);
    let ago = |minutes| now.minus(Lifetime::from_minutes(minutes));
    let ahead = |minutes| now.plus(Lifetime::from_minutes(minutes));
    for (from, to, fits) in [
        (Some(now), Some(ahead(5)), true),
        (Some(ago(60)), Some(now), true),
        (Some(ago(61)), Some(ahead(1)), false),
        (Some(now), Some(ahead(61)), false),
        (None, Some(ahead(5)), false),
        (Some(now), None, false),
    ] {
        assert_eq!(keeps_to(SecurityProfile::Fapi2, from, to, now), fits, "{from:?} {to:?}");
        assert!(keeps_to(SecurityProfile::Standard, from, to, now));
    }
}
