//! KY-09 and what surrounds it: a seal opens for its purpose, its row and its root key, and for nothing else.

use magpie_domain::entropy::bytes;
use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy};
use magpie_domain::{Algorithm, ClientSecrets, Entropy, NoEntropy};
use magpie_vault::{
    Purpose, RootKey, SealBroken, SigningKeyMaterial, Vault, VaultError, bound, generate,
};

use crate::{key, vault};

const SECRET: &[u8] = b"a planted AppSecret";

fn row(id: &str) -> Vec<u8> {
    bound(&["channels", id])
}

#[test]
fn what_was_sealed_opens_again_empty_and_large_alike() {
    let (vault, entropy) = (vault(1), SeededEntropy::new(1));
    for plaintext in [&[][..], SECRET, &[7; 100_000]] {
        let sealed = vault.seal(Purpose::AppSecret, &row("a"), plaintext, &entropy).unwrap();
        let opened = vault.unseal(Purpose::AppSecret, &row("a"), &sealed).unwrap();
        assert_eq!(opened.as_slice(), plaintext);
        assert_eq!(sealed.len(), plaintext.len() + 33);
        assert!(plaintext.is_empty() || !sealed.windows(plaintext.len()).any(|w| w == plaintext));
    }
}

#[test]
fn the_same_plaintext_sealed_twice_differs() {
    let (vault, entropy) = (vault(1), SeededEntropy::new(1));
    let seal = || vault.seal(Purpose::AppSecret, &row("a"), SECRET, &entropy).unwrap();
    let (one, two) = (seal(), seal());
    assert_ne!(one[5..17], two[5..17], "the nonce");
    assert_ne!(one[17..], two[17..]);
}

#[test]
fn a_seal_moved_to_another_row_or_purpose_does_not_open() {
    let (vault, entropy) = (vault(1), SeededEntropy::new(1));
    let sealed = vault.seal(Purpose::AppSecret, &row("a"), SECRET, &entropy).unwrap();
    let moved = [row("b"), bound(&["channelsa"]), bound(&["channels", "a", ""]), Vec::new()];
    for context in moved {
        let answer = vault.unseal(Purpose::AppSecret, &context, &sealed);
        assert_eq!(answer.err(), Some(SealBroken::Tampered));
    }
    for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::AppSecret) {
        let answer = vault.unseal(purpose, &row("a"), &sealed);
        assert_eq!(answer.err(), Some(SealBroken::Tampered), "{purpose:?}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (vault, entropy) = (vault(1), SeededEntropy::new(1));
    let sealed = vault.seal(Purpose::AccessToken, &row("a"), SECRET, &entropy).unwrap();
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[position] ^= 1 << bit;
            let expected = match position {
                0 => SealBroken::OtherVersion,
                1..5 => SealBroken::OtherKey,
                _ => SealBroken::Tampered,
            };
            let answer = vault.unseal(Purpose::AccessToken, &row("a"), &changed);
            assert_eq!(answer.err(), Some(expected), "byte {position} bit {bit}");
        }
    }
}

#[test]
fn a_truncated_seal_or_one_of_another_version_is_refused() {
    let (vault, entropy) = (vault(1), SeededEntropy::new(1));
    let sealed = vault.seal(Purpose::AccessToken, &row("a"), SECRET, &entropy).unwrap();
    for length in 0..sealed.len() {
        assert!(vault.unseal(Purpose::AccessToken, &row("a"), &sealed[..length]).is_err());
    }
    for version in [0, 2, 255] {
        let mut old = sealed.clone();
        old[0] = version;
        let answer = vault.unseal(Purpose::AccessToken, &row("a"), &old);
        assert_eq!(answer.err(), Some(SealBroken::OtherVersion));
    }
}

#[test]
fn the_text_form_is_plain_base64url_and_nothing_else_opens() {
    let (vault, entropy) = (vault(1), SeededEntropy::new(1));
    let text = vault.seal_text(Purpose::AttemptCookie, &row("a"), SECRET, &entropy).unwrap();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    let opened = vault.unseal_text(Purpose::AttemptCookie, &row("a"), &text).unwrap();
    assert_eq!(opened.as_slice(), SECRET);
    for bad in [&format!("{text}="), &format!(" {text}"), "ä", ""] {
        let answer = vault.unseal_text(Purpose::AttemptCookie, &row("a"), bad);
        assert_eq!(answer.err(), Some(SealBroken::Malformed), "{bad}");
    }
}

/// KY-02.
#[test]
fn after_the_root_key_was_replaced_old_seals_open_until_the_old_key_is_removed() {
    let entropy = SeededEntropy::new(9);
    let [old, new] = [(), ()].map(|()| RootKey::generate(&entropy).unwrap());
    let before = Vault::new(&old).unwrap();
    let sealed = before.seal(Purpose::AppSecret, &row("a"), SECRET, &entropy).unwrap();
    let stored = ClientSecrets::of(Some(before.hash_client_secret("client secret")));

    let during = Vault::with_previous(&new, &[old]).unwrap();
    assert_eq!(during.unseal(Purpose::AppSecret, &row("a"), &sealed).unwrap().as_slice(), SECRET);
    assert_eq!(during.is_under_former_key(&sealed), Ok(true));
    assert!(during.is_client_secret("client secret", Some(&stored), SAMPLE_NOW));
    let handle = before.hash_handle(Purpose::HandleHash, "handle");
    assert_eq!(during.former_hashes(Purpose::HandleHash, "handle"), [handle]);
    let resealed = during.seal(Purpose::AppSecret, &row("a"), SECRET, &entropy).unwrap();
    assert_eq!(during.is_under_former_key(&resealed), Ok(false));

    let after = Vault::new(&new).unwrap();
    let answer = after.unseal(Purpose::AppSecret, &row("a"), &sealed);
    assert_eq!(answer.err(), Some(SealBroken::OtherKey));
    assert!(after.unseal(Purpose::AppSecret, &row("a"), &resealed).is_ok());
    assert!(!after.is_client_secret("client secret", Some(&stored), SAMPLE_NOW));
}

#[test]
fn a_claim_outcome_opens_with_the_attempts_own_secret_alone() {
    let (house, stranger, entropy) = (vault(1), vault(2), SeededEntropy::new(3));
    let (attempt, other) = (bytes::<32>(&entropy).unwrap(), bytes::<32>(&entropy).unwrap());
    let key = house.claim_key(&attempt);
    let sealed = Vault::seal_with(&key, b"claim 1", SECRET, &entropy).unwrap();
    assert_eq!(Vault::unseal_with(&key, b"claim 1", &sealed).unwrap().as_slice(), SECRET);

    let tampered = Some(SealBroken::Tampered);
    assert_eq!(Vault::unseal_with(&house.claim_key(&other), b"claim 1", &sealed).err(), tampered);
    assert_eq!(
        Vault::unseal_with(&stranger.claim_key(&attempt), b"claim 1", &sealed).err(),
        tampered
    );
    assert_eq!(Vault::unseal_with(&attempt, b"claim 1", &sealed).err(), tampered);
    assert_eq!(Vault::unseal_with(&key, b"claim 2", &sealed).err(), tampered);
    let by_the_vault_alone = house.unseal(Purpose::ClaimOutcome, b"claim 1", &sealed);
    assert_eq!(by_the_vault_alone.err(), Some(SealBroken::OtherKey));
    let by_the_vault = house.seal(Purpose::ClaimOutcome, b"claim 1", SECRET, &entropy).unwrap();
    let answer = Vault::unseal_with(&key, b"claim 1", &by_the_vault);
    assert_eq!(answer.err(), Some(SealBroken::OtherKey));
}

#[test]
fn a_signing_key_survives_its_seal_and_does_not_move_to_another_row() {
    let (house, entropy) = (vault(1), SeededEntropy::new(4));
    for algorithm in Algorithm::ALL {
        let key = key(algorithm);
        let sealed = key.seal(&house, &entropy).unwrap();
        let again = SigningKeyMaterial::unseal(&house, algorithm, key.kid(), &sealed).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());

        let moved = SigningKeyMaterial::unseal(&house, algorithm, "other", &sealed);
        assert_eq!(moved.err(), Some(VaultError::SigningKeySealed));
        let foreign = SigningKeyMaterial::unseal(&vault(2), algorithm, key.kid(), &sealed);
        assert_eq!(foreign.err(), Some(VaultError::SigningKeySealed));
    }
    let rsa = key(Algorithm::Rs256);
    let sealed = rsa.seal(&house, &entropy).unwrap();
    let repurposed = SigningKeyMaterial::unseal(&house, Algorithm::Ps256, rsa.kid(), &sealed);
    assert_eq!(repurposed.err(), Some(VaultError::SigningKeySealed));
}

#[test]
fn nothing_of_a_key_or_a_vault_can_be_printed() {
    let key = key(Algorithm::EdDsa);
    let signer = key.signer().unwrap();
    let printed = format!("{key:?} {signer:?} {:?} {:?}", signer.verifier(), vault(1));
    let expected = format!(
        "SigningKeyMaterial(EdDSA {kid} …) Signer(EdDSA {kid} …) Verifier(EdDSA {kid}) \
         Vault(… and 0 former root keys)",
        kid = key.kid()
    );
    assert_eq!(printed, expected);
}

#[derive(Debug)]
struct Dry;

impl Entropy for Dry {
    fn fill(&self, _buffer: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

/// KY-08.
#[test]
fn without_entropy_nothing_is_sealed_and_no_secret_is_made() {
    let answer = vault(1).seal(Purpose::AppSecret, &row("a"), SECRET, &Dry);
    assert_eq!(answer, Err(VaultError::NoEntropy(NoEntropy)));
    assert!(RootKey::generate(&Dry).is_err());
    assert!(generate::handle(&Dry).is_err());
    assert!(generate::client_secret(&Dry).is_err());
}
