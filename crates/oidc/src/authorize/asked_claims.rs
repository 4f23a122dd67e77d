//! The `claims` parameter (OIDC Core §5.5). This version does not offer it, so wishes in it are ignored;
//! what is not JSON is refused, and a `sub` asked for by value is kept, since issuing for somebody else
//! would break the one promise in it that is about security.

use magpie_domain::Subject;
use serde_json::Value;

use crate::error::OAuthError;
use crate::params::Params;

/// The longest `claims`, in bytes.
const LONGEST: usize = 4096;

/// The person whom `claims` asks for by `id_token.sub.value`, if it does.
///
/// # Errors
/// `invalid_request` when the parameter is too long, not a JSON object, or asks for what cannot be a subject.
pub(super) fn subject(params: &Params) -> Result<Option<Subject>, OAuthError> {
    let Some(text) = params.get("claims") else {
        return Ok(None);
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
    let Some(value) = claims.pointer("/id_token/sub/value") else {
        return Ok(None);
    };
    let subject = value.as_str().and_then(Subject::parse);
    subject.map(Some).ok_or(OAuthError::invalid_request("claims asks for an impossible sub"))
}

/// Writes the parameter that [`subject`] reads.
pub(super) fn for_subject(subject: &Subject) -> String {
    serde_json::json!({ "id_token": { "sub": { "value": subject.as_str() } } }).to_string()
}
