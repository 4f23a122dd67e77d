//! Our signing keys and what they sign. Owns the sealed form of a private key and the compact JWS;
//! refuses to sign with any algorithm but the key's own. Flows mint tokens through a [`Signer`] of the key ring;
//! parsing a private key costs more than a signature, so a signer is built once per key and shared.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::{Algorithm, Entropy};
use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::border::{self, KeyPairParts, RawSigner};
use crate::derive::Vault;
use crate::error::VaultError;
use crate::jwk;
use crate::root_key::Purpose;
use crate::seal::bound;
use crate::verify::Verifier;

/// A private signing key, its public half and its name. Wiped when dropped.
pub struct SigningKeyMaterial {
    algorithm: Algorithm,
    kid: String,
    pkcs8: Zeroizing<Vec<u8>>,
    public: Map<String, Value>,
}

impl SigningKeyMaterial {
    /// Makes a key: RSA of 2048 bits, P-256 or Ed25519. An RSA key takes 80 to 300 ms of one core:
    /// call it from the blocking pool. Chance comes from OpenSSL's generator, not from an [`Entropy`].
    ///
    /// # Errors
    /// [`VaultError::KeyGeneration`] when OpenSSL fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, VaultError> {
        let parts = border::generate(algorithm)
            .map_err(|border::Failed| VaultError::KeyGeneration(algorithm))?;
        Self::from_parts(algorithm, parts)
    }

    /// Reads a private key in PKCS#8 DER.
    ///
    /// # Errors
    /// [`VaultError::KeyUnusable`] when it is malformed, too weak or of another kind.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, VaultError> {
        let parts = border::read(algorithm, pkcs8)
            .map_err(|border::Failed| VaultError::KeyUnusable(algorithm))?;
        Self::from_parts(algorithm, parts)
    }

    fn from_parts(algorithm: Algorithm, parts: KeyPairParts) -> Result<Self, VaultError> {
        let public = jwk::published(algorithm, &parts.public)?;
        let kid = jwk::thumbprint(&public).ok_or(VaultError::KeyUnusable(algorithm))?;
        Ok(Self { algorithm, kid, pkcs8: parts.pkcs8, public })
    }

    /// What the key signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The RFC 7638 thumbprint of the public half.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half: `kty`, its defining members, `alg`, `use` and `kid`.
    #[must_use]
    pub const fn public_jwk(&self) -> &Map<String, Value> {
        &self.public
    }

    /// The private key in PKCS#8 DER; look twice at every caller.
    #[must_use]
    pub fn expose_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The private key as a row holds it, bound to its algorithm and `kid`.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal(&self, vault: &Vault, entropy: &dyn Entropy) -> Result<Vec<u8>, VaultError> {
        let row = Self::row(self.algorithm, &self.kid);
        vault.seal(Purpose::SigningKey, &row, &self.pkcs8, entropy)
    }

    /// Opens a key from its row.
    ///
    /// # Errors
    /// [`VaultError::SigningKeySealed`] when the seal does not open for this algorithm and `kid`,
    /// [`VaultError::KeyUnusable`] when what was sealed is not that key.
    pub fn unseal(
        vault: &Vault,
        algorithm: Algorithm,
        kid: &str,
        sealed: &[u8],
    ) -> Result<Self, VaultError> {
        let pkcs8 = vault
            .unseal(Purpose::SigningKey, &Self::row(algorithm, kid), sealed)
            .map_err(|_broken| VaultError::SigningKeySealed)?;
        let key = Self::from_pkcs8(algorithm, &pkcs8)?;
        if key.kid == kid { Ok(key) } else { Err(VaultError::KeyUnusable(algorithm)) }
    }

    fn row(algorithm: Algorithm, kid: &str) -> Vec<u8> {
        bound(&["signing_keys", algorithm.as_str(), kid])
    }

    /// Builds the signer, once per key.
    ///
    /// # Errors
    /// [`VaultError::KeyUnusable`] when josekit refuses the key.
    pub fn signer(&self) -> Result<Signer, VaultError> {
        let raw = border::signer(self.algorithm, &self.pkcs8)
            .map_err(|border::Failed| VaultError::KeyUnusable(self.algorithm))?;
        let verifier = Verifier::of_public_jwk(self.algorithm, &self.public)?;
        let prepared = Prepared {
            algorithm: self.algorithm,
            kid: self.kid.clone(),
            public: self.public.clone(),
            raw,
            verifier,
        };
        Ok(Signer { key: Arc::new(prepared), signed: Arc::default() })
    }
}

impl fmt::Debug for SigningKeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeyMaterial({} {} …)", self.algorithm.as_str(), self.kid)
    }
}

/// A key made ready to sign. Cloning shares it; threads may sign at the same time.
#[derive(Clone)]
pub struct Signer {
    key: Arc<Prepared>,
    /// Signatures made by this signer, its clones, and whoever else counts here.
    signed: Arc<AtomicU64>,
}

struct Prepared {
    algorithm: Algorithm,
    kid: String,
    public: Map<String, Value>,
    raw: RawSigner,
    verifier: Verifier,
}

/// The protected header; field order is the order on the wire.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'a str,
}

impl Signer {
    /// Signs `claims`, anything that serializes to a JSON object, as a compact JWS (RFC 7515 §3.1).
    /// `typ` tells kinds of token apart (RFC 8725 §3.11): `JWT` for an ID token, `at+jwt`, `logout+jwt`.
    ///
    /// # Errors
    /// [`VaultError::ClaimsUnwritable`] when the claims are no JSON object, [`VaultError::Signing`] when josekit fails.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, VaultError> {
        let payload =
            serde_json::to_vec(claims).map_err(|_quotes_claims| VaultError::ClaimsUnwritable)?;
        if payload.first() != Some(&b'{') {
            return Err(VaultError::ClaimsUnwritable);
        }
        let key = &*self.key;
        let failed = VaultError::Signing(key.algorithm);
        let header = Header { alg: key.algorithm.as_str(), kid: &key.kid, typ };
        let header = serde_json::to_vec(&header).map_err(|_never| failed)?;
        let mut compact = URL_SAFE_NO_PAD.encode(header);
        compact.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut compact);
        let signature =
            border::sign(&*key.raw, compact.as_bytes()).map_err(|border::Failed| failed)?;
        self.signed.fetch_add(1, Ordering::Relaxed);
        compact.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut compact);
        Ok(compact)
    }

    /// The same key, counting its signatures elsewhere from now on.
    pub(crate) fn counted_in(self, signed: Arc<AtomicU64>) -> Self {
        Self { signed, ..self }
    }

    /// What it signs with; decided when the key was made, never by a token.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm
    }

    /// The name of its key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.key.kid
    }

    /// The public half as published.
    #[must_use]
    pub fn public_jwk(&self) -> &Map<String, Value> {
        &self.key.public
    }

    /// Checks what this key signed.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.key.verifier
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} {} …)", self.key.algorithm.as_str(), self.key.kid)
    }
}
