//! Keyed hashes: different for each purpose and root key, and no help to whoever guesses.

use std::collections::BTreeSet;

use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy};
use magpie_domain::{ClientSecrets, TokenHash};
use magpie_vault::{Purpose, generate};

use crate::vault;

#[test]
fn one_handle_has_another_hash_for_each_purpose_and_root_key() {
    let mut seen = BTreeSet::new();
    for seed in [1, 2] {
        for purpose in Purpose::ALL {
            let hash = vault(seed).hash_handle(purpose, "handle");
            assert!(seen.insert(hash.as_bytes().to_vec()), "{purpose:?}");
        }
    }
    let again = vault(1).hash_handle(Purpose::HandleHash, "handle");
    assert_eq!(again, vault(1).hash_handle(Purpose::HandleHash, "handle"));
    assert_ne!(again, vault(1).hash_handle(Purpose::HandleHash, "handlf"));
}

/// CA-02, CA-05.
#[test]
fn a_client_secret_is_recognized_whole_and_nobodys_secret_never() {
    let vault = vault(1);
    let secret = generate::client_secret(&SeededEntropy::new(2)).unwrap();
    let secret = secret.expose();
    let stored = ClientSecrets::of(Some(vault.hash_client_secret(secret)));
    assert!(vault.is_client_secret(secret, Some(&stored), SAMPLE_NOW));
    let short = secret.get(..42).unwrap();
    for wrong in ["", short, &format!("{secret}A"), &secret.to_lowercase(), "é"] {
        assert!(!vault.is_client_secret(wrong, Some(&stored), SAMPLE_NOW), "{wrong}");
    }
    assert!(!vault.is_client_secret(secret, None, SAMPLE_NOW));
    assert!(!vault.is_client_secret("", None, SAMPLE_NOW));
    let nobodys = ClientSecrets::of(Some(TokenHash::from_bytes([0; 32])));
    assert!(!vault.is_client_secret(secret, Some(&nobodys), SAMPLE_NOW));
}

#[test]
fn a_derived_subject_is_stable_and_the_first_half_of_the_hash() {
    let whole = vault(1).keyed_hash(Purpose::DerivedSubject, b"wx1 openid");
    let half = vault(1).keyed_hash_128(Purpose::DerivedSubject, b"wx1 openid");
    assert_eq!(half, whole[..16]);
    assert_ne!(half, vault(1).keyed_hash_128(Purpose::PairwiseSubject, b"wx1 openid"));
}

#[test]
fn a_fingerprint_is_sixteen_digits_that_hide_what_they_stand_for() {
    let print = vault(1).fingerprint("oABCD-openid");
    assert_eq!(print.as_str().len(), 16);
    assert!(print.to_string().bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(print, vault(1).fingerprint("oABCD-openid"));
    assert_ne!(print, vault(2).fingerprint("oABCD-openid"));
}

#[test]
fn a_client_secret_is_43_plain_characters_that_no_shell_takes_for_an_option() {
    let entropy = SeededEntropy::new(5);
    for _ in 0..500 {
        let secret = generate::client_secret(&entropy).unwrap();
        assert_eq!(secret.expose().len(), 43);
        assert!(!secret.expose().starts_with('-'));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        assert!(secret.expose().bytes().all(plain));
    }
}
