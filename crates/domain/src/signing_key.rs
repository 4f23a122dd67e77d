//! The life of a signing key, told by its times alone: published, signing, retired, gone.
//! Nothing has to be switched over: every replica reads the same stage from the same row and moment.

use serde::{Deserialize, Serialize};

use crate::id::SigningKeyId;
use crate::time::Timestamp;

/// A signature algorithm we sign with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every application understands.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads the registered name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// The times of one key, without its material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The row.
    pub id: SigningKeyId,
    /// The RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// When it first stood in the JWKS.
    pub published_at: Timestamp,
    /// From when it may sign: the newest key of its algorithm whose time has come is the signer.
    pub signs_from: Timestamp,
}

/// Where a key stands at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStage {
    /// In the JWKS, not yet signing.
    Next,
    /// The signer of its algorithm.
    Active,
    /// Replaced; in the JWKS until the last token it signed has expired.
    Retiring,
    /// No token of it can be valid any more.
    Retired,
}
