//! Checking a compact JWS against one key and the one algorithm we hold that key for (RFC 7515 §5.2, RFC 8725 §3.1).
//! A token chooses nothing: not its algorithm, not its key, not its kind. Nested tokens, JSON serializations,
//! detached payloads, JWEs, `crit` and keys or addresses of keys in the header are refused.
//! Whether the claims are true is `claims`' question. Called by flows for our own tokens and for those of clients.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::Algorithm;
use serde_json::{Map, Value};

use crate::border::{self, RawVerifier};
use crate::error::VaultError;
use crate::{jwk, strict_json};

/// The longest compact JWS that is looked at, in bytes.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// Header members that would make the token choose how it is read; `jwk` is allowed in proofs alone (RFC 9449 §4.2).
const STEERING: [&str; 7] = ["crit", "jku", "x5u", "x5c", "zip", "enc", "b64"];

/// Why a token was refused. For logs and tests: a client hears one and the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Longer than [`LONGEST_TOKEN`].
    #[error("longer than a token may be")]
    TooLong,
    /// Not three parts of base64url around two dots.
    #[error("not a compact JWS")]
    NotCompact,
    /// The header is not a JSON object, or names a member twice.
    #[error("the header is not a JSON object with unique members")]
    HeaderUnreadable,
    /// The header carries a key, an address of a key, `crit`, compression or encryption.
    #[error("the header tries to choose how the token is read")]
    HeaderSteers,
    /// `alg` is not the algorithm of the key.
    #[error("another algorithm than the key's")]
    OtherAlgorithm,
    /// `kid` is not the key's, or is missing where it must stand.
    #[error("another key")]
    OtherKey,
    /// `typ` is not the kind of token that was expected.
    #[error("another kind of token")]
    OtherKind,
    /// The signature does not belong to this key and text.
    #[error("the signature does not match")]
    SignatureWrong,
    /// The payload is not a JSON object, or names a member twice.
    #[error("the payload is not a JSON object with unique members")]
    PayloadUnreadable,
}

/// Who made a token decides how much of its header must be exact.
#[derive(Clone, Copy)]
enum Origin<'a> {
    Ours(&'a str),
    Client(&'a [&'a str]),
    Proof(&'a str),
}

/// One public key with the only algorithm it may be used with. Cloning shares it.
#[derive(Clone)]
pub struct Verifier {
    algorithm: Algorithm,
    kid: Option<Arc<str>>,
    raw: Arc<RawVerifier>,
}

impl Verifier {
    /// Takes a public JWK, ours or a client's, and the algorithm that configuration or the registration names.
    /// Parsing a key costs several verifications: keep the verifier.
    ///
    /// # Errors
    /// [`VaultError::KeyUnusable`] when kind, curve, size (RSA 2048 to 4096 bits), `use`, `key_ops` or `alg` do not fit,
    /// or when the JWK has private members.
    pub fn of_public_jwk(
        algorithm: Algorithm,
        jwk: &Map<String, Value>,
    ) -> Result<Self, VaultError> {
        let raw = Arc::new(jwk::raw_verifier(algorithm, jwk)?);
        let kid = jwk.get("kid").and_then(Value::as_str).map(Arc::from);
        Ok(Self { algorithm, kid, raw })
    }

    /// The same key without its name, so that a token may name any.
    pub(crate) fn nameless(&self) -> Self {
        Self { kid: None, ..self.clone() }
    }

    /// The algorithm it insists on.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `kid` of its key, if the key has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Checks a token of ours and gives its claims: `alg`, `kid` and `typ` must be exactly what we write.
    ///
    /// # Errors
    /// [`Refused`], with the first reason found.
    pub fn verify(&self, compact: &str, typ: &str) -> Result<Map<String, Value>, Refused> {
        self.check(compact, Origin::Ours(typ))
    }

    /// Checks a token that a client made (RFC 7523 §3, RFC 9101 §4): `kid` may be absent, and so may `typ`,
    /// which otherwise must be one of `kinds` as a media type (without regard to case or an `application/` in front).
    ///
    /// # Errors
    /// [`Refused`], with the first reason found.
    pub fn verify_from_client(
        &self,
        compact: &str,
        kinds: &[&str],
    ) -> Result<Map<String, Value>, Refused> {
        self.check(compact, Origin::Client(kinds))
    }

    /// Checks a proof of possession that carries its own key (RFC 9449 §4.3): the caller has made this verifier
    /// from the `jwk` in the header, which [`peek`] shows. `typ` must be exact.
    ///
    /// # Errors
    /// [`Refused`], with the first reason found.
    pub fn verify_proof(&self, compact: &str, typ: &str) -> Result<Map<String, Value>, Refused> {
        self.check(compact, Origin::Proof(typ))
    }

    fn check(&self, compact: &str, origin: Origin<'_>) -> Result<Map<String, Value>, Refused> {
        let token = Compact::split(compact)?;
        let header = token.header()?;
        self.check_header(&header, origin)?;
        let signature = decode(token.signature)?;
        border::verify(&**self.raw, token.signed.as_bytes(), &signature)
            .map_err(|border::Failed| Refused::SignatureWrong)?;
        token.claims()
    }

    fn check_header(&self, header: &Map<String, Value>, origin: Origin<'_>) -> Result<(), Refused> {
        refuse_steering(header, matches!(origin, Origin::Proof(_)))?;
        let text = |name: &str| header.get(name).map(Value::as_str);
        if text("alg") != Some(Some(self.algorithm.as_str())) {
            return Err(Refused::OtherAlgorithm);
        }
        let kid_fits = match (origin, text("kid"), self.kid()) {
            (Origin::Ours(_), Some(Some(named)), Some(kid))
            | (Origin::Client(_), Some(Some(named)), Some(kid)) => named == kid,
            (Origin::Ours(_), ..) => false,
            (Origin::Client(_) | Origin::Proof(_), named, _) => named != Some(None),
        };
        let kind_fits = match (origin, text("typ")) {
            (Origin::Ours(kind) | Origin::Proof(kind), typ) => typ == Some(Some(kind)),
            (Origin::Client(_), None) => true,
            (Origin::Client(kinds), Some(Some(typ))) => kinds.iter().any(|k| is_kind(typ, k)),
            (Origin::Client(_), Some(None)) => false,
        };
        match (kid_fits, kind_fits) {
            (false, _) => Err(Refused::OtherKey),
            (true, false) => Err(Refused::OtherKind),
            (true, true) => Ok(()),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({} {})", self.algorithm.as_str(), self.kid().unwrap_or("without kid"))
    }
}

/// What a token says about itself before anything is proved. Use it to find the key, and for nothing else.
pub struct Unproven {
    /// The header's members.
    pub header: Map<String, Value>,
    /// The payload's members.
    pub claims: Map<String, Value>,
}

impl Unproven {
    /// The header's `kid`, if it is text.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// The header's `alg`, if it is one of the four we speak.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse)
    }
}

/// Names of members alone: their values may identify a person.
impl fmt::Debug for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header: Vec<_> = self.header.keys().collect();
        write!(f, "Unproven(header {header:?}, {} claims)", self.claims.len())
    }
}

/// Reads a token without believing it, under the same limits as a verification.
///
/// # Errors
/// [`Refused`] for anything that no verifier would accept on its form alone.
pub fn peek(compact: &str) -> Result<Unproven, Refused> {
    let token = Compact::split(compact)?;
    let header = token.header()?;
    refuse_steering(&header, true)?;
    decode(token.signature)?;
    Ok(Unproven { claims: token.claims()?, header })
}

/// The three parts, still encoded.
struct Compact<'a> {
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Compact<'a> {
    /// Exactly two dots: one is no JWS, four are a JWE.
    fn split(compact: &'a str) -> Result<Self, Refused> {
        if compact.len() > LONGEST_TOKEN {
            return Err(Refused::TooLong);
        }
        let (signed, signature) = compact.rsplit_once('.').ok_or(Refused::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(Refused::NotCompact)?;
        if payload.contains('.') {
            return Err(Refused::NotCompact);
        }
        Ok(Self { signed, header, payload, signature })
    }

    fn header(&self) -> Result<Map<String, Value>, Refused> {
        strict_json::object(&decode(self.header)?).ok_or(Refused::HeaderUnreadable)
    }

    fn claims(&self) -> Result<Map<String, Value>, Refused> {
        strict_json::object(&decode(self.payload)?).ok_or(Refused::PayloadUnreadable)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_quotes_input| Refused::NotCompact)
}

fn refuse_steering(header: &Map<String, Value>, key_allowed: bool) -> Result<(), Refused> {
    let steers = STEERING.iter().any(|name| header.contains_key(*name))
        || (!key_allowed && header.contains_key("jwk"));
    if steers { Err(Refused::HeaderSteers) } else { Ok(()) }
}

/// Compares media types as RFC 7515 §4.1.9 writes them.
fn is_kind(typ: &str, kind: &str) -> bool {
    let bare = |text: &str| text.to_ascii_lowercase().trim_start_matches("application/").to_owned();
    bare(typ) == bare(kind)
}

#[cfg(test)]
mod wycheproof;
