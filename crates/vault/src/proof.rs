//! Proofs of possession that carry their own key (RFC 9449 §4.2): whoever signed the proof has the key in its header,
//! and nothing more is known of them. The key's thumbprint is what tokens are bound to.
//! Whether the claims fit the call is a question of the rules, not of this room.

use magpie_domain::Algorithm;
use serde_json::{Map, Value};

use crate::jwk::thumbprint;
use crate::verify::{Refused, Verifier, peek};

/// A proof whose signature holds.
#[derive(Clone)]
pub struct Proof {
    /// Its claims, unchecked.
    pub claims: Map<String, Value>,
    /// The SHA-256 thumbprint of its key in base64url (RFC 7638), 43 characters.
    pub jkt: String,
}

/// The key alone: claims name addresses and tokens.
impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").field("jkt", &self.jkt).finish_non_exhaustive()
    }
}

/// Checks a proof with the key that it carries. `typ` must be exact, and `may` says which algorithms are accepted.
///
/// # Errors
/// [`Refused`]: `OtherAlgorithm` for an algorithm that may not be, `OtherKey` for a key that is missing, private or does
/// not fit the algorithm, else as [`Verifier::verify_proof`].
pub fn verify(compact: &str, typ: &str, may: impl Fn(Algorithm) -> bool) -> Result<Proof, Refused> {
    let unproven = peek(compact)?;
    let algorithm = unproven.algorithm().filter(|one| may(*one)).ok_or(Refused::OtherAlgorithm)?;
    let jwk = unproven.header.get("jwk").and_then(Value::as_object).ok_or(Refused::OtherKey)?;
    let verifier = Verifier::of_public_jwk(algorithm, jwk).map_err(|_unfit| Refused::OtherKey)?;
    let claims = verifier.verify_proof(compact, typ)?;
    let jkt = thumbprint(jwk).ok_or(Refused::OtherKey)?;
    Ok(Proof { claims, jkt })
}
