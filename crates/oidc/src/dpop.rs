//! What a proof of possession must say to prove the key for one call (RFC 9449 §4.3), and the nonces that date it.
//! The signature is the vault's question, and that a proof counts once is the store's promise.
//! Every proof repeats a nonce of ours, so its age is measured by our clock alone: a phone whose clock is wrong can
//! sign in, and nobody can stock up on proofs while they hold a key for a moment (§8, §11.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::{Algorithm, Issuer, Lifetime, Timestamp, TokenText};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::error::OAuthError;
use crate::params::Params;

/// What `typ` must be.
pub const TYPE: &str = "dpop+jwt";

/// What a proof may be signed with: no RS256, which FAPI 2.0 §5.4 forbids and no client of DPoP needs.
pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256];

/// How long a nonce is the present one, in seconds. It is good for as long again.
const TERM: i64 = 120;

/// How long a proof must be remembered from now on so that it cannot come again while its nonce is good, on a replica
/// whose clock is behind as well.
pub const REMEMBERED: Lifetime = Lifetime::from_minutes(8);

/// The length of a thumbprint in base64url without padding (RFC 7638 with SHA-256).
const THUMBPRINT_LENGTH: usize = 43;

/// Why a proof does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofRefusal {
    /// It is missing, malformed, forged, or for another call; why, for the developer.
    Invalid(&'static str),
    /// It holds, and repeats no nonce of ours that is still good.
    NonceWanted,
}

impl ProofRefusal {
    /// In the words of the token endpoint (RFC 9449 §5, §8).
    #[must_use]
    pub const fn error(self) -> OAuthError {
        match self {
            Self::Invalid(description) => OAuthError::invalid_dpop_proof(description),
            Self::NonceWanted => OAuthError::use_dpop_nonce(
                "the proof must repeat the nonce of the DPoP-Nonce header",
            ),
        }
    }
}

/// The call that a proof is for.
#[derive(Debug, Clone, Copy)]
pub struct ProvedCall<'a> {
    /// Its method.
    pub method: &'a str,
    /// Ourselves, by whose public address the call went: never the one that a proxy made of it (X7).
    pub issuer: &'a Issuer,
    /// The endpoint below the issuer.
    pub path: &'a str,
    /// The access token that comes along, where one does.
    pub access_token: Option<&'a TokenText>,
}

/// The one `DPoP` header of a call, if there is any (RFC 9449 §4.3 step 1).
///
/// # Errors
/// [`ProofRefusal::Invalid`] for several.
pub fn single(proofs: &[String]) -> Result<Option<&str>, ProofRefusal> {
    match proofs {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _several => Err(ProofRefusal::Invalid("there is more than one DPoP header")),
    }
}

/// Checks the claims of a proof whose signature holds, and gives its `jti`, so that it can be remembered.
/// `iat` must be there and is not measured: the nonce says how old the proof is (§4.3 step 11).
///
/// # Errors
/// [`ProofRefusal`]; a nonce is asked for only when everything else holds.
pub fn check<'a>(
    claims: &'a Map<String, Value>,
    call: &ProvedCall<'_>,
    is_good_nonce: impl FnOnce(&str) -> bool,
) -> Result<&'a str, ProofRefusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let jti = text("jti").filter(|jti| !jti.is_empty());
    let jti = jti.ok_or(ProofRefusal::Invalid("the proof has no jti"))?;
    if text("htm") != Some(call.method) {
        return Err(ProofRefusal::Invalid("the proof is for another method"));
    }
    if !text("htu").is_some_and(|htu| call.issuer.is_address(call.path, htu)) {
        return Err(ProofRefusal::Invalid("the proof is for another address"));
    }
    if !claims.get("iat").is_some_and(Value::is_number) {
        return Err(ProofRefusal::Invalid("the proof has no iat"));
    }
    if call.access_token.is_some_and(|token| text("ath") != Some(&*token_hash(token))) {
        return Err(ProofRefusal::Invalid("the proof is for another access token"));
    }
    if text("nonce").is_some_and(is_good_nonce) { Ok(jti) } else { Err(ProofRefusal::NonceWanted) }
}

/// The hash by which a proof names an access token (RFC 9449 §4.2).
fn token_hash(token: &TokenText) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose()))
}

/// The number of the present term: what the nonce of this moment is made from.
#[must_use]
pub const fn term(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(TERM)
}

/// The terms whose nonces are good now: the present one, the one before, and the next one, which a replica whose clock
/// is a little ahead has handed out.
#[must_use]
pub const fn good_terms(now: Timestamp) -> [i64; 3] {
    let present = term(now);
    [present, present.saturating_sub(1), present.saturating_add(1)]
}

/// The thumbprint in `dpop_jkt`, by which a request names the key its code will be bound to (RFC 9449 §10).
///
/// # Errors
/// `invalid_request` for what is no thumbprint.
pub fn key_of_request(params: &Params) -> Result<Option<String>, OAuthError> {
    let Some(jkt) = params.get("dpop_jkt") else { return Ok(None) };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if jkt.len() == THUMBPRINT_LENGTH && jkt.bytes().all(plain) {
        Ok(Some(jkt.to_owned()))
    } else {
        Err(OAuthError::invalid_request("dpop_jkt is not a SHA-256 thumbprint"))
    }
}

/// The request that is kept when it was pushed together with a proof: its code is bound to that key (RFC 9449 §10.1).
///
/// # Errors
/// `invalid_request` when `dpop_jkt` names another key.
pub fn pushed_with(params: Params, proved: Option<&str>) -> Result<Params, OAuthError> {
    match (params.get("dpop_jkt"), proved) {
        (_, None) => Ok(params),
        (Some(named), Some(proved)) if named == proved => Ok(params),
        (Some(_other), Some(_)) => {
            Err(OAuthError::invalid_request("dpop_jkt names another key than the proof's"))
        }
        (None, Some(proved)) => {
            let pairs = params.pairs().chain([("dpop_jkt", proved)]);
            Ok(Params::of_pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))?)
        }
    }
}

#[cfg(test)]
mod tests;
