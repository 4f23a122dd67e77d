//! The only place that speaks to josekit: making keys, reading keys, raw signatures. Nothing of its JWT layer is used,
//! since its validator takes an absent claim for a valid one and panics at times beyond its range.
//! Every call is made here with the algorithm we name, its panics are caught, and its errors are dropped at once:
//! their `Debug` prints backtraces. Leaving josekit means rewriting this file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use josekit::jwk::alg::ec::EcKeyPair;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jwk::{Jwk, KeyPair};
use josekit::jws::alg::ecdsa::EcdsaJwsAlgorithm;
use josekit::jws::alg::eddsa::EddsaJwsAlgorithm;
use josekit::jws::alg::rsassa::RsassaJwsAlgorithm;
use josekit::jws::alg::rsassa_pss::RsassaPssJwsAlgorithm;
use josekit::jws::{JwsSigner, JwsVerifier};
use josekit::{JoseError, Value};
use magpie_domain::Algorithm;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use serde_json::Map;
use zeroize::Zeroizing;

/// josekit said no or panicked; it makes no difference to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed;

impl From<JoseError> for Failed {
    fn from(_cause: JoseError) -> Self {
        Self
    }
}

impl From<ErrorStack> for Failed {
    fn from(_cause: ErrorStack) -> Self {
        Self
    }
}

pub(crate) type RawSigner = Box<dyn JwsSigner>;
pub(crate) type RawVerifier = Box<dyn JwsVerifier>;

/// A private key as it is stored (PKCS#8 DER) with its public members as josekit writes them.
pub(crate) struct KeyPairParts {
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    pub(crate) public: Map<String, Value>,
}

const RSA_BITS: u32 = 2048;

const RS256: RsassaJwsAlgorithm = RsassaJwsAlgorithm::Rs256;
const PS256: RsassaPssJwsAlgorithm = RsassaPssJwsAlgorithm::Ps256;
const ES256: EcdsaJwsAlgorithm = EcdsaJwsAlgorithm::Es256;
const EDDSA: EddsaJwsAlgorithm = EddsaJwsAlgorithm::Eddsa;

/// Lets neither a panic nor an error text out. Nothing that josekit holds is used again after a panic
/// except keys it only reads, hence `AssertUnwindSafe`.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failed))
}

fn parts(pair: &impl KeyPair) -> KeyPairParts {
    KeyPairParts {
        pkcs8: Zeroizing::new(pair.to_der_private_key()),
        public: pair.to_jwk_public_key().into(),
    }
}

/// josekit writes a P-256 key in the older SEC 1 form; OpenSSL wraps it as PKCS#8.
fn ec_parts(pair: &EcKeyPair) -> Result<KeyPairParts, Failed> {
    let sec1 = parts(pair);
    let pkcs8 = Zeroizing::new(PKey::private_key_from_der(&sec1.pkcs8)?.private_key_to_pkcs8()?);
    Ok(KeyPairParts { pkcs8, public: sec1.public })
}

/// Makes a key pair; chance comes from OpenSSL's own generator, which the system seeds.
pub(crate) fn generate(algorithm: Algorithm) -> Result<KeyPairParts, Failed> {
    guarded(|| {
        Ok(match algorithm {
            Algorithm::Rs256 => parts(&RS256.generate_key_pair(RSA_BITS)?),
            Algorithm::Ps256 => parts(&PS256.generate_key_pair(RSA_BITS)?),
            Algorithm::Es256 => ec_parts(&ES256.generate_key_pair()?)?,
            Algorithm::EdDsa => parts(&EDDSA.generate_key_pair(EdCurve::Ed25519)?),
        })
    })
}

/// Reads a stored private key.
pub(crate) fn read(algorithm: Algorithm, pkcs8: &[u8]) -> Result<KeyPairParts, Failed> {
    guarded(|| {
        Ok(match algorithm {
            Algorithm::Rs256 => parts(&RS256.key_pair_from_der(pkcs8)?),
            Algorithm::Ps256 => parts(&PS256.key_pair_from_der(pkcs8)?),
            Algorithm::Es256 => ec_parts(&ES256.key_pair_from_der(pkcs8)?)?,
            Algorithm::EdDsa => parts(&EDDSA.key_pair_from_der(pkcs8)?),
        })
    })
}

/// Builds the signer of a private key. Parsing costs more than signing: build once, keep.
pub(crate) fn signer(algorithm: Algorithm, pkcs8: &[u8]) -> Result<RawSigner, Failed> {
    guarded(|| {
        Ok(match algorithm {
            Algorithm::Rs256 => Box::new(RS256.signer_from_der(pkcs8)?) as RawSigner,
            Algorithm::Ps256 => Box::new(PS256.signer_from_der(pkcs8)?),
            Algorithm::Es256 => Box::new(ES256.signer_from_der(pkcs8)?),
            Algorithm::EdDsa => Box::new(EDDSA.signer_from_der(pkcs8)?),
        })
    })
}

/// Builds the verifier of a public key whose members [`crate::jwk`] has checked.
pub(crate) fn verifier(
    algorithm: Algorithm,
    public: Map<String, Value>,
) -> Result<RawVerifier, Failed> {
    guarded(move || {
        let jwk = Jwk::from_map(public)?;
        Ok(match algorithm {
            Algorithm::Rs256 => Box::new(RS256.verifier_from_jwk(&jwk)?) as RawVerifier,
            Algorithm::Ps256 => Box::new(PS256.verifier_from_jwk(&jwk)?),
            Algorithm::Es256 => Box::new(ES256.verifier_from_jwk(&jwk)?),
            Algorithm::EdDsa => Box::new(EDDSA.verifier_from_jwk(&jwk)?),
        })
    })
}

/// Signs raw bytes (RFC 7515 §5.1 step 5).
pub(crate) fn sign(signer: &dyn JwsSigner, message: &[u8]) -> Result<Vec<u8>, Failed> {
    guarded(|| Ok(signer.sign(message)?))
}

/// Checks a raw signature (RFC 7515 §5.2 step 8).
pub(crate) fn verify(
    verifier: &dyn JwsVerifier,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Failed> {
    guarded(|| Ok(verifier.verify(message, signature)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone)]
    struct Explosive;

    impl JwsSigner for Explosive {
        fn algorithm(&self) -> &dyn josekit::jws::JwsAlgorithm {
            &RS256
        }
        fn key_id(&self) -> Option<&str> {
            None
        }
        fn signature_len(&self) -> usize {
            0
        }
        fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, JoseError> {
            panic!("as josekit does at times beyond its range")
        }
        fn box_clone(&self) -> Box<dyn JwsSigner> {
            Box::new(self.clone())
        }
    }

    #[test]
    fn a_panic_of_the_library_ends_at_the_border() {
        assert_eq!(sign(&Explosive, b"anything"), Err(Failed));
    }
}
