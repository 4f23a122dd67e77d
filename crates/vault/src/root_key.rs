//! The root key and what may be derived from it. Owns the text form of the key and the list of purposes;
//! reading the key file and checking its permissions is the server's work.
//! A purpose's label is part of the stored format: changing one makes everything sealed under it unreadable.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::Entropy;
use zeroize::Zeroizing;

use crate::error::VaultError;

/// The 32 bytes from which every other key is derived. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// Reads the key file's text: 43 characters of base64url without padding; white space around it is ignored,
    /// since editors end files with a line feed.
    ///
    /// # Errors
    /// [`VaultError::RootKeyUnreadable`] for anything else, a truncated key included.
    pub fn from_base64url(text: &str) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0_u8; 33]);
        let read = URL_SAFE_NO_PAD.decode_slice(text.trim(), bytes.as_mut_slice());
        match (read, bytes.first_chunk::<32>()) {
            (Ok(32), Some(key)) => Ok(Self(Zeroizing::new(*key))),
            _ => Err(VaultError::RootKeyUnreadable),
        }
    }

    /// Draws a new root key.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the system gives no random bytes.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let mut key = Self(Zeroizing::new([0; 32]));
        entropy.fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// The text to write into the key file, wiped when dropped.
    #[must_use]
    pub fn to_base64url(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.as_bytes()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(…)")
    }
}

/// What a derived key is for. Nothing sealed or hashed for one purpose means anything under another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The login attempt in its cookie (law 1).
    AttemptCookie,
    /// The cookie of a signed-in browser.
    SessionCookie,
    /// Opaque access tokens.
    AccessToken,
    /// The outcome of a callback, kept two minutes in the claim row.
    ClaimOutcome,
    /// Private signing keys at rest.
    SigningKey,
    /// WeChat AppSecrets at rest, and other secrets of a channel.
    AppSecret,
    /// WeChat's app-level tokens at rest.
    AppToken,
    /// Second-factor secrets of administrators at rest.
    AdminSecret,
    /// Codes, refresh tokens and other handles: rows hold their keyed hash.
    HandleHash,
    /// A refresh token's successor, derived from the token itself.
    RefreshSuccessor,
    /// Client secrets: rows hold their keyed hash.
    ClientSecret,
    /// `[identity] subject = "derived"`: the subject from the first identity.
    DerivedSubject,
    /// Pairwise subjects (OIDC Core §8.1).
    PairwiseSubject,
    /// `preferred_username`.
    Username,
    /// The names of people's pictures.
    AvatarName,
    /// Anti-forgery tokens of our own forms.
    FormToken,
    /// Values of others that count once: rows hold the keyed hash of what was seen.
    SeenOnce,
    /// The nonces that proofs of possession must repeat (RFC 9449 §8).
    DpopNonce,
    /// Tokens with which clients register and manage themselves: rows hold their keyed hash.
    RegistrationToken,
    /// Short keyed hashes that stand for a person in a log.
    Fingerprint,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 20] = [
        Self::AttemptCookie,
        Self::SessionCookie,
        Self::AccessToken,
        Self::ClaimOutcome,
        Self::SigningKey,
        Self::AppSecret,
        Self::AppToken,
        Self::AdminSecret,
        Self::HandleHash,
        Self::RefreshSuccessor,
        Self::ClientSecret,
        Self::DerivedSubject,
        Self::PairwiseSubject,
        Self::Username,
        Self::AvatarName,
        Self::FormToken,
        Self::SeenOnce,
        Self::DpopNonce,
        Self::RegistrationToken,
        Self::Fingerprint,
    ];

    /// The HKDF label, with its version: a new way to use a key gets a new label, not a new meaning for an old one.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::AttemptCookie => "magpie/attempt-cookie/v1",
            Self::SessionCookie => "magpie/session-cookie/v1",
            Self::AccessToken => "magpie/access-token/v1",
            Self::ClaimOutcome => "magpie/claim-outcome/v1",
            Self::SigningKey => "magpie/signing-key/v1",
            Self::AppSecret => "magpie/app-secret/v1",
            Self::AppToken => "magpie/app-token/v1",
            Self::AdminSecret => "magpie/admin-secret/v1",
            Self::HandleHash => "magpie/handle-hash/v1",
            Self::RefreshSuccessor => "magpie/refresh-successor/v1",
            Self::ClientSecret => "magpie/client-secret/v1",
            Self::DerivedSubject => "magpie/derived-subject/v1",
            Self::PairwiseSubject => "magpie/pairwise-subject/v1",
            Self::AvatarName => "magpie/avatar-name/v1",
            Self::Username => "magpie/username/v1",
            Self::FormToken => "magpie/form-token/v1",
            Self::SeenOnce => "magpie/seen-once/v1",
            Self::DpopNonce => "magpie/dpop-nonce/v1",
            Self::RegistrationToken => "magpie/registration-token/v1",
            Self::Fingerprint => "magpie/fingerprint/v1",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use magpie_domain::testing::SeededEntropy;

    use super::*;

    #[test]
    fn a_root_key_survives_its_text_form() {
        let key = RootKey::generate(&SeededEntropy::new(1)).unwrap();
        let text = format!(" {}\n", key.to_base64url().as_str());
        assert_eq!(RootKey::from_base64url(&text).unwrap().as_bytes(), key.as_bytes());
    }

    #[test]
    fn a_root_key_of_the_wrong_size_or_alphabet_is_refused() {
        let good = "A".repeat(43);
        assert!(RootKey::from_base64url(&good).is_ok());
        let longer = "A".repeat(44);
        let padded = format!("{good}=");
        let standard = format!("{}+", "A".repeat(42));
        let stray_bits = format!("{}B", "A".repeat(42));
        for bad in ["", "AAAA", &"A".repeat(42), &longer, &padded, &standard, &stray_bits] {
            assert_eq!(RootKey::from_base64url(bad).err(), Some(VaultError::RootKeyUnreadable));
        }
    }

    #[test]
    fn a_root_key_is_not_printed() {
        let key = RootKey(Zeroizing::new([0x41; 32]));
        assert_eq!(format!("{key:?}"), "RootKey(…)");
    }

    #[test]
    fn no_two_purposes_share_a_label() {
        let labels: BTreeSet<_> = Purpose::ALL.iter().map(|purpose| purpose.label()).collect();
        assert_eq!(labels.len(), Purpose::ALL.len());
    }
}
