//! Sealing: AES-256-GCM under the key of a purpose, bound to the row or context it belongs to.
//! A sealed value that is moved to another purpose, row or installation does not open (KY-09).
//! Callers are flows (cookies, access tokens, claim outcomes) and whoever keeps a secret at rest.
//!
//! Form: version (1 byte), key id (4), nonce (12), ciphertext, tag (16); version and key id are authenticated too.
//! Nonces are random, so one root key should not seal more than 2³² values for one purpose
//! (NIST SP 800-38D §8.3): a hundred a second for more than a year.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use magpie_domain::Entropy;
use magpie_domain::entropy::bytes;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use crate::derive::{KeyId, Vault};
use crate::error::VaultError;
use crate::root_key::Purpose;

const VERSION: u8 = 1;
/// The key id of values sealed with a key the vault does not keep.
const NO_KEY_ID: KeyId = [0; 4];
const TAG: usize = 16;

/// Why a sealed value did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealBroken {
    /// Too short, or not base64url.
    #[error("not a sealed value")]
    Malformed,
    /// Sealed in a form this version does not read.
    #[error("sealed in an unknown form")]
    OtherVersion,
    /// Sealed under a root key that is not configured.
    #[error("sealed under another root key")]
    OtherKey,
    /// Changed, moved to another row, or sealed for another purpose: the cipher cannot tell which.
    #[error("the seal is broken")]
    Tampered,
}

/// Joins the parts of a context so that no two lists of parts give the same bytes.
/// Use it for what a value is bound to, such as `bound(&["channels", id])`.
#[must_use]
pub fn bound(parts: &[&str]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        joined.extend_from_slice(part.as_bytes());
    }
    joined
}

impl Vault {
    /// Seals `plaintext` for `purpose`, bound to `bound_to` (row, context; see [`bound`]), which must be given again to open.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] without a nonce, [`VaultError::Sealing`] when the cipher fails.
    pub fn seal(
        &self,
        purpose: Purpose,
        bound_to: &[u8],
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let keys = &self.current;
        let sealing = Sealing { key: &keys.of(purpose).cipher, key_id: keys.id, bound_to };
        sealing.seal(plaintext, entropy)
    }

    /// Opens what [`Vault::seal`] made, under the current or a former root key. The plaintext is wiped when dropped.
    ///
    /// # Errors
    /// [`SealBroken`] when it was not sealed by us for this purpose and this context.
    pub fn unseal(
        &self,
        purpose: Purpose,
        bound_to: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let key_id = Parts::read(sealed)?.key_id;
        let keys = self.all_keys().find(|keys| keys.id == key_id).ok_or(SealBroken::OtherKey)?;
        Sealing { key: &keys.of(purpose).cipher, key_id, bound_to }.unseal(sealed)
    }

    /// [`Vault::seal`] as base64url text, for cookies and tokens.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_text(
        &self,
        purpose: Purpose,
        bound_to: &[u8],
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<String, VaultError> {
        self.seal(purpose, bound_to, plaintext, entropy)
            .map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Vault::seal_text`] made.
    ///
    /// # Errors
    /// As [`Vault::unseal`]; text that is not base64url is [`SealBroken::Malformed`].
    pub fn unseal_text(
        &self,
        purpose: Purpose,
        bound_to: &[u8],
        text: &str,
    ) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_quotes_input| SealBroken::Malformed)?;
        self.unseal(purpose, bound_to, &sealed)
    }

    /// Whether a sealed value is still under a former root key and waits to be sealed again (KY-02).
    ///
    /// # Errors
    /// [`SealBroken`] when the value cannot be read at all.
    pub fn is_under_former_key(&self, sealed: &[u8]) -> Result<bool, SealBroken> {
        Ok(Parts::read(sealed)?.key_id != self.current.id)
    }

    /// The key of one claim's outcome: from the root key and the attempt's own secret, so that neither the database
    /// nor the root key alone opens the outcome, only the cookie that holds the secret (law 7).
    #[must_use]
    pub fn claim_key(&self, attempt_secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let mut mac = self.current.of(Purpose::ClaimOutcome).mac.clone();
        mac.update(attempt_secret);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// Seals under a key of the caller's, such as [`Vault::claim_key`]; otherwise as [`Vault::seal`].
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_with(
        key: &[u8; 32],
        bound_to: &[u8],
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        Sealing { key, key_id: NO_KEY_ID, bound_to }.seal(plaintext, entropy)
    }

    /// Opens what [`Vault::seal_with`] made.
    ///
    /// # Errors
    /// [`SealBroken`] when key or context differ or the value was changed.
    pub fn unseal_with(
        key: &[u8; 32],
        bound_to: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        if Parts::read(sealed)?.key_id != NO_KEY_ID {
            return Err(SealBroken::OtherKey);
        }
        Sealing { key, key_id: NO_KEY_ID, bound_to }.unseal(sealed)
    }
}

/// One key and one context.
struct Sealing<'a> {
    key: &'a [u8; 32],
    key_id: KeyId,
    bound_to: &'a [u8],
}

impl Sealing<'_> {
    fn seal(&self, plaintext: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, VaultError> {
        let nonce = bytes::<12>(entropy)?;
        let mut tag = [0_u8; TAG];
        let cipher = Cipher::aes_256_gcm();
        let ciphertext =
            encrypt_aead(cipher, self.key, Some(&nonce), &self.associated(), plaintext, &mut tag)
                .map_err(|_openssl| VaultError::Sealing)?;
        Ok([&[VERSION], self.key_id.as_slice(), &nonce, &ciphertext, &tag].concat())
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let Parts { nonce, ciphertext, tag, .. } = Parts::read(sealed)?;
        let cipher = Cipher::aes_256_gcm();
        decrypt_aead(cipher, self.key, Some(nonce), &self.associated(), ciphertext, tag)
            .map(Zeroizing::new)
            .map_err(|_openssl| SealBroken::Tampered)
    }

    fn associated(&self) -> Vec<u8> {
        [&[VERSION], self.key_id.as_slice(), self.bound_to].concat()
    }
}

/// A sealed value taken apart; nothing of it is trusted yet.
struct Parts<'a> {
    key_id: KeyId,
    nonce: &'a [u8; 12],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Parts<'a> {
    fn read(sealed: &'a [u8]) -> Result<Self, SealBroken> {
        let (version, rest) = sealed.split_first().ok_or(SealBroken::Malformed)?;
        if *version != VERSION {
            return Err(SealBroken::OtherVersion);
        }
        let (key_id, rest) = rest.split_first_chunk::<4>().ok_or(SealBroken::Malformed)?;
        let (nonce, rest) = rest.split_first_chunk::<12>().ok_or(SealBroken::Malformed)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(SealBroken::Malformed)?;
        Ok(Self { key_id: *key_id, nonce, ciphertext, tag })
    }
}
