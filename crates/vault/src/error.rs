//! What can break inside the vault. Refusals of tokens, seals and passwords are values of their own modules;
//! this enum is for incidents. No variant carries a cause from OpenSSL or josekit: their texts may quote
//! input, and josekit's `Debug` prints a backtrace.

use magpie_domain::{Algorithm, NoEntropy};

/// A breakage of the vault; to a flow it is an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The system gave no random bytes; nothing weaker is used instead (KY-08).
    #[error("the system gave no random bytes")]
    NoEntropy(#[from] NoEntropy),
    /// The root key is not 32 bytes in base64url.
    #[error("the root key is not 32 bytes in base64url without padding (43 characters)")]
    RootKeyUnreadable,
    /// A key could not be derived from the root key.
    #[error("a key could not be derived from the root key")]
    Derivation,
    /// OpenSSL did not encrypt.
    #[error("sealing failed inside the cipher")]
    Sealing,
    /// A signing key could not be made.
    #[error("a signing key for {} could not be made", .0.as_str())]
    KeyGeneration(Algorithm),
    /// A private or public key does not fit its algorithm, is too weak, or is malformed.
    #[error("a key is not usable for {}", .0.as_str())]
    KeyUnusable(Algorithm),
    /// A sealed signing key did not open: moved to another row, damaged, or sealed under a root key we do not have.
    #[error("a sealed signing key did not open; was the root key replaced?")]
    SigningKeySealed,
    /// The claims could not be written as a JSON object.
    #[error("the claims could not be written as a JSON object")]
    ClaimsUnwritable,
    /// The library refused to sign, or panicked while doing so.
    #[error("signing with {} failed", .0.as_str())]
    Signing(Algorithm),
    /// Two keys of one key ring bear the same `kid`.
    #[error("two signing keys bear the same kid")]
    KidTwice,
    /// argon2 or the blocking pool failed.
    #[error("password hashing failed")]
    PasswordHashing,
}
