use std::cell::Cell;

use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy};
use magpie_domain::{ClientSecrets, Lifetime};

use super::*;
use crate::root_key::RootKey;

thread_local! {
    /// Hashes that this thread computed, and the bytes that went into them.
    static WORK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Counts one hash.
pub(super) fn note(bytes: usize) {
    let (hashes, all) = WORK.get();
    WORK.set((hashes + 1, all + bytes));
}

fn work_of(
    vault: &Vault,
    presented: &str,
    stored: Option<&ClientSecrets>,
) -> (bool, (usize, usize)) {
    WORK.set((0, 0));
    let is_right = vault.is_client_secret(presented, stored, SAMPLE_NOW);
    (is_right, WORK.get())
}

/// CA-05: whoever guesses learns nothing from the time. A client that is not there, one without a secret, one whose secret
/// has ended and a guess that is right but for its last letter cost the same hashes over the same bytes, as many as a right
/// secret: one for each root key. What is compared afterwards has 32 bytes and takes constant time
/// (`magpie_domain::TokenHash`). Seen red with nothing hashed for nobody.
#[test]
fn a_client_that_is_not_there_costs_the_same_hashes_as_one_that_is() {
    let root = |seed| RootKey::generate(&SeededEntropy::new(seed)).unwrap();
    for (vault, keys) in [
        (Vault::new(&root(1)).unwrap(), 1),
        (Vault::with_previous(&root(1), &[root(2), root(3)]).unwrap(), 3),
    ] {
        let right = "the-secret-of-the-client-0123456789abcdef-x";
        let almost = "the-secret-of-the-client-0123456789abcdef-y";
        let of = |text| Some(vault.hash_client_secret(text));
        let ended = SAMPLE_NOW.minus(Lifetime::from_seconds(1));
        let moved =
            |until| ClientSecrets { current: of("another"), previous: of(right).zip(Some(until)) };
        let known = ClientSecrets::of(of(right));
        for (presented, stored, expected) in [
            (right, Some(&known), true),
            (almost, Some(&known), false),
            (right, Some(&ClientSecrets::of(of("another"))), false),
            (right, Some(&moved(None)), true),
            (right, Some(&moved(Some(ended))), false),
            (right, Some(&ClientSecrets::of(None)), false),
            (right, None, false),
        ] {
            let work = (keys, keys * right.len());
            assert_eq!(work_of(&vault, presented, stored), (expected, work), "{stored:?}");
        }
    }
}
