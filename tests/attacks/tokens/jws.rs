//! Tokens looked at with a library that the server's signatures do not come through: OpenSSL, by hand, from the
//! published key set alone. Also forges what a careless verifier would take.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use serde_json::Value;

/// A JWS in its three parts.
#[derive(Debug, Clone)]
pub(crate) struct Jws {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signature: Vec<u8>,
    signed: String,
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Jws {
    pub(crate) fn read(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').collect();
        assert_eq!(parts.len(), 3, "the compact form");
        Self {
            header: serde_json::from_slice(&decoded(parts[0])).unwrap(),
            claims: serde_json::from_slice(&decoded(parts[1])).unwrap(),
            signature: decoded(parts[2]),
            signed: format!("{}.{}", parts[0], parts[1]),
        }
    }

    pub(crate) fn kid(&self) -> &str {
        self.header["kid"].as_str().unwrap()
    }

    /// Whether the key of that `kid` in the set has signed this with its own algorithm.
    pub(crate) fn is_signed_by(&self, set: &Value) -> bool {
        let keys = set["keys"].as_array().unwrap();
        let Some(jwk) = keys.iter().find(|jwk| jwk["kid"] == self.header["kid"]) else {
            return false;
        };
        assert_eq!(jwk["alg"], self.header["alg"]);
        let message = self.signed.as_bytes();
        match jwk["alg"].as_str().unwrap() {
            "RS256" => rsa(jwk, Padding::PKCS1, message, &self.signature),
            "PS256" => rsa(jwk, Padding::PKCS1_PSS, message, &self.signature),
            "ES256" => ecdsa(jwk, message, &self.signature),
            "EdDSA" => {
                let raw = decoded(jwk["x"].as_str().unwrap());
                let key = PKey::public_key_from_raw_bytes(&raw, Id::ED25519).unwrap();
                let mut verifier = Verifier::new_without_digest(&key).unwrap();
                verifier.verify_oneshot(&self.signature, message).unwrap()
            }
            other => panic!("nobody asked for {other}"),
        }
    }
}

fn number(jwk: &Value, name: &str) -> BigNum {
    BigNum::from_slice(&decoded(jwk[name].as_str().unwrap())).unwrap()
}

pub(crate) fn rsa_key(jwk: &Value) -> PKey<Public> {
    let key = Rsa::from_public_components(number(jwk, "n"), number(jwk, "e")).unwrap();
    PKey::from_rsa(key).unwrap()
}

fn rsa(jwk: &Value, padding: Padding, message: &[u8], signature: &[u8]) -> bool {
    let key = rsa_key(jwk);
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    verifier.set_rsa_padding(padding).unwrap();
    if padding == Padding::PKCS1_PSS {
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        verifier.set_rsa_mgf1_md(MessageDigest::sha256()).unwrap();
    }
    verifier.verify_oneshot(signature, message).unwrap()
}

/// P-256, the signature being r and s of 32 bytes each (RFC 7518 section 3.4).
fn ecdsa(jwk: &Value, message: &[u8], signature: &[u8]) -> bool {
    assert_eq!((jwk["crv"].as_str(), signature.len()), (Some("P-256"), 64));
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let (x, y) = (number(jwk, "x"), number(jwk, "y"));
    let key = EcKey::from_public_key_affine_coordinates(&group, &x, &y).unwrap();
    let (r, s) = signature.split_at(32);
    let (r, s) = (BigNum::from_slice(r).unwrap(), BigNum::from_slice(s).unwrap());
    let digest = hash(MessageDigest::sha256(), message).unwrap();
    EcdsaSig::from_private_components(r, s).unwrap().verify(&digest, &key).unwrap()
}

/// A token whose HMAC key is something public.
pub(crate) fn forged_hs256(header: &Value, claims: &Value, key: &[u8]) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let key = PKey::hmac(key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let mac = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// A token of another RSA key under any header.
pub(crate) fn forged_rs256(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
