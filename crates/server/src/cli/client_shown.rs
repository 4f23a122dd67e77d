//! What an operator sees of a client: everything but its secrets, under the names of the configuration file.

use magpie_domain::{Algorithm, Client, ClientKeys, ClientPolicy, RedirectUri, Timestamp};
use serde_json::{Map, Value, json};

/// Where a client comes from.
pub(super) const fn origin(declared: bool) -> &'static str {
    if declared { "declared" } else { "stored" }
}

/// The client as JSON; a secret never, and what is not set is left out.
pub(super) fn value(client: &Client, declared: bool) -> Value {
    let uris =
        |all: &[RedirectUri]| all.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>();
    let policy = client.policy();
    let previous = client.secrets().previous;
    let mut shown = Map::new();
    let mut put = |values: Vec<(&str, Value)>| {
        let set = values.into_iter().filter(|(_, value)| !value.is_null());
        shown.extend(set.map(|(name, value)| (name.to_owned(), value)));
    };
    put(vec![
        ("client_id", json!(client.id().as_str())),
        ("name", json!(client.name())),
        ("origin", json!(origin(declared))),
        ("public", json!(client.is_public())),
        ("enabled", json!(client.is_enabled())),
        ("has_secret", json!(client.secrets().current.is_some())),
        ("has_previous_secret", json!(previous.is_some())),
        (
            "previous_secret_until",
            json!(previous.and_then(|(_, until)| until).map(Timestamp::as_seconds)),
        ),
        ("redirect_uris", json!(uris(client.redirect_uris()))),
        ("post_logout_redirect_uris", json!(uris(client.post_logout_redirect_uris()))),
        ("scopes", json!(client.scopes().to_string())),
    ]);
    put(behaviour(policy));
    put(metadata(policy));
    Value::Object(shown)
}

fn behaviour(policy: &ClientPolicy) -> Vec<(&'static str, Value)> {
    let methods: Vec<_> = policy.auth_methods.iter().map(|method| method.as_str()).collect();
    let grants: Vec<_> = policy.grant_types.iter().map(|grant| grant.as_str()).collect();
    vec![
        ("application_type", json!(if policy.native { "native" } else { "web" })),
        ("security_profile", json!(policy.profile)),
        ("token_endpoint_auth_methods", json!(methods)),
        ("grant_types", json!(grants)),
        ("require_pkce", json!(policy.require_pkce)),
        ("consent", json!(policy.consent)),
        ("subject_type", json!(policy.subject_type)),
        ("sector_identifier_uri", json!(policy.sector_identifier_uri)),
        ("id_token_claims", json!(policy.id_token_claims)),
        ("email", json!(policy.email)),
        ("nickname", json!(policy.nickname)),
        ("require_auth_time", json!(policy.require_auth_time)),
        ("default_max_age", json!(policy.default_max_age)),
        ("require_pushed_authorization_requests", json!(policy.requests.require_pushed)),
        ("require_signed_request_object", json!(policy.requests.require_signed)),
        ("access_token_format", json!(policy.tokens.format)),
        ("dpop_bound_access_tokens", json!(policy.tokens.dpop_bound)),
        ("resources", json!(policy.tokens.resources)),
    ]
}

fn metadata(policy: &ClientPolicy) -> Vec<(&'static str, Value)> {
    let (jwks, jwks_uri) = match &policy.keys {
        ClientKeys::None => (Value::Null, Value::Null),
        // Public keys; as they were given when they are no JSON after all.
        ClientKeys::Jwks(text) => {
            (serde_json::from_str(text).unwrap_or_else(|_no_json| json!(text)), Value::Null)
        }
        ClientKeys::JwksUri(uri) => (Value::Null, json!(uri)),
    };
    let name = |algorithm: Option<Algorithm>| json!(algorithm.map(Algorithm::as_str));
    let (algorithms, logout, about) = (&policy.algorithms, &policy.logout, &policy.about);
    vec![
        ("jwks", jwks),
        ("jwks_uri", jwks_uri),
        ("token_endpoint_auth_signing_alg", name(algorithms.assertion)),
        ("id_token_signed_response_alg", name(algorithms.id_token)),
        ("userinfo_signed_response_alg", name(algorithms.userinfo)),
        ("authorization_signed_response_alg", name(algorithms.authorization_response)),
        ("introspection_signed_response_alg", name(algorithms.introspection)),
        ("request_object_signing_alg", name(algorithms.request_object)),
        ("backchannel_logout_uri", json!(logout.backchannel_uri)),
        ("backchannel_logout_session_required", json!(logout.backchannel_session_required)),
        ("frontchannel_logout_uri", json!(logout.frontchannel_uri)),
        ("frontchannel_logout_session_required", json!(logout.frontchannel_session_required)),
        ("initiate_login_uri", json!(policy.initiate_login_uri)),
        ("allowed_cors_origins", json!(policy.allowed_cors_origins)),
        ("client_uri", json!(about.home)),
        ("logo_uri", json!(about.logo)),
        ("policy_uri", json!(about.privacy_policy)),
        ("tos_uri", json!(about.terms)),
        ("contacts", json!(about.contacts)),
    ]
}
