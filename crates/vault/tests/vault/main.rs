//! What the vault promises, checked from outside: with published vectors, with OpenSSL in place of the library that
//! signs, and with the tokens and seals that an attacker would bring.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

mod claims;
mod forgeries;
mod hashes;
mod keyring;
mod passwords;
mod seals;
mod vectors;

use std::sync::LazyLock;

use magpie_domain::Algorithm;
use magpie_domain::testing::SeededEntropy;
use magpie_vault::{RootKey, Signer, SigningKeyMaterial, Vault};

/// RSA keys are slow to make: one of each kind serves every test.
static KEYS: LazyLock<[SigningKeyMaterial; 4]> = LazyLock::new(|| {
    Algorithm::ALL.map(|algorithm| SigningKeyMaterial::generate(algorithm).unwrap())
});

fn key(algorithm: Algorithm) -> &'static SigningKeyMaterial {
    KEYS.iter().find(|key| key.algorithm() == algorithm).unwrap()
}

fn signer(algorithm: Algorithm) -> Signer {
    key(algorithm).signer().unwrap()
}

fn vault(seed: u64) -> Vault {
    Vault::new(&RootKey::generate(&SeededEntropy::new(seed)).unwrap()).unwrap()
}
