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

/// RT-04: every ancestor is recognised, by its own generation and secret only. Seen red with older tokens not
/// recognised.
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
