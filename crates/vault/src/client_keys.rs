//! The public keys of one client, ready to check what it signed (RFC 7517 §5, RFC 7523 §3).
//! Parsing a key costs several verifications, so a set is parsed once and kept by the flows.
//! A key that we cannot use is passed over: sets hold keys for encryption and for algorithms of others.

use magpie_domain::Algorithm;
use serde_json::{Map, Value};

use crate::strict_json;
use crate::verify::{Refused, Verifier, peek};

/// Keys of one set that are looked at; a client needs two while it changes them.
const MOST_KEYS: usize = 16;

/// The keys of one client. Each stands once for every algorithm that it may be used with.
#[derive(Debug, Clone)]
pub struct ClientKeySet {
    verifiers: Vec<Verifier>,
}

impl ClientKeySet {
    /// Reads a JWK Set. Of its keys the first sixteen are looked at, and the usable ones kept, so a set may be empty:
    /// that is how a client withdraws its keys. `None` when it is no JWK Set or names a member twice.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let set = strict_json::object(text)?;
        let keys = set.get("keys")?.as_array()?;
        let objects: Vec<_> = keys.iter().map(Value::as_object).collect::<Option<_>>()?;
        let usable = |jwk: &&Map<String, Value>| {
            let jwk = (*jwk).clone();
            Algorithm::ALL
                .into_iter()
                .filter_map(move |one| Verifier::of_public_jwk(one, &jwk).ok())
        };
        Some(Self { verifiers: objects.iter().take(MOST_KEYS).flat_map(usable).collect() })
    }

    pub(crate) const fn of(verifiers: Vec<Verifier>) -> Self {
        Self { verifiers }
    }

    /// Checks a token that the client made and gives its claims. `may` says which algorithms it may use; the token's
    /// `kid` narrows the keys, and keys without one are tried for every token.
    ///
    /// # Errors
    /// [`Refused`]: `OtherAlgorithm` for an algorithm that may not be, `OtherKey` when there is no key for it, else what
    /// the last key said.
    pub fn verify(
        &self,
        compact: &str,
        kinds: &[&str],
        may: impl Fn(Algorithm) -> bool,
    ) -> Result<Map<String, Value>, Refused> {
        let unproven = peek(compact)?;
        let algorithm = unproven.algorithm().filter(|one| may(*one));
        let algorithm = algorithm.ok_or(Refused::OtherAlgorithm)?;
        let named = unproven.kid();
        let fits = |key: &&Verifier| {
            key.algorithm() == algorithm
                && (named.is_none() || key.kid().is_none() || named == key.kid())
        };
        let mut refused = Refused::OtherKey;
        for key in self.verifiers.iter().filter(fits) {
            match key.verify_from_client(compact, kinds) {
                Ok(claims) => return Ok(claims),
                Err(reason) => refused = reason,
            }
        }
        Err(refused)
    }
}
