use magpie_domain::Lifetime;
use magpie_domain::testing::{SAMPLE_NOW, sample_grant};

use super::*;
use crate::samples::{issuer, subject};

fn token(audience: &[&str]) -> AccessToken {
    AccessToken {
        grant: sample_grant().id,
        scopes: ScopeSet::parse("openid profile"),
        issued: SAMPLE_NOW,
        expires: SAMPLE_NOW.plus(Lifetime::from_hours(1)),
        audience: audience.iter().map(|one| (*one).to_owned()).collect(),
        jkt: Some("thumb".to_owned()),
        holder: Some(ClientId::parse("app").unwrap()),
    }
}

fn claims(token: &AccessToken) -> Map<String, Value> {
    of_person(&PersonTokenFacts {
        issuer: &issuer(),
        token,
        client: &ClientId::parse("app").unwrap(),
        subject: &subject("who"),
        auth_time: SAMPLE_NOW,
        method: "website",
        nonce: "n0nce",
        actor: None,
    })
}

/// E5.
#[test]
fn the_audience_is_the_resource_and_everything_required_is_there() {
    let claims = claims(&token(&["https://api.example"]));
    for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        assert!(claims.contains_key(name), "{name}");
    }
    assert_eq!(claims["aud"], json!("https://api.example"));
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("who"), &json!("app")));
    assert_eq!(claims["scope"], json!("openid profile"));
    assert_eq!(claims["cnf"], json!({ "jkt": "thumb" }));
}

#[test]
fn what_was_written_is_read_back() {
    for audience in [&[][..], &["https://api.example"], &["https://a.example", "https://b.example"]]
    {
        let token = token(audience);
        assert_eq!(read(&issuer(), &claims(&token)), Some(Read::OfPerson(token)));
    }
    let own = ClientToken {
        client: ClientId::parse("service").unwrap(),
        audience: vec!["https://api.example".to_owned()],
        issued: SAMPLE_NOW,
        expires: SAMPLE_NOW.plus(Lifetime::from_hours(1)),
        jkt: None,
    };
    let written = of_client(&issuer(), &own, "n0nce");
    assert_eq!(written["sub"], json!("service"));
    assert_eq!(read(&issuer(), &written), Some(Read::OfClient(own)));
}

/// JW-04, JW-05. Seen red with a missing scope taken for none.
#[test]
fn a_token_that_lacks_or_bends_a_claim_is_not_ours() {
    let whole = claims(&token(&["https://api.example"]));
    for name in ["iss", "aud", "client_id", "iat", "exp", "jti", "scope"] {
        for bent in [None, Some(Value::Null), Some(json!([1])), Some(json!({}))] {
            let mut claims = whole.clone();
            match bent {
                None => claims.remove(name),
                Some(value) => claims.insert(name.to_owned(), value),
            };
            assert_eq!(read(&issuer(), &claims), None, "{name}");
        }
    }
    let other = Issuer::parse("https://other.example").unwrap();
    assert_eq!(read(&other, &whole), None);
}
