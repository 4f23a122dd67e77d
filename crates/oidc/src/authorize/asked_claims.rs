//! The `claims` parameter (OIDC Core §5.5): claims named one by one, for the ID token or for userinfo.
//! What is not JSON is refused; wishes for claims that nobody knows, or that the client may never have, are ignored.
//! Two wishes are demands: a `sub` by value, and an essential `acr` by value, since issuing for somebody else or after
//! a weaker login would break a promise about security (§5.5.1.1).

use magpie_domain::{AskedClaims, AuthorizationRequest, Client, Scope, ScopeSet, Subject};
use serde_json::{Map, Value};

use crate::claims::{ACR, of_scope, scopes_of};
use crate::error::OAuthError;
use crate::params::Params;

/// The longest `claims`, in bytes.
const LONGEST: usize = 4096;

/// What the parameter comes to.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// The person asked for by `id_token.sub.value`.
    pub(super) subject: Option<Subject>,
    /// The known claims that this client may have.
    pub(super) claims: AskedClaims,
}

/// Reads the parameter.
///
/// # Errors
/// `invalid_request` when it is too long, not a JSON object, or asks for what cannot be a subject;
/// `unmet_authentication_requirements` when it insists on an authentication that is not WeChat's.
pub(super) fn wishes(params: &Params, client: &Client) -> Result<Wishes, OAuthError> {
    let Some(text) = params.get("claims") else {
        return Ok(Wishes::default());
    };
    if text.len() > LONGEST {
        return Err(OAuthError::invalid_request("claims is longer than 4096 bytes"));
    }
    // serde_json stops at 128 levels, so a deep document is refused and never overflows the stack.
    let claims: Value = serde_json::from_str(text)
        .map_err(|_malformed| OAuthError::invalid_request("claims is not JSON"))?;
    if !claims.is_object() {
        return Err(OAuthError::invalid_request("claims is not a JSON object"));
    }
    acr_can_be_met(&claims)?;
    let named = |place| named_in(&claims, place, client.scopes());
    let asked = AskedClaims { id_token: named("id_token"), userinfo: named("userinfo") };
    Ok(Wishes { subject: subject(&claims)?, claims: asked })
}

fn subject(claims: &Value) -> Result<Option<Subject>, OAuthError> {
    let Some(value) = claims.pointer("/id_token/sub/value") else {
        return Ok(None);
    };
    let subject = value.as_str().and_then(Subject::parse);
    subject.map(Some).ok_or(OAuthError::invalid_request("claims asks for an impossible sub"))
}

/// OIDC Core §5.5.1.1: an essential `acr` by value that cannot be had is a failed authentication.
fn acr_can_be_met(claims: &Value) -> Result<(), OAuthError> {
    let at = |name: &str| claims.pointer(&format!("/id_token/acr/{name}"));
    let is_essential = at("essential") == Some(&Value::Bool(true));
    let is_ours = |value: &Value| value.as_str() == Some(ACR);
    let one = at("value").is_none_or(is_ours);
    let among = at("values")
        .is_none_or(|values| values.as_array().is_some_and(|values| values.iter().any(is_ours)));
    if is_essential && !(one && among) {
        return Err(OAuthError::unmet_authentication_requirements(
            "people sign in with WeChat, and with no other acr",
        ));
    }
    Ok(())
}

/// The claims of a place that we know and that some scope of the client covers, in our order.
fn named_in(claims: &Value, place: &str, allowed: ScopeSet) -> Vec<String> {
    let Some(wished) = claims.get(place).and_then(Value::as_object) else {
        return Vec::new();
    };
    let is_wish =
        |claim: &&&str| wished.get(**claim).is_some_and(|how| how.is_null() || how.is_object());
    let personal = allowed.iter().filter(|scope| *scope != Scope::OpenId);
    personal.flat_map(of_scope).filter(is_wish).map(|claim| (*claim).to_owned()).collect()
}

/// Everything that would go out: what the person is asked about, and what facts are fetched for. A claim named alone is
/// asked about as the scope that it belongs to, since that is what people are told in words.
#[must_use]
pub fn scopes_to_agree(request: &AuthorizationRequest) -> ScopeSet {
    let asked = &request.asked_claims;
    request.scopes.union(scopes_of(&asked.id_token)).union(scopes_of(&asked.userinfo))
}

/// Writes the parameter that [`wishes`] reads; nothing where there is nothing to ask.
pub(super) fn write(request: &AuthorizationRequest) -> Option<String> {
    let named = |names: &[String]| -> Map<String, Value> {
        names.iter().map(|name| (name.clone(), Value::Null)).collect()
    };
    let mut id_token = named(&request.asked_claims.id_token);
    if let Some(subject) = &request.hinted_subject {
        id_token.insert("sub".to_owned(), serde_json::json!({ "value": subject.as_str() }));
    }
    let userinfo = named(&request.asked_claims.userinfo);
    let mut claims = Map::new();
    for (place, names) in [("id_token", id_token), ("userinfo", userinfo)] {
        if !names.is_empty() {
            claims.insert(place.to_owned(), Value::Object(names));
        }
    }
    (!claims.is_empty()).then(|| Value::Object(claims).to_string())
}
