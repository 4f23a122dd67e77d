//! What a registered client is told of itself (RFC 7591 §3.2.1, RFC 7592 §3): everything as it was registered, which may be
//! less than it said. A secret is told when it is made; afterwards there is only its hash.

use magpie_domain::{
    Algorithm, AuthMethod, Client, ClientKeys, ClientPolicy, GrantType, Issuer, RedirectUri,
    Timestamp,
};
use serde_json::{Map, Value, json};

use crate::paths;

/// What is told besides the client itself.
#[derive(Clone, Copy)]
pub struct RegistrationFacts<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// The algorithm of clients that registered none.
    pub default_algorithm: Algorithm,
    /// When the client registered.
    pub since: Timestamp,
    /// Its `registration_access_token`.
    pub token: &'a str,
    /// Its secret, where we have it in the clear.
    pub secret: Option<&'a str>,
}

/// Token and secret are the client's.
impl std::fmt::Debug for RegistrationFacts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationFacts").field("since", &self.since).finish_non_exhaustive()
    }
}

/// The client information response.
#[must_use]
pub fn document(client: &Client, facts: &RegistrationFacts<'_>) -> Map<String, Value> {
    let policy = client.policy();
    let texts = |uris: &[RedirectUri]| {
        json!(uris.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>())
    };
    let grants: Vec<_> = policy.grant_types.iter().copied().map(GrantType::as_str).collect();
    let method = policy.auth_methods.first().copied().unwrap_or(AuthMethod::None);
    let id_token = policy.algorithms.id_token.unwrap_or(facts.default_algorithm);
    let own = [
        ("client_id", json!(client.id().as_str())),
        ("client_id_issued_at", json!(facts.since.as_seconds())),
        ("client_secret", json!(facts.secret)),
        // Required beside a secret; 0 is never (RFC 7591 §3.2.1).
        ("client_secret_expires_at", json!(facts.secret.map(|_| 0))),
        ("registration_client_uri", json!(facts.issuer.join(&paths::registered(client.id())))),
        ("registration_access_token", json!(facts.token)),
        ("client_name", json!(client.name())),
        ("redirect_uris", texts(client.redirect_uris())),
        ("post_logout_redirect_uris", texts(client.post_logout_redirect_uris())),
        ("response_types", json!(["code"])),
        ("grant_types", json!(grants)),
        ("token_endpoint_auth_method", json!(method.as_str())),
        ("application_type", json!(if policy.native { "native" } else { "web" })),
        ("scope", json!(client.scopes().to_string())),
        ("subject_type", json!(policy.subject_type)),
        ("sector_identifier_uri", json!(policy.sector_identifier_uri)),
        ("require_auth_time", json!(policy.require_auth_time)),
        ("default_max_age", json!(policy.default_max_age)),
        ("require_pushed_authorization_requests", json!(policy.requests.require_pushed)),
        ("require_signed_request_object", json!(policy.requests.require_signed)),
        ("dpop_bound_access_tokens", json!(policy.tokens.dpop_bound)),
    ];
    let mut told = Map::new();
    let all = own.into_iter().chain(metadata(policy));
    let set = all.filter(|(_, value)| {
        !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
    });
    told.extend(set.map(|(name, value)| (name.to_owned(), value)));
    told.insert("id_token_signed_response_alg".to_owned(), json!(id_token.as_str()));
    told
}

/// Keys, algorithms, logout and what may be read of a client, under the registered names; null where there is nothing.
#[must_use]
pub fn metadata(policy: &ClientPolicy) -> Vec<(&'static str, Value)> {
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
        ("client_uri", json!(about.home)),
        ("logo_uri", json!(about.logo)),
        ("policy_uri", json!(about.privacy_policy)),
        ("tos_uri", json!(about.terms)),
        ("contacts", json!(about.contacts)),
    ]
}
