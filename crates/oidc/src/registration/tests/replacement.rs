//! What a replacement of a registration may say (RFC 7592 §2.2), and what it cannot undo.

use super::*;

fn replaced(before: &Client, more: Value) -> Result<Client, OAuthError> {
    let metadata = read(&body(more), &rules(), Some(before))?;
    metadata.client(before.id().clone(), *before.secrets())
}

/// Seen red with each taken from the request alone: what an operator had tightened came loose.
#[test]
fn a_replacement_loosens_nothing() {
    let key = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AA" }] });
    let before = registered(json!({
        "scope": "openid profile",
        "jwks": key,
        "subject_type": "pairwise",
        "require_pushed_authorization_requests": true,
        "require_signed_request_object": true,
        "dpop_bound_access_tokens": true,
    }))
    .unwrap();
    let loose = json!({
        "scope": "openid profile offline_access",
        "jwks": key,
        "subject_type": "public",
        "require_pushed_authorization_requests": false,
        "require_signed_request_object": false,
        "dpop_bound_access_tokens": false,
    });
    for more in [loose, json!({ "jwks": key })] {
        let after = replaced(&before, more.clone()).unwrap();
        let kept = |client: &Client| {
            let policy = client.policy();
            (client.scopes(), policy.subject_type, policy.requests, policy.tokens.dpop_bound)
        };
        assert_eq!(kept(&after), kept(&before), "{more}");
    }
    // What it cannot do without its keys it is not let off.
    let without = replaced(&before, json!({})).map_err(|error| error.code);
    assert_eq!(without, Err(ErrorCode::InvalidClientMetadata));
    // It may tighten, and has less from then on.
    let before = registered(json!({})).unwrap();
    let after = replaced(&before, json!({ "scope": "openid", "subject_type": "pairwise" }));
    let after = after.unwrap();
    assert_eq!(after.scopes(), ScopeSet::parse("openid"));
    assert_eq!(after.policy().subject_type, SubjectType::Pairwise);
    assert_eq!(replaced(&after, json!({})).unwrap().scopes(), ScopeSet::parse("openid"));
}

/// RFC 7592 §2.2.
#[test]
fn a_replacement_takes_everything_away_but_what_an_operator_decided() {
    let before = registered(json!({
        "scope": "openid offline_access",
        "initiate_login_uri": "https://app.example/login",
        "grant_types": ["authorization_code", "refresh_token"],
        "contacts": ["ops@app.example"],
    }))
    .unwrap();
    let mut decided = before.to_draft();
    decided.policy.nickname = true;
    decided.policy.consent = ConsentPolicy::Implicit;
    decided.scopes = ScopeSet::parse("openid wechat");
    let decided = Client::new(decided).unwrap();
    assert_eq!(decided.policy().consent, ConsentPolicy::Explicit, "nobody vouches for it");
    let metadata = read(&body(json!({})), &rules(), Some(&decided)).unwrap();
    let after = metadata.client(decided.id().clone(), *decided.secrets()).unwrap();
    let policy = after.policy();
    assert!(policy.nickname && policy.self_registered);
    assert_eq!((&policy.initiate_login_uri, &policy.about), (&None, &ClientAbout::default()));
    assert_eq!(policy.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(after.scopes(), ScopeSet::parse("openid wechat"));
}

/// C6. Seen red with `client_id_issued_at` let through.
#[test]
fn a_replacement_names_its_client_and_nothing_that_only_we_say() {
    let id = ClientId::parse("new").unwrap();
    let may = |more| may_replace(&body(more), &id, |secret| secret == "right");
    assert_eq!(may(json!({ "client_id": "new" })), Ok(()));
    assert_eq!(may(json!({ "client_id": "new", "client_secret": "right" })), Ok(()));
    for more in [
        json!({}),
        json!({ "client_id": "other" }),
        json!({ "client_id": 1 }),
        json!({ "client_id": "new", "client_secret": "wrong" }),
        json!({ "client_id": "new", "client_secret": 1 }),
        json!({ "client_id": "new", "registration_access_token": "x" }),
        json!({ "client_id": "new", "registration_client_uri": null }),
        json!({ "client_id": "new", "client_secret_expires_at": 0 }),
        json!({ "client_id": "new", "client_id_issued_at": 0 }),
    ] {
        let code = may(more.clone()).map_err(|error| error.code);
        assert_eq!(code, Err(ErrorCode::InvalidClientMetadata), "{more}");
    }
}
