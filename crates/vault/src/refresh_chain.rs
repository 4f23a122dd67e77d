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
mod tests {
    use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy};

    use super::*;
    use crate::root_key::RootKey;

    fn root(seed: u64) -> RootKey {
        RootKey::generate(&SeededEntropy::new(seed)).unwrap()
    }

    fn grant(seed: u64) -> GrantId {
        GrantId::generate(SAMPLE_NOW, &SeededEntropy::new(seed)).unwrap()
    }

    /// The secret so many generations after the first, and its hash.
    fn after(vault: &Vault, grant: &GrantId, first: &str, steps: u32) -> (String, TokenHash) {
        let mut secret = first.to_owned();
        for generation in 0..steps {
            let link = RefreshLink { grant, generation, secret: &secret };
            let next = vault.refresh_successor(&link).expose().to_owned();
            assert_eq!(next.len(), 43);
            secret = next;
        }
        let hash = vault.hash_refresh(&RefreshLink { grant, generation: steps, secret: &secret });
        (secret, hash)
    }

    #[test]
    fn the_successor_is_the_same_again_and_another_for_everything_else() {
        let vault = Vault::new(&root(1)).unwrap();
        let (one, two) = (grant(1), grant(2));
        let link = RefreshLink { grant: &one, generation: 3, secret: "secret" };
        let next = vault.refresh_successor(&link).expose().to_owned();
        assert_eq!(vault.refresh_successor(&link).expose(), next);
        for other in [
            RefreshLink { grant: &two, ..link },
            RefreshLink { generation: 4, ..link },
            RefreshLink { secret: "secreT", ..link },
        ] {
            assert_ne!(vault.refresh_successor(&other).expose(), next, "{other:?}");
            assert!(!vault.is_refresh(&other, &vault.hash_refresh(&link)), "{other:?}");
        }
        let stranger = Vault::new(&root(2)).unwrap();
        assert_ne!(stranger.refresh_successor(&link).expose(), next);
    }

    /// RT-04: every ancestor is recognised, by its own generation and secret only.
    #[test]
    fn an_old_token_leads_to_the_present_one_and_a_guess_does_not() {
        let vault = Vault::new(&root(1)).unwrap();
        let grant = grant(1);
        let (_, present) = after(&vault, &grant, "first", 5);
        for generation in 0..5 {
            let (secret, _) = after(&vault, &grant, "first", generation);
            let link = RefreshLink { grant: &grant, generation, secret: &secret };
            assert!(vault.refresh_leads_to(&link, 5, &present), "{generation}");
            assert!(!vault.refresh_leads_to(&link, 6, &present), "{generation}");
            let guess = RefreshLink { secret: "guess", ..link };
            assert!(!vault.refresh_leads_to(&guess, 5, &present), "{generation}");
            let lied = RefreshLink { generation: generation + 1, ..link };
            assert!(!vault.refresh_leads_to(&lied, 5, &present), "{generation}");
        }
        let (secret, hash) = after(&vault, &grant, "first", LONGEST_WALK + 1);
        assert_eq!(secret.len(), 43);
        let first = RefreshLink { grant: &grant, generation: 0, secret: "first" };
        assert!(!vault.refresh_leads_to(&first, LONGEST_WALK + 1, &hash), "the walk is bounded");
        let link = RefreshLink { grant: &grant, generation: u32::MAX, secret: "first" };
        assert_eq!(vault.refresh_successor_again(&link, &hash).map(|_| ()), None);
    }

    /// KY-02: tokens outlive the root key they were hashed under for as long as it is kept.
    #[test]
    fn a_replaced_root_key_still_knows_token_and_successor() {
        let before = Vault::new(&root(1)).unwrap();
        let during = Vault::with_previous(&root(2), &[root(1)]).unwrap();
        let grant = grant(1);
        let link = RefreshLink { grant: &grant, generation: 0, secret: "first" };
        assert!(during.is_refresh(&link, &before.hash_refresh(&link)));
        let (next, stored) = after(&before, &grant, "first", 1);
        let again = during.refresh_successor_again(&link, &stored).unwrap();
        assert_eq!(again.expose(), next);
        assert!(during.refresh_leads_to(&link, 1, &stored));
        let after = Vault::new(&root(2)).unwrap();
        assert!(!after.is_refresh(&link, &before.hash_refresh(&link)));
        assert!(after.refresh_successor_again(&link, &stored).is_none());
    }
}
