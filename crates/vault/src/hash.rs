//! Keyed hashes of what machines made: handles, client secrets, and whatever stands for a person in a log.
//! HMAC-SHA-256 suffices because the inputs carry 256 bits of chance; what a human chose goes to `password` instead.
//! A stolen database without the root key tells nobody whether a guessed value is in it.

use std::fmt;

use hmac::Mac as _;
use magpie_domain::{ClientSecrets, Timestamp, TokenHash};

use crate::derive::{DerivedKeys, Vault};
use crate::root_key::Purpose;

/// Stands for an identifier in a log: the same value always gives the same 16 hexadecimal digits,
/// and nobody without the root key can go back or confirm a guess (law 9).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The 16 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Vault {
    /// The keyed hash of a handle, which rows hold in its place. Compare with `==`: [`TokenHash`] takes constant time.
    #[must_use]
    pub fn hash_handle(&self, purpose: Purpose, handle: &str) -> TokenHash {
        TokenHash::from_bytes(self.keyed_hash(purpose, handle.as_bytes()))
    }

    /// The hashes a handle would have been stored under before the root key was replaced; empty when it never was.
    #[must_use]
    pub fn former_hashes(&self, purpose: Purpose, handle: &str) -> Vec<TokenHash> {
        let hash = |keys| TokenHash::from_bytes(hash_under(keys, purpose, handle.as_bytes()));
        self.previous.iter().map(hash).collect()
    }

    /// The keyed hash that is stored for a generated client secret.
    #[must_use]
    pub fn hash_client_secret(&self, secret: &str) -> TokenHash {
        self.hash_handle(Purpose::ClientSecret, secret)
    }

    /// Whether a presented client secret is a live one of those stored, under the current or a former root key.
    /// `None` (no such client, or one without a secret) takes the same work and is always false (CA-05).
    #[must_use]
    pub fn is_client_secret(
        &self,
        presented: &str,
        stored: Option<&ClientSecrets>,
        now: Timestamp,
    ) -> bool {
        let nobody = TokenHash::from_bytes([0; 32]);
        let nobodys = ClientSecrets { current: Some(nobody), previous: Some((nobody, Some(now))) };
        let known = stored.filter(|secrets| secrets.current.is_some());
        let mut matches = false;
        for keys in self.all_keys() {
            let hash = hash_under(keys, Purpose::ClientSecret, presented.as_bytes());
            matches |= known.unwrap_or(&nobodys).accept(&TokenHash::from_bytes(hash), now);
        }
        matches & known.is_some()
    }

    /// Thirty-two bytes that only we can compute from `input`, different for each purpose:
    /// derived and pairwise subjects, user names, form tokens. Stable as long as the root key is.
    #[must_use]
    pub fn keyed_hash(&self, purpose: Purpose, input: &[u8]) -> [u8; 32] {
        hash_under(&self.current, purpose, input)
    }

    /// The first 16 bytes of [`Vault::keyed_hash`], the size a subject is made from.
    #[must_use]
    pub fn keyed_hash_128(&self, purpose: Purpose, input: &[u8]) -> [u8; 16] {
        let mut half = [0_u8; 16];
        for (to, from) in half.iter_mut().zip(self.keyed_hash(purpose, input)) {
            *to = from;
        }
        half
    }

    /// A short keyed hash to put into a log in place of `identifier`.
    #[must_use]
    pub fn fingerprint(&self, identifier: &str) -> Fingerprint {
        let hash = self.keyed_hash_128(Purpose::Fingerprint, identifier.as_bytes());
        Fingerprint(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

pub(crate) fn hash_under(keys: &DerivedKeys, purpose: Purpose, input: &[u8]) -> [u8; 32] {
    #[cfg(test)]
    tests::note(input.len());
    let mut mac = keys.of(purpose).mac.clone();
    mac.update(input);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
