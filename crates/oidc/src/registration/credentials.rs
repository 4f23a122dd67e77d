//! How an application proves itself and signs: its method, its keys, its algorithms, and what we do not do.

use magpie_domain::{Algorithm, AuthMethod, ClientAlgorithms, ClientKeys, ClientPolicy};
use serde_json::Value;

use super::members::{Member, Members, member};
use super::{RegistrationRules, addresses};
use crate::error::OAuthError;

/// How the client proves itself, and with which keys.
pub(super) fn authentication(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
    policy: ClientPolicy,
) -> Result<ClientPolicy, OAuthError> {
    let member = member!(
        "token_endpoint_auth_method",
        "client_secret_basic, client_secret_post, private_key_jwt or none"
    );
    let method = members.word(member, AuthMethod::parse)?;
    let uri = member!("jwks_uri", "an https URL");
    let uri = addresses::called(members, rules, uri)?;
    let keys = match (members.get("jwks"), uri) {
        (None, None) => ClientKeys::None,
        (None, Some(uri)) => ClientKeys::JwksUri(uri),
        (Some(set), None) if is_public_key_set(set) => ClientKeys::Jwks(set.to_string()),
        (Some(_), None) => {
            let wrong = "jwks must be a JWK Set with public keys and no others";
            return Err(OAuthError::invalid_client_metadata(wrong));
        }
        (Some(_), Some(_)) => {
            return Err(OAuthError::invalid_client_metadata(
                "jwks and jwks_uri exclude each other",
            ));
        }
    };
    Ok(ClientPolicy {
        auth_methods: vec![method.unwrap_or(AuthMethod::ClientSecretBasic)],
        keys,
        algorithms: algorithms(members, rules)?,
        ..policy
    })
}

/// The algorithms. Ours must be among those that we sign with, those of the client among those that we know; `none` and the
/// symmetric ones are in neither list.
fn algorithms(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
) -> Result<ClientAlgorithms, OAuthError> {
    let known =
        |text: &str| Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == text);
    let ours = |member: Member| {
        members.word(member, |text| known(text).filter(|found| rules.algorithms.contains(found)))
    };
    let theirs = |member: Member| members.word(member, known);
    let id_token =
        ours(member!("id_token_signed_response_alg", "one that this server signs with"))?;
    // The default of the specification where it is to be had, whatever the issuer prefers.
    let usual = (rules.default_algorithm != Algorithm::Rs256
        && rules.algorithms.contains(&Algorithm::Rs256))
    .then_some(Algorithm::Rs256);
    Ok(ClientAlgorithms {
        id_token: id_token.or(usual),
        userinfo: ours(member!("userinfo_signed_response_alg", "one that this server signs with"))?,
        authorization_response: ours(member!(
            "authorization_signed_response_alg",
            "one that this server signs with"
        ))?,
        introspection: ours(member!(
            "introspection_signed_response_alg",
            "one that this server signs with"
        ))?,
        assertion: theirs(member!(
            "token_endpoint_auth_signing_alg",
            "RS256, PS256, ES256 or EdDSA"
        ))?,
        request_object: theirs(member!(
            "request_object_signing_alg",
            "RS256, PS256, ES256 or EdDSA"
        ))?,
    })
}

/// A JWK Set whose keys are all public ones: a private key that is sent to somebody else must not pass.
#[must_use]
pub fn is_public_key_set(set: &Value) -> bool {
    let Some(keys) = set.get("keys").and_then(Value::as_array) else { return false };
    let is_public = |key: &Value| {
        key.get("kty").is_some_and(Value::is_string)
            && ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
                .iter()
                .all(|member| key.get(*member).is_none())
    };
    !keys.is_empty() && keys.iter().all(is_public)
}

/// We encrypt nothing for clients. One that asks for it would take what comes in the clear for a fault, or worse, not.
pub(super) fn nothing_is_encrypted(members: Members<'_>) -> Result<(), OAuthError> {
    let asked = [
        "id_token_encrypted_response_alg",
        "userinfo_encrypted_response_alg",
        "authorization_encrypted_response_alg",
        "introspection_encrypted_response_alg",
        "request_object_encryption_alg",
    ];
    if asked.iter().any(|name| members.get(name).is_some()) {
        return Err(OAuthError::invalid_client_metadata("encryption is not supported"));
    }
    let certificates = member!("tls_client_certificate_bound_access_tokens", "false");
    match members.flag(certificates)? {
        Some(true) => Err(certificates.wrong),
        _ => Ok(()),
    }
}
