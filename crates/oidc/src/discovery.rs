//! What the issuer says of itself, in both well-known documents (OIDC Discovery §3, RFC 8414 §2).
//! Everything is spelled out, since the defaults of absent members describe another kind of provider
//! (implicit grant, `request_uri`), and nothing is announced that this version does not do.

use magpie_domain::{
    Algorithm, AuthMethod, GrantType, Issuer, Locale, ResponseMode, Scope, ScopeSet,
};
use serde_json::{Map, Value, json};

use crate::claims::{self, ACR};
use crate::dpop;
use crate::grant::SERVED;
use crate::paths;

/// What differs between installations.
#[derive(Debug, Clone, Copy)]
pub struct DiscoveryFacts<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// The algorithms of the live signing keys.
    pub algorithms: &'a [Algorithm],
    /// The scopes that some client can be granted here.
    pub scopes: ScopeSet,
    /// Whether applications can register themselves.
    pub registration: bool,
}

/// The metadata, the same for both well-known addresses.
#[must_use]
pub fn document(facts: &DiscoveryFacts<'_>) -> Map<String, Value> {
    let mut document = Map::new();
    let url = |path| json!(facts.issuer.join(path));
    for (name, value) in [
        ("issuer", json!(facts.issuer.as_str())),
        ("authorization_endpoint", url(paths::AUTHORIZE)),
        ("token_endpoint", url(paths::TOKEN)),
        ("userinfo_endpoint", url(paths::USERINFO)),
        ("revocation_endpoint", url(paths::REVOKE)),
        ("introspection_endpoint", url(paths::INTROSPECT)),
        ("device_authorization_endpoint", url(paths::DEVICE_AUTHORIZATION)),
        ("jwks_uri", url(paths::JWKS)),
        ("end_session_endpoint", url(paths::LOGOUT)),
        ("backchannel_logout_supported", json!(true)),
        ("backchannel_logout_session_supported", json!(true)),
        ("frontchannel_logout_supported", json!(true)),
        ("frontchannel_logout_session_supported", json!(true)),
        ("pushed_authorization_request_endpoint", url(paths::PUSHED)),
        ("require_pushed_authorization_requests", json!(false)),
        ("request_parameter_supported", json!(true)),
        ("request_uri_parameter_supported", json!(false)),
        ("require_request_uri_registration", json!(false)),
        ("claims_parameter_supported", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
    ] {
        document.insert(name.to_owned(), value);
    }
    put_registration(&mut document, facts);
    put_choices(&mut document, facts);
    document
}

/// What a client may choose from.
fn put_choices(document: &mut Map<String, Value>, facts: &DiscoveryFacts<'_>) {
    let all = Algorithm::ALL.map(Algorithm::as_str).to_vec();
    let methods = AuthMethod::ALL.map(AuthMethod::as_str).to_vec();
    // RFC 7662 §2.1: who asks about tokens has to prove itself.
    let proving = AuthMethod::ALL.into_iter().filter(|method| *method != AuthMethod::None);
    for (name, values) in [
        ("response_types_supported", vec!["code"]),
        ("response_modes_supported", modes()),
        ("grant_types_supported", SERVED.map(GrantType::as_str).to_vec()),
        ("subject_types_supported", vec!["public", "pairwise"]),
        ("id_token_signing_alg_values_supported", algorithms(facts)),
        ("userinfo_signing_alg_values_supported", algorithms(facts)),
        ("authorization_signing_alg_values_supported", algorithms(facts)),
        ("request_object_signing_alg_values_supported", all.clone()),
        ("token_endpoint_auth_methods_supported", methods.clone()),
        ("token_endpoint_auth_signing_alg_values_supported", all.clone()),
        ("revocation_endpoint_auth_methods_supported", methods),
        ("revocation_endpoint_auth_signing_alg_values_supported", all.clone()),
        (
            "introspection_endpoint_auth_methods_supported",
            proving.map(AuthMethod::as_str).collect(),
        ),
        ("introspection_endpoint_auth_signing_alg_values_supported", all),
        ("introspection_signing_alg_values_supported", algorithms(facts)),
        ("code_challenge_methods_supported", vec!["S256"]),
        ("dpop_signing_alg_values_supported", dpop::ALGORITHMS.map(Algorithm::as_str).to_vec()),
        ("prompt_values_supported", vec!["none", "login", "consent", "select_account"]),
        ("scopes_supported", scopes(facts).map(Scope::as_str).collect()),
        ("claims_supported", scopes(facts).flat_map(claims::of_scope).copied().collect()),
        ("claim_types_supported", vec!["normal"]),
        ("acr_values_supported", vec![ACR]),
        ("ui_locales_supported", Locale::ALL.map(Locale::tag).to_vec()),
    ] {
        put_list(document, name, values);
    }
}

/// Announced only where an application can be registered (RFC 7591 §3).
fn put_registration(document: &mut Map<String, Value>, facts: &DiscoveryFacts<'_>) {
    if facts.registration {
        let endpoint = json!(facts.issuer.join(paths::REGISTER));
        document.insert("registration_endpoint".to_owned(), endpoint);
    }
}

/// `jwt` is `query.jwt` for the code flow (JARM §2.3.4), and both names are sent.
fn modes() -> Vec<&'static str> {
    use ResponseMode::{FormPost, FormPostJwt, Query, QueryJwt};
    let mut names = [Query, FormPost, QueryJwt, FormPostJwt].map(ResponseMode::as_str).to_vec();
    names.push("jwt");
    names
}

/// An empty array says nothing and fails schemas, so it is left out (protocol D6).
fn put_list(document: &mut Map<String, Value>, name: &str, values: Vec<&str>) {
    if !values.is_empty() {
        document.insert(name.to_owned(), json!(values));
    }
}

fn algorithms(facts: &DiscoveryFacts<'_>) -> Vec<&'static str> {
    let is_live = |algorithm: &Algorithm| facts.algorithms.contains(algorithm);
    Algorithm::ALL.into_iter().filter(is_live).map(Algorithm::as_str).collect()
}

fn scopes(facts: &DiscoveryFacts<'_>) -> impl Iterator<Item = Scope> {
    facts.scopes.iter()
}

#[cfg(test)]
mod tests;
