use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{ClientId, Lifetime, TokenHash};

use super::*;
use crate::samples::{client, client_with, issuer, subject};

fn token(audience: &[&str]) -> AccessToken {
    AccessToken {
        grant: sample_grant().id,
        scopes: ScopeSet::parse("openid profile email"),
        issued: SAMPLE_NOW,
        expires: SAMPLE_NOW.plus(Lifetime::from_hours(1)),
        audience: audience.iter().map(|name| (*name).to_owned()).collect(),
        jkt: None,
        holder: None,
    }
}

/// N2, UI-05.
#[test]
fn a_token_is_seen_by_who_holds_it_and_by_whom_it_is_for() {
    let (app, other) = (ClientId::parse("app").unwrap(), ClientId::parse("other").unwrap());
    let api =
        client_with(|policy| policy.tokens.resources = vec!["https://api.example".to_owned()]);
    let sees = |holder, audience: &[&str], caller: &Client| {
        let audience: Vec<_> = audience.iter().map(|name| (*name).to_owned()).collect();
        may_see(holder, &audience, caller)
    };
    assert!(sees(&app, &[], &client()));
    assert!(!sees(&other, &[], &client()));
    assert!(sees(&other, &["https://x.example", "app"], &client()));
    assert!(sees(&other, &["https://api.example"], &api));
    assert!(!sees(&other, &["https://api.example"], &client()));
    assert!(!sees(&other, &["https://api.example/"], &api));
}

/// N3. Seen red with the client left out, and with a time as text.
#[test]
fn a_live_token_is_told_in_registered_members() {
    let (issuer, subject, grant) = (issuer(), subject("somebody"), sample_grant());
    let told = |token: &AccessToken| {
        let holder = (&grant.client_id, &subject);
        Value::Object(LiveToken::access(&issuer, token, &grant, holder).told())
    };
    let plain = json!({
        "active": true, "iss": "https://login.example.com", "client_id": "app", "sub": "somebody",
        "aud": "https://login.example.com", "scope": "openid profile",
        "iat": 1_800_000_000, "exp": 1_800_003_600, "token_type": "Bearer",
    });
    assert_eq!(told(&token(&[])), plain);
    let bound = AccessToken { jkt: Some("thumb".to_owned()), ..token(&["https://api.example"]) };
    let answer = told(&bound);
    assert_eq!((&answer["token_type"], &answer["cnf"]), (&json!("DPoP"), &json!({"jkt": "thumb"})));
    assert_eq!(answer["aud"], "https://api.example");
    assert_eq!(told(&token(&["a", "b"]))["aud"], json!(["a", "b"]));
    let own = ClientToken {
        client: ClientId::parse("app").unwrap(),
        audience: vec!["https://api.example".to_owned()],
        issued: SAMPLE_NOW,
        expires: SAMPLE_NOW.plus(Lifetime::from_hours(1)),
        jkt: None,
    };
    let expected = json!({
        "active": true, "iss": "https://login.example.com", "client_id": "app", "sub": "app",
        "aud": "https://api.example", "iat": 1_800_000_000, "exp": 1_800_003_600,
        "token_type": "Bearer",
    });
    assert_eq!(Value::Object(LiveToken::of_client(&issuer, &own).told()), expected);
    let state = RefreshState {
        hash: TokenHash::from_bytes([1; 32]),
        previous: None,
        generation: 0,
        rotated_at: None,
        retries: 0,
        expires_at: SAMPLE_NOW.plus(Lifetime::from_days(30)),
        ends_at: SAMPLE_NOW.plus(Lifetime::from_days(180)),
    };
    let refresh = LiveToken::refresh(&issuer, &state, &grant, &subject).told();
    assert!(refresh.get("token_type").is_none() && refresh["active"] == json!(true));
    assert_eq!(refresh["exp"], json!(1_800_000_000 + 30 * 86_400));
    assert_eq!(Value::Object(inactive()), json!({"active": false}));
}

#[test]
fn a_signed_answer_is_for_its_caller_and_by_its_algorithm() {
    let claims = signed(&issuer(), &client(), SAMPLE_NOW, inactive());
    let expected = json!({
        "iss": "https://login.example.com", "aud": "app", "iat": 1_800_000_000,
        "token_introspection": {"active": false},
    });
    assert_eq!(Value::Object(claims), expected);
    assert_eq!(algorithm(&client(), Algorithm::Rs256), Algorithm::Rs256);
    let id_tokens = client_with(|policy| policy.algorithms.id_token = Some(Algorithm::Es256));
    assert_eq!(algorithm(&id_tokens, Algorithm::Rs256), Algorithm::Es256);
    let both = client_with(|policy| {
        policy.algorithms.id_token = Some(Algorithm::Es256);
        policy.algorithms.introspection = Some(Algorithm::Ps256);
    });
    assert_eq!(algorithm(&both, Algorithm::Rs256), Algorithm::Ps256);
}

#[test]
fn only_who_names_the_signed_type_gets_it() {
    for accept in [SIGNED, "application/json;q=0.5, Application/Token-Introspection+JWT ; q=1"] {
        assert!(wants_signed(accept), "{accept}");
    }
    for accept in [
        "",
        "*/*",
        "application/json",
        "application/*",
        "application/jwt",
        "application/token-introspection+jwt;q=0",
    ] {
        assert!(!wants_signed(accept), "{accept}");
    }
}
