use magpie_domain::{ConsentPolicy, TokenHash};
use serde_json::json;

use super::*;
use crate::error::ErrorCode;
use crate::samples::issuer;

mod replacement;

const OURS: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::Es256];

fn rules() -> RegistrationRules<'static> {
    RegistrationRules {
        algorithms: &OURS,
        default_algorithm: Algorithm::Rs256,
        email: false,
        development: false,
    }
}

/// The least, with these members laid over it.
fn body(more: Value) -> Map<String, Value> {
    let mut body = json!({ "redirect_uris": ["https://app.example/cb"] });
    let all = body.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    all.clone()
}

fn registered_by(rules: &RegistrationRules<'_>, more: Value) -> Result<Client, OAuthError> {
    let metadata = read(&body(more), rules, None)?;
    let hash = metadata.needs_secret().then(|| TokenHash::from_bytes([7; 32]));
    metadata.client(ClientId::parse("new").unwrap(), ClientSecrets::of(hash))
}

fn registered(more: Value) -> Result<Client, OAuthError> {
    registered_by(&rules(), more)
}

#[track_caller]
fn refused(more: Value, code: ErrorCode) {
    let shown = more.to_string();
    assert_eq!(registered(more).map_err(|error| error.code), Err(code), "{shown}");
}

fn told(client: &Client) -> Value {
    Value::Object(document(
        client,
        &RegistrationFacts {
            issuer: &issuer(),
            default_algorithm: Algorithm::Rs256,
            since: magpie_domain::testing::SAMPLE_NOW,
            token: "the-token",
            secret: client.secrets().current.map(|_| "the-secret"),
        },
    ))
}

/// C2, C3, C5: the least that can be said gets the defaults of the specifications, and nobody vouches for it. Seen red
/// with `client_secret_expires_at` and `registration_client_uri` left out in turn.
#[test]
fn the_defaults_are_those_of_the_specifications() {
    let client = registered(json!({ "client_name": null, "unknown": { "a": 1 } })).unwrap();
    let expected = json!({
        "client_id": "new",
        "client_id_issued_at": magpie_domain::testing::SAMPLE_NOW.as_seconds(),
        "client_secret": "the-secret",
        "client_secret_expires_at": 0,
        "registration_client_uri": "https://login.example.com/oauth2/register/new",
        "registration_access_token": "the-token",
        "client_name": "app.example",
        "redirect_uris": ["https://app.example/cb"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "application_type": "web",
        "scope": "openid profile offline_access",
        "subject_type": "public",
        "require_auth_time": false,
        "require_pushed_authorization_requests": false,
        "require_signed_request_object": false,
        "dpop_bound_access_tokens": false,
        "id_token_signed_response_alg": "RS256",
        "backchannel_logout_session_required": false,
        "frontchannel_logout_session_required": false,
    });
    assert_eq!(told(&client), expected);
    let policy = client.policy();
    assert_eq!((policy.consent, policy.self_registered), (ConsentPolicy::Explicit, true));
}

/// C1: what was said comes back as it was said. Seen red with `contacts` left out.
#[test]
fn every_member_that_counts_comes_back() {
    let said = json!({
        "client_name": "应用",
        "client_name#en": "The application",
        "redirect_uris": ["https://app.example/cb", "https://app.example/cb?a=1"],
        "post_logout_redirect_uris": ["https://app.example/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256",
        "jwks": { "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AA" }] },
        "scope": "openid profile",
        "application_type": "web",
        "subject_type": "pairwise",
        "sector_identifier_uri": "https://app.example/sector",
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "RS256",
        "authorization_signed_response_alg": "ES256",
        "introspection_signed_response_alg": "ES256",
        "request_object_signing_alg": "EdDSA",
        "require_auth_time": true,
        "default_max_age": 3600,
        "require_pushed_authorization_requests": true,
        "require_signed_request_object": true,
        "dpop_bound_access_tokens": true,
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://app.example/front",
        "frontchannel_logout_session_required": true,
        "initiate_login_uri": "https://app.example/login",
        "client_uri": "https://app.example/",
        "logo_uri": "https://app.example/logo.png",
        "policy_uri": "https://app.example/policy",
        "tos_uri": "https://app.example/tos",
        "contacts": ["ops@app.example"],
    });
    let answer = told(&registered(said.clone()).unwrap());
    for (name, value) in said.as_object().unwrap() {
        if !name.contains('#') {
            assert_eq!(answer.get(name), Some(value), "{name}");
        }
    }
    // Without a secret nothing is said of its end.
    assert!(answer.get("client_secret").is_none());
    assert!(answer.get("client_secret_expires_at").is_none());
}

/// C4. Seen red with the scheme not looked at.
#[test]
fn redirect_uris_of_the_web_are_https_and_those_of_a_program_its_own() {
    let native = |uri: &str| json!({ "application_type": "native", "redirect_uris": [uri] });
    for uri in [
        "https://app.example/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:80/cb",
        "http://localhost/cb",
        "com.example.app:/cb",
    ] {
        assert!(registered(native(uri)).is_ok(), "{uri}");
    }
    for uri in ["http://app.example/cb", "http://app.test/cb", "app:/cb", "javascript:x.y"] {
        refused(native(uri), ErrorCode::InvalidRedirectUri);
    }
    for uri in [
        "https://app.example/cb#fragment",
        "http://app.example/cb",
        "http://127.0.0.1/cb",
        "http://app.test/cb",
        "com.example.app:/cb",
        "https://*.example/cb",
        "https://u:p@app.example/cb",
        "/cb",
        "",
    ] {
        refused(json!({ "redirect_uris": [uri] }), ErrorCode::InvalidRedirectUri);
        let after = json!({ "post_logout_redirect_uris": [uri] });
        refused(after, ErrorCode::InvalidClientMetadata);
    }
    let twice = json!(["https://a.example/cb", "https://a.example/cb"]);
    for uris in [json!(null), json!([]), json!("https://a.example/cb"), json!([1]), twice] {
        refused(json!({ "redirect_uris": uris }), ErrorCode::InvalidRedirectUri);
    }
}

/// C4, C5: what cannot be is refused and not made to fit. Seen red with any response type taken.
#[test]
fn contradictions_and_what_we_do_not_do_are_refused() {
    let key = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AA" }] });
    for more in [
        json!({ "response_types": ["code", "id_token"] }),
        json!({ "response_types": ["id_token"] }),
        json!({ "response_types": [] }),
        json!({ "response_types": "code" }),
        json!({ "grant_types": ["implicit"] }),
        json!({ "grant_types": ["authorization_code", "implicit"] }),
        json!({ "grant_types": ["refresh_token"] }),
        json!({ "grant_types": ["authorization_code", "client_credentials"] }),
        json!({ "grant_types": ["authorization_code", "authorization_code"] }),
        json!({ "grant_types": [] }),
        json!({ "id_token_signed_response_alg": "none" }),
        json!({ "id_token_signed_response_alg": "HS256" }),
        json!({ "id_token_signed_response_alg": "PS256" }),
        json!({ "userinfo_signed_response_alg": "none" }),
        json!({ "authorization_signed_response_alg": "HS512" }),
        json!({ "introspection_signed_response_alg": "EdDSA" }),
        json!({ "request_object_signing_alg": "none" }),
        json!({ "token_endpoint_auth_signing_alg": "HS256" }),
        json!({ "id_token_encrypted_response_alg": "RSA-OAEP" }),
        json!({ "request_object_encryption_alg": "RSA-OAEP" }),
        json!({ "tls_client_certificate_bound_access_tokens": true }),
        json!({ "token_endpoint_auth_method": "client_secret_jwt" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "jwks": key, "jwks_uri": "https://app.example/jwks" }),
        json!({ "jwks": { "keys": [{ "kty": "OKP", "x": "AA", "d": "AA" }] } }),
        json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AA" }] } }),
        json!({ "jwks": [] }),
        json!({ "jwks_uri": "http://127.0.0.1/jwks" }),
    ] {
        refused(more, ErrorCode::InvalidClientMetadata);
    }
    refused(json!({ "software_statement": "a.b.c" }), ErrorCode::InvalidSoftwareStatement);
}

/// C4, C8: addresses, names and types.
#[test]
fn addresses_of_others_names_that_mislead_and_wrong_types_are_refused() {
    for more in [
        json!({ "backchannel_logout_uri": "http://app.example/x" }),
        json!({ "sector_identifier_uri": "http://app.example/x" }),
        json!({ "initiate_login_uri": "http://app.example/x" }),
        json!({ "initiate_login_uri": "com.example.app:/x" }),
        json!({ "client_uri": "http://app.example/x" }),
        json!({ "logo_uri": "data:image/png;base64,AA" }),
        json!({ "policy_uri": "javascript:alert(1)" }),
        json!({ "tos_uri": "http://app.example/x" }),
        json!({ "frontchannel_logout_uri": "https://other.example/x" }),
        json!({ "subject_type": "private" }),
        json!({ "application_type": "mobile" }),
        json!({ "scope": "profile" }),
        json!({ "scope": ["openid"] }),
        json!({ "require_auth_time": "true" }),
        json!({ "default_max_age": -1 }),
        json!({ "default_max_age": "60" }),
        json!({ "contacts": "ops@app.example" }),
        json!({ "contacts": [1] }),
        json!({ "client_name": " " }),
        json!({ "client_name": 1 }),
        json!({ "client_name": "a\u{7}" }),
        json!({ "client_name": "a\u{202e}b" }),
        json!({ "client_name": "n".repeat(101) }),
        json!({ "require_signed_request_object": true }),
        json!({ "token_endpoint_auth_method": "none", "require_pushed_authorization_requests": true }),
        json!({
            "subject_type": "pairwise",
            "redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
        }),
    ] {
        refused(more, ErrorCode::InvalidClientMetadata);
    }
}

#[test]
fn applications_run_beside_the_server_in_development_and_nowhere_else() {
    let development = RegistrationRules { development: true, ..rules() };
    for name in ["jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"] {
        let more = json!({ name: "http://127.0.0.1:9/x" });
        assert!(registered_by(&development, more.clone()).is_ok(), "{name}");
        refused(more, ErrorCode::InvalidClientMetadata);
    }
    for name in ["initiate_login_uri", "logo_uri", "client_uri", "policy_uri", "tos_uri"] {
        let more = json!({ name: "http://127.0.0.1:9/x" });
        let answer = registered_by(&development, more).map_err(|error| error.code);
        assert_eq!(answer, Err(ErrorCode::InvalidClientMetadata), "{name}");
    }
}

/// The default is RS256 where it is to be had (OIDC Registration §2), whatever the issuer prefers.
#[test]
fn id_tokens_are_rs256_unless_there_is_none() {
    let prefers = RegistrationRules { default_algorithm: Algorithm::Es256, ..rules() };
    let client = registered_by(&prefers, json!({})).unwrap();
    assert_eq!(client.policy().algorithms.id_token, Some(Algorithm::Rs256));
    let only = RegistrationRules { algorithms: &[Algorithm::Es256], ..prefers };
    assert_eq!(registered_by(&only, json!({})).unwrap().policy().algorithms.id_token, None);
}

/// Neither openid and unionid nor a grant without a person can be had by asking. Seen red with the scope `wechat` open.
#[test]
fn an_application_cannot_give_itself_what_an_operator_gives() {
    let asked = json!({
        "scope": "openid profile email wechat groups unknown",
        "consent": "implicit",
        "access_token_format": "jwt",
        "resources": ["https://api.example"],
        "id_token_claims": "fat",
        "nickname": true,
    });
    let client = registered(asked.clone()).unwrap();
    assert_eq!(client.scopes(), ScopeSet::parse("openid profile"));
    let policy = client.policy();
    assert_eq!(policy.consent, ConsentPolicy::Explicit);
    assert_eq!(policy.tokens, TokenRules::default());
    assert!(!policy.nickname && policy.email == EmailPolicy::None);
    let with_email = RegistrationRules { email: true, ..rules() };
    let client = registered_by(&with_email, asked).unwrap();
    assert_eq!(client.scopes(), ScopeSet::parse("openid profile email"));
    assert_eq!(client.policy().email, EmailPolicy::Synthetic);
}

#[test]
fn a_token_is_taken_from_the_header_alone_and_has_an_end() {
    assert_eq!(presented(Some("Bearer abc")), Some("abc"));
    assert_eq!(presented(Some("bearer abc")), Some("abc"));
    let long = format!("Bearer {}", "a".repeat(4097));
    for header in [None, Some("Bearer "), Some("Basic abc"), Some("abc"), Some(&*long)] {
        assert_eq!(presented(header), None, "{header:?}");
    }
}
