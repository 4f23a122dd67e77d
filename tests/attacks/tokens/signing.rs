//! Keys of applications and what they sign, made with OpenSSL: the server's own library never sees the private halves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use serde_json::{Value, json};

use crate::jws::part;

/// A key of an application, for one algorithm.
#[derive(Debug, Clone)]
pub(crate) struct ClientKey {
    key: PKey<Private>,
    pub(crate) algorithm: &'static str,
    pub(crate) kid: Option<String>,
}

impl ClientKey {
    /// A new key.
    pub(crate) fn new(algorithm: &'static str, kid: &str) -> Self {
        let key = match algorithm {
            "RS256" | "PS256" => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
            "ES256" => PKey::from_ec_key(EcKey::generate(&p256()).unwrap()).unwrap(),
            "EdDSA" => PKey::generate_ed25519().unwrap(),
            other => panic!("nobody asked for {other}"),
        };
        Self { key, algorithm, kid: Some(kid.to_owned()) }
    }

    /// The same key without a name.
    pub(crate) fn nameless(&self) -> Self {
        Self { kid: None, ..self.clone() }
    }

    /// The same key under another name.
    pub(crate) fn named(&self, kid: &str) -> Self {
        Self { kid: Some(kid.to_owned()), ..self.clone() }
    }

    /// The same key under another algorithm of its kind.
    pub(crate) fn using(&self, algorithm: &'static str) -> Self {
        Self { algorithm, ..self.clone() }
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> Value {
        let text = |number: &BigNumRef| URL_SAFE_NO_PAD.encode(number.to_vec());
        let mut jwk = match self.algorithm {
            "RS256" | "PS256" => {
                let rsa = self.key.rsa().unwrap();
                json!({ "kty": "RSA", "n": text(rsa.n()), "e": text(rsa.e()) })
            }
            "ES256" => {
                let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
                let key = self.key.ec_key().unwrap();
                let mut context = BigNumContext::new().unwrap();
                let point = key.public_key();
                point.affine_coordinates(&p256(), &mut x, &mut y, &mut context).unwrap();
                let padded = |n: &BigNum| URL_SAFE_NO_PAD.encode(n.to_vec_padded(32).unwrap());
                json!({ "kty": "EC", "crv": "P-256", "x": padded(&x), "y": padded(&y) })
            }
            _ => {
                let x = URL_SAFE_NO_PAD.encode(self.key.raw_public_key().unwrap());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
            }
        };
        if let Some(kid) = &self.kid {
            jwk["kid"] = json!(kid);
        }
        jwk
    }

    /// The public half as PEM, which is what a careless verifier would take for an HMAC key.
    pub(crate) fn pem(&self) -> Vec<u8> {
        self.key.public_key_to_pem().unwrap()
    }

    /// A JWT under the usual header.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = json!({ "alg": self.algorithm, "typ": "JWT" });
        if let Some(kid) = &self.kid {
            header["kid"] = json!(kid);
        }
        self.sign_as(&header, &part(claims))
    }

    /// A JWS of any payload, encoded already, under any header.
    pub(crate) fn sign_as(&self, header: &Value, payload: &str) -> String {
        let signed = format!("{}.{payload}", part(header));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        if self.algorithm == "EdDSA" {
            let mut signer = Signer::new_without_digest(&self.key).unwrap();
            return signer.sign_oneshot_to_vec(message).unwrap();
        }
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        if self.algorithm == "PS256" {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            signer.set_rsa_mgf1_md(MessageDigest::sha256()).unwrap();
        }
        let signature = signer.sign_oneshot_to_vec(message).unwrap();
        if self.algorithm != "ES256" {
            return signature;
        }
        // RFC 7518 section 3.4: r and s side by side, not DER.
        let signature = EcdsaSig::from_der(&signature).unwrap();
        let half = |number: &BigNumRef| number.to_vec_padded(32).unwrap();
        [half(signature.r()), half(signature.s())].concat()
    }
}

/// A JWK Set.
pub(crate) fn set(keys: &[&ClientKey]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }).to_string()
}

fn p256() -> EcGroup {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()
}
