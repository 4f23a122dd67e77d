//! What a verified request object says (RFC 9101 §4 and §6, OIDC Core §6.1). Only its own parameters count: what stands
//! around it in the browser's address is anybody's. Its signature, issuer, audience and times are proved before, by
//! `vault` and `flows`; here its members become parameters, which [`crate::authorize::check`] proves like any others.

use magpie_domain::{Algorithm, Client, Lifetime, SecurityProfile, Timestamp};
use serde_json::{Map, Value};

use crate::error::OAuthError;
use crate::params::Params;

/// What `typ` may be, where there is one (RFC 9101 §10.8); older clients write `JWT`.
pub const KINDS: [&str; 2] = ["oauth-authz-req+jwt", "JWT"];

/// How far a client's clock may be from ours, so that `nbf` may be this far ahead.
pub const SKEW: Lifetime = Lifetime::from_seconds(60);

/// Whether the client may sign its request objects with that algorithm: the one it registered, or any of ours; never
/// RS256 under FAPI 2.0 (§5.4).
#[must_use]
pub fn may_use(client: &Client, algorithm: Algorithm) -> bool {
    let policy = client.policy();
    let is_registered = policy.algorithms.request_object.is_none_or(|only| only == algorithm);
    let is_strong = match policy.profile {
        SecurityProfile::Standard => true,
        SecurityProfile::Fapi2 => algorithm != Algorithm::Rs256,
    };
    is_registered && is_strong
}

/// The oldest object, and the longest life of one, of a client that keeps to FAPI (FAPI 2.0 Message Signing §5.3.1).
const OLDEST: Lifetime = Lifetime::from_minutes(60);

/// Members that say something of the object and nothing of the request.
const ABOUT_ITSELF: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// The refusal of an object that is not believed; one for all reasons, so that a forger learns nothing.
pub const REFUSED: OAuthError =
    OAuthError::invalid_request_object("the request object is not a valid one of this client");

/// Whether the times of an object, which hold by themselves, also keep to the client's rule book.
#[must_use]
pub fn keeps_to(
    profile: SecurityProfile,
    not_before: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    match profile {
        SecurityProfile::Standard => true,
        SecurityProfile::Fapi2 => not_before
            .zip(expires_at)
            .is_some_and(|(from, to)| now <= from.plus(OLDEST) && to <= from.plus(OLDEST)),
    }
}

/// The parameters that an object of this client carries.
///
/// # Errors
/// `invalid_request_object` when it is not the client's request, or nests another (RFC 9101 §4), or reads like a
/// client assertion (§10.8).
pub fn parameters(claims: &Map<String, Value>, client: &Client) -> Result<Params, OAuthError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("client_id") != Some(client.id().as_str()) {
        return Err(OAuthError::invalid_request_object("client_id in the request object differs"));
    }
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(OAuthError::invalid_request_object("a request object cannot hold another"));
    }
    if text("sub") == Some(client.id().as_str()) {
        return Err(OAuthError::invalid_request_object("a client assertion is no request object"));
    }
    let members = claims.iter().filter(|(name, _)| !ABOUT_ITSELF.contains(&name.as_str()));
    let pairs = members
        .flat_map(|(name, value)| written(value).into_iter().map(|text| (name.clone(), text)));
    Params::of_pairs(pairs).map_err(|_too_many| REFUSED)
}

/// A member as the parameter would be written: numbers and objects as JSON, a list of texts as one parameter each.
fn written(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![value.to_string()],
        Value::Array(items) => items.iter().flat_map(written).collect(),
    }
}

#[cfg(test)]
mod tests;
