//! Public keys as JWKs (RFC 7517): which members are public, what makes a key acceptable, and its thumbprint.
//! Owns the list of public members, so that a private one can neither be published nor accepted from a client.
//! Called by `sign` for our own keys and by `verify` for the keys of clients.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::Algorithm;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::border;
use crate::error::VaultError;

/// An RSA modulus beyond 4096 bits costs more to check than a stranger may ask of us.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The members that define a public key of this algorithm, in lexicographic order (RFC 7638 §3.2, RFC 8037 §2).
const fn required_members(algorithm: Algorithm) -> &'static [&'static str] {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => &["e", "kty", "n"],
        Algorithm::Es256 => &["crv", "kty", "x", "y"],
        Algorithm::EdDsa => &["crv", "kty", "x"],
    }
}

/// The SHA-256 thumbprint of a public key in base64url (RFC 7638 §3), or `None` when a required member is missing.
/// The kind of key decides the members; everything else in the JWK is ignored.
#[must_use]
pub fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let members: &[&str] = match jwk.get("kty")?.as_str()? {
        "RSA" => required_members(Algorithm::Rs256),
        "EC" => required_members(Algorithm::Es256),
        "OKP" => required_members(Algorithm::EdDsa),
        _ => return None,
    };
    // `Value` writes text with the escapes of JSON and nothing else, and `BTreeMap` keeps the order.
    let mut canonical = std::collections::BTreeMap::new();
    for name in members {
        canonical.insert(*name, jwk.get(*name)?.as_str()?);
    }
    let text = serde_json::to_vec(&canonical).ok()?;
    Some(URL_SAFE_NO_PAD.encode(Sha256::digest(text)))
}

/// The public JWK we publish: the defining members, `alg`, `use` and `kid`, nothing else (UI-10).
pub(crate) fn published(
    algorithm: Algorithm,
    raw: &Map<String, Value>,
) -> Result<Map<String, Value>, VaultError> {
    let unusable = VaultError::KeyUnusable(algorithm);
    let mut jwk = Map::new();
    for name in required_members(algorithm) {
        jwk.insert((*name).to_owned(), raw.get(*name).ok_or(unusable)?.clone());
    }
    let kid = thumbprint(&jwk).ok_or(unusable)?;
    jwk.insert("alg".to_owned(), algorithm.as_str().into());
    jwk.insert("use".to_owned(), "sig".into());
    jwk.insert("kid".to_owned(), kid.into());
    Ok(jwk)
}

/// Builds the raw verifier of a public JWK that somebody else made, for an algorithm that we chose.
pub(crate) fn raw_verifier(
    algorithm: Algorithm,
    jwk: &Map<String, Value>,
) -> Result<border::RawVerifier, VaultError> {
    let unusable = VaultError::KeyUnusable(algorithm);
    if !is_acceptable(algorithm, jwk) {
        return Err(unusable);
    }
    let mut checked = Map::new();
    for name in required_members(algorithm) {
        checked.insert((*name).to_owned(), jwk.get(*name).ok_or(unusable)?.clone());
    }
    border::verifier(algorithm, checked).map_err(|border::Failed| unusable)
}

/// Kind, curve, size and declared use fit the algorithm, and nothing private is inside.
fn is_acceptable(algorithm: Algorithm, jwk: &Map<String, Value>) -> bool {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let length =
        |name: &str| text(name).and_then(|t| URL_SAFE_NO_PAD.decode(t).ok()).map(|b| b.len());
    let fits = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => {
            text("kty") == Some("RSA")
                && length("n").is_some_and(|bytes| RSA_MODULUS_BYTES.contains(&bytes))
                && length("e").is_some_and(|bytes| (1..=4).contains(&bytes))
        }
        Algorithm::Es256 => {
            text("kty") == Some("EC")
                && text("crv") == Some("P-256")
                && (length("x"), length("y")) == (Some(32), Some(32))
        }
        Algorithm::EdDsa => {
            text("kty") == Some("OKP") && text("crv") == Some("Ed25519") && length("x") == Some(32)
        }
    };
    fits && is_for_signatures(algorithm, jwk)
        && PRIVATE_MEMBERS.iter().all(|name| !jwk.contains_key(*name))
}

/// `use`, `key_ops` and `alg` may be absent; when present they must allow what we are about to do (RFC 7517 §4.2-4.4).
fn is_for_signatures(algorithm: Algorithm, jwk: &Map<String, Value>) -> bool {
    let may_sign = jwk.get("use").is_none_or(|value| value == "sig");
    let may_verify = jwk.get("key_ops").is_none_or(|value| {
        value.as_array().is_some_and(|operations| operations.iter().any(|one| one == "verify"))
    });
    // RFC 9864 names Ed25519 what RFC 8037 called EdDSA.
    let same_algorithm = jwk.get("alg").is_none_or(|value| {
        value == algorithm.as_str() || (algorithm == Algorithm::EdDsa && value == "Ed25519")
    });
    may_sign && may_verify && same_algorithm
}
