//! The keys of each purpose, derived once from the root key (HKDF-SHA-256, RFC 5869) and kept.
//! Owns [`Vault`]; what it does is in `seal` and `hash`, which ask here for a key by purpose.
//! A purpose has two keys, one for the cipher and one for the hash, so that no key is used by two algorithms.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::root_key::{Purpose, RootKey};

/// Separates Magpie's derivations from anybody else's use of the same 32 bytes.
const SALT: &[u8] = b"magpie root key v1";

/// Names a root key inside a sealed value without revealing anything about it.
pub(crate) type KeyId = [u8; 4];

/// The two keys of one purpose.
pub(crate) struct PurposeKeys {
    pub(crate) cipher: Zeroizing<[u8; 32]>,
    /// Keyed once; hashing clones the state, which is cheaper than keying anew.
    pub(crate) mac: Hmac<Sha256>,
}

impl PurposeKeys {
    fn derive(root: &Hkdf<Sha256>, purpose: Purpose) -> Result<Self, VaultError> {
        let cipher = expand(root, &[purpose.label().as_bytes(), b"/cipher"])?;
        let mac_key = expand(root, &[purpose.label().as_bytes(), b"/mac"])?;
        let mac =
            Hmac::new_from_slice(mac_key.as_slice()).map_err(|_ignored| VaultError::Derivation)?;
        Ok(Self { cipher, mac })
    }
}

fn expand(root: &Hkdf<Sha256>, label: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let mut key = Zeroizing::new([0_u8; 32]);
    root.expand_multi_info(label, key.as_mut_slice()).map_err(|_length| VaultError::Derivation)?;
    Ok(key)
}

/// Everything derived from one root key.
pub(crate) struct DerivedKeys {
    pub(crate) id: KeyId,
    attempt_cookie: PurposeKeys,
    session_cookie: PurposeKeys,
    access_token: PurposeKeys,
    claim_outcome: PurposeKeys,
    signing_key: PurposeKeys,
    app_secret: PurposeKeys,
    app_token: PurposeKeys,
    admin_secret: PurposeKeys,
    handle_hash: PurposeKeys,
    refresh_successor: PurposeKeys,
    client_secret: PurposeKeys,
    derived_subject: PurposeKeys,
    pairwise_subject: PurposeKeys,
    username: PurposeKeys,
    avatar_name: PurposeKeys,
    form_token: PurposeKeys,
    seen_once: PurposeKeys,
    dpop_nonce: PurposeKeys,
    registration_token: PurposeKeys,
    fingerprint: PurposeKeys,
}

impl DerivedKeys {
    fn derive(root: &RootKey) -> Result<Self, VaultError> {
        let root = Hkdf::<Sha256>::new(Some(SALT), root.as_bytes());
        let keys = |purpose| PurposeKeys::derive(&root, purpose);
        let id = expand(&root, &[b"magpie/key-id/v1"])?;
        Ok(Self {
            id: *id.first_chunk::<4>().ok_or(VaultError::Derivation)?,
            attempt_cookie: keys(Purpose::AttemptCookie)?,
            session_cookie: keys(Purpose::SessionCookie)?,
            access_token: keys(Purpose::AccessToken)?,
            claim_outcome: keys(Purpose::ClaimOutcome)?,
            signing_key: keys(Purpose::SigningKey)?,
            app_secret: keys(Purpose::AppSecret)?,
            app_token: keys(Purpose::AppToken)?,
            admin_secret: keys(Purpose::AdminSecret)?,
            handle_hash: keys(Purpose::HandleHash)?,
            refresh_successor: keys(Purpose::RefreshSuccessor)?,
            client_secret: keys(Purpose::ClientSecret)?,
            derived_subject: keys(Purpose::DerivedSubject)?,
            pairwise_subject: keys(Purpose::PairwiseSubject)?,
            username: keys(Purpose::Username)?,
            avatar_name: keys(Purpose::AvatarName)?,
            form_token: keys(Purpose::FormToken)?,
            seen_once: keys(Purpose::SeenOnce)?,
            dpop_nonce: keys(Purpose::DpopNonce)?,
            registration_token: keys(Purpose::RegistrationToken)?,
            fingerprint: keys(Purpose::Fingerprint)?,
        })
    }

    /// The keys of a purpose. Fields and a match rather than a map: a missing purpose does not compile.
    pub(crate) const fn of(&self, purpose: Purpose) -> &PurposeKeys {
        match purpose {
            Purpose::AttemptCookie => &self.attempt_cookie,
            Purpose::SessionCookie => &self.session_cookie,
            Purpose::AccessToken => &self.access_token,
            Purpose::ClaimOutcome => &self.claim_outcome,
            Purpose::SigningKey => &self.signing_key,
            Purpose::AppSecret => &self.app_secret,
            Purpose::AppToken => &self.app_token,
            Purpose::AdminSecret => &self.admin_secret,
            Purpose::HandleHash => &self.handle_hash,
            Purpose::RefreshSuccessor => &self.refresh_successor,
            Purpose::ClientSecret => &self.client_secret,
            Purpose::DerivedSubject => &self.derived_subject,
            Purpose::PairwiseSubject => &self.pairwise_subject,
            Purpose::Username => &self.username,
            Purpose::AvatarName => &self.avatar_name,
            Purpose::FormToken => &self.form_token,
            Purpose::SeenOnce => &self.seen_once,
            Purpose::DpopNonce => &self.dpop_nonce,
            Purpose::RegistrationToken => &self.registration_token,
            Purpose::Fingerprint => &self.fingerprint,
        }
    }
}

/// Seals, opens and hashes under the root key. Made once at start-up and shared behind an `Arc`.
pub struct Vault {
    pub(crate) current: DerivedKeys,
    /// Former root keys: they open and compare, they never seal (KY-02).
    pub(crate) previous: Vec<DerivedKeys>,
}

impl Vault {
    /// Opens the vault with its one root key.
    ///
    /// # Errors
    /// [`VaultError::Derivation`] when a key cannot be derived.
    pub fn new(root: &RootKey) -> Result<Self, VaultError> {
        Self::with_previous(root, &[])
    }

    /// Opens the vault while the root key is being replaced: `root` seals, `previous` still open.
    ///
    /// # Errors
    /// [`VaultError::Derivation`] when a key cannot be derived.
    pub fn with_previous(root: &RootKey, previous: &[RootKey]) -> Result<Self, VaultError> {
        Ok(Self {
            current: DerivedKeys::derive(root)?,
            previous: previous.iter().map(DerivedKeys::derive).collect::<Result<_, _>>()?,
        })
    }

    /// The current keys, then the former ones.
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = &DerivedKeys> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault(… and {} former root keys)", self.previous.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// RFC 5869 A.1 with its first 32 bytes: the derivation is plain HKDF-SHA-256.
    #[test]
    fn expansion_is_hkdf_as_published() {
        let root = Hkdf::<Sha256>::new(Some(&(0..=12).collect::<Vec<u8>>()), &[0x0b; 22]);
        let key = expand(&root, &[&(0xf0..=0xf9).collect::<Vec<u8>>()]).unwrap();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    }

    #[test]
    fn every_purpose_has_a_cipher_key_of_its_own() {
        let root = RootKey::from_base64url(&"A".repeat(43)).unwrap();
        let vault = Vault::new(&root).unwrap();
        let keys: BTreeSet<_> =
            Purpose::ALL.iter().map(|purpose| *vault.current.of(*purpose).cipher).collect();
        assert_eq!(keys.len(), Purpose::ALL.len());
    }

    #[test]
    fn a_vault_is_not_printed() {
        let root = RootKey::from_base64url(&"A".repeat(43)).unwrap();
        assert_eq!(format!("{:?}", Vault::new(&root).unwrap()), "Vault(… and 0 former root keys)");
    }
}
