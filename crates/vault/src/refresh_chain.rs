//! The chain of a grant's refresh tokens: each one's successor is derived from it, so that a client whose answer was lost
//! gets the very same successor again although no token is stored, only keyed hashes.
//! It runs one way: who holds a token can be told its successors by us alone, and nobody can go back.
//! That an old token leads to the present one proves that it was once real, which is how its reuse is recognised.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::{GrantId, TokenHash, TokenText};

use crate::derive::{DerivedKeys, Vault};
use crate::hash::hash_under;
use crate::root_key::Purpose;

/// The longest way from an old token to the present one that is walked: an hourly rotation for longer than the usual
/// absolute lifetime of 180 days. Some milliseconds of work, which only a client that named itself can ask for.
const LONGEST_WALK: u32 = 5_000;

/// One refresh token of a grant.
#[derive(Clone, Copy)]
pub struct RefreshLink<'a> {
    /// The grant, so that no token of one grant can pass for one of another.
    pub grant: &'a GrantId,
    /// How many tokens were before it.
    pub generation: u32,
    /// Its secret part, 256 bits as text.
    pub secret: &'a str,
}

impl RefreshLink<'_> {
    /// What is hashed. The kind is part of it, so that no other handle can pass for a refresh token (TK-14).
    fn text(&self) -> String {
        format!("refresh:{}.{}.{}", self.grant, self.generation, self.secret)
    }

    fn hash(&self, keys: &DerivedKeys) -> TokenHash {
        TokenHash::from_bytes(hash_under(keys, Purpose::HandleHash, self.text().as_bytes()))
    }

    fn successor(&self, keys: &DerivedKeys) -> String {
        let bytes = hash_under(keys, Purpose::RefreshSuccessor, self.text().as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl std::fmt::Debug for RefreshLink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshLink")
            .field("grant", self.grant)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// The keyed hash that is stored for the token.
    #[must_use]
    pub fn hash_refresh(&self, link: &RefreshLink<'_>) -> TokenHash {
        link.hash(&self.current)
    }

    /// Whether that is the token of the stored hash, under the current or a former root key.
    #[must_use]
    pub fn is_refresh(&self, link: &RefreshLink<'_>, stored: &TokenHash) -> bool {
        self.all_keys().fold(false, |found, keys| found | (link.hash(keys) == *stored))
    }

    /// The secret of the token that follows.
    #[must_use]
    pub fn refresh_successor(&self, link: &RefreshLink<'_>) -> TokenText {
        TokenText::new(link.successor(&self.current))
    }

    /// The secret of the token that followed and whose hash is stored; `None` when another one did.
    #[must_use]
    pub fn refresh_successor_again(
        &self,
        link: &RefreshLink<'_>,
        stored: &TokenHash,
    ) -> Option<TokenText> {
        let generation = link.generation.checked_add(1)?;
        self.all_keys().find_map(|keys| {
            let secret = link.successor(keys);
            let next = RefreshLink { grant: link.grant, generation, secret: &secret };
            self.is_refresh(&next, stored).then(|| TokenText::new(secret))
        })
    }

    /// Whether the token was followed, later if not at once, by the one of that generation whose hash is stored. Tokens from
    /// before the root key was replaced, or from more than 5000 rotations ago, are not recognised: they are merely nothing.
    #[must_use]
    pub fn refresh_leads_to(
        &self,
        link: &RefreshLink<'_>,
        generation: u32,
        stored: &TokenHash,
    ) -> bool {
        let steps = generation.saturating_sub(link.generation);
        if steps == 0 || steps > LONGEST_WALK {
            return false;
        }
        self.all_keys().any(|keys| {
            let mut secret = link.secret.to_owned();
            for generation in link.generation..generation {
                secret =
                    RefreshLink { grant: link.grant, generation, secret: &secret }.successor(keys);
            }
            RefreshLink { grant: link.grant, generation, secret: &secret }.hash(keys) == *stored
        })
    }
}

#[cfg(test)]
mod tests;
