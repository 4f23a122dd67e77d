//! Redeeming a code (RFC 6749 §4.1.3, RFC 7636 §4.6): what the request must repeat and prove.
//! A code is the grant's id and 256 random bits, so that it is found by its key and known by its hash.
//! Whether it is unused, unexpired and this client's is one conditional statement in the store, not here.
//! Every failure is one `invalid_grant`, so that a stolen code teaches nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::{Grant, GrantId, TokenText};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::OAuthError;
use crate::params::Params;
use crate::resource;

/// The length of the secret half of a code: 256 bits in base64url without padding.
const SECRET_LENGTH: usize = 43;

/// The one sentence of a refused code.
const REFUSED: OAuthError =
    OAuthError::invalid_grant("the code, its redirect_uri, its verifier or its key is not valid");

/// A request to redeem a code.
#[derive(Debug, Clone)]
pub struct CodeRequest {
    /// The code as presented; see [`CodeRequest::handle`].
    pub code: TokenText,
    /// The redirect URI as repeated.
    pub redirect_uri: Option<String>,
    /// The PKCE verifier as presented.
    pub code_verifier: Option<TokenText>,
    /// The resources it names, well formed and nothing more (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl CodeRequest {
    /// Reads the fields; shapes are judged later, so that a malformed code is refused like an unknown one.
    ///
    /// # Errors
    /// `invalid_request` when there is no code, `invalid_target` for a malformed resource.
    pub(super) fn read(form: &Params) -> Result<Self, OAuthError> {
        let text = |name| form.get(name).map(str::to_owned);
        let code = text("code").ok_or(OAuthError::invalid_request("code is missing"))?;
        Ok(Self {
            code: TokenText::new(code),
            redirect_uri: text("redirect_uri"),
            code_verifier: text("code_verifier").map(TokenText::new),
            resources: resource::named(form)?,
        })
    }

    /// The grant that the code names and the secret that must hash to what the grant holds; `None` for anything
    /// that is not a code of ours, to be refused with [`CodeRequest::refused`].
    #[must_use]
    pub fn handle(&self) -> Option<(GrantId, &str)> {
        let (id, secret) = self.code.expose().split_once('.')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if secret.len() != SECRET_LENGTH || !secret.bytes().all(plain) {
            return None;
        }
        Some((GrantId::parse(id)?, secret))
    }

    /// Writes the code whose halves [`CodeRequest::handle`] gives back.
    #[must_use]
    pub fn write_code(grant: &GrantId, secret: &TokenText) -> TokenText {
        TokenText::new(format!("{grant}.{}", secret.expose()))
    }

    /// The answer for a code that is malformed, unknown, used, expired or somebody else's: one for all (TK-05).
    #[must_use]
    pub const fn refused() -> OAuthError {
        REFUSED
    }

    /// Whether the request shows a verifier that meets the grant's challenge; false where there is no challenge.
    /// What [`Grant::judge_reuse`] asks for.
    #[must_use]
    pub fn meets_challenge_of(&self, grant: &Grant) -> bool {
        match (&self.code_verifier, &grant.code_challenge) {
            (Some(verifier), Some(challenge)) => meets_challenge(verifier.expose(), challenge),
            (Some(_) | None, Some(_) | None) => false,
        }
    }
}

/// Judges the request against the grant it names. `jkt` is the thumbprint of the key that was proved, if one was.
///
/// # Errors
/// `invalid_grant` when the redirect URI differs or is missing (OIDC Core §3.1.3.2), the verifier is missing,
/// malformed or wrong, there is a verifier although no challenge was sent (RFC 9700 §4.8.2: a downgrade), or the code is
/// bound to another key than the one proved (RFC 9449 §10).
pub fn check(request: &CodeRequest, grant: &Grant, jkt: Option<&str>) -> Result<(), OAuthError> {
    let same_uri = request.redirect_uri.as_deref() == Some(grant.redirect_uri.as_str());
    let proved = match (&request.code_verifier, &grant.code_challenge) {
        (None, None) => true,
        (Some(_), Some(_)) => request.meets_challenge_of(grant),
        (Some(_), None) | (None, Some(_)) => false,
    };
    let bound = grant.dpop_jkt.is_none() || grant.dpop_jkt.as_deref() == jkt;
    if same_uri && proved && bound { Ok(()) } else { Err(REFUSED) }
}

/// Whether the verifier is well formed (43 to 128 unreserved characters, RFC 7636 §4.1) and its SHA-256 is the
/// challenge, compared in constant time.
#[must_use]
pub fn meets_challenge(verifier: &str, challenge: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(plain) {
        return false;
    }
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    hash.as_bytes().ct_eq(challenge.as_bytes()).into()
}

#[cfg(test)]
mod tests;
