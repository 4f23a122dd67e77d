//! PKCE at the authorization endpoint (RFC 7636 §4.3, RFC 9700 §2.1.1): S256 or nothing.
//! An absent method would mean `plain`, which protects nobody who can read the request, so it is refused too.
//! A client that must use PKCE says so in its policy; public clients always must.

use crate::error::OAuthError;
use crate::params::Params;

/// The length of a SHA-256 hash in base64url without padding.
const CHALLENGE_LENGTH: usize = 43;

/// The challenge, when one was sent; none only where none is required.
///
/// # Errors
/// `invalid_request` for a missing, malformed or `plain` challenge and for a method without a challenge.
pub(super) fn challenge_is_s256(
    params: &Params,
    required: bool,
) -> Result<Option<String>, OAuthError> {
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (Some(challenge), Some("S256")) if is_hash(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => {
            Err(OAuthError::invalid_request("code_challenge is not 43 characters of base64url"))
        }
        (Some(_), Some(_) | None) => {
            Err(OAuthError::invalid_request("code_challenge_method must be S256"))
        }
        (None, Some(_)) => {
            Err(OAuthError::invalid_request("code_challenge_method without code_challenge"))
        }
        (None, None) if required => {
            Err(OAuthError::invalid_request("this client must send a code_challenge"))
        }
        (None, None) => Ok(None),
    }
}

fn is_hash(challenge: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    challenge.len() == CHALLENGE_LENGTH && challenge.bytes().all(plain)
}
