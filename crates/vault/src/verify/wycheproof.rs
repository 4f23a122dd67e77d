//! The Wycheproof project's signatures that broke somebody's verifier, shown to the one behind the border: ours reads only
//! JWS, and these messages are not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::Algorithm;
use serde_json::{Map, Value, json};

use super::Verifier;
use crate::border;

/// The key of a group of tests as an application would register it: coordinates of exactly 32 bytes (RFC 7518 §6.2.1.2).
fn jwk_of(key: &Value) -> Map<String, Value> {
    let number = |name: &str| {
        let digits = key[name].as_str().unwrap().trim_start_matches('0');
        URL_SAFE_NO_PAD.encode(bytes(&format!("{digits:0>64}")))
    };
    let jwk = if key.get("wx").is_some() {
        json!({ "kty": "EC", "crv": "P-256", "x": number("wx"), "y": number("wy") })
    } else {
        let x = URL_SAFE_NO_PAD.encode(bytes(key["pk"].as_str().unwrap()));
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
    };
    jwk.as_object().unwrap().clone()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// How many of a file's tests are as it says; every other one is told.
fn agreeing(algorithm: Algorithm, file: &str) -> usize {
    let file: Value = serde_json::from_str(file).unwrap();
    let mut agreeing = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let verifier = Verifier::of_public_jwk(algorithm, &jwk_of(&group["publicKey"])).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let part = |name: &str| bytes(test[name].as_str().unwrap());
            let is_taken = border::verify(&**verifier.raw, &part("msg"), &part("sig")).is_ok();
            assert_eq!(is_taken, test["result"] == "valid", "{test}");
            agreeing += 1;
        }
    }
    agreeing
}

/// B4: r and s of zero, of n and beyond, swapped, in DER, too short and too long, and keys at the curve's edges.
/// Seen red with every signature taken.
#[test]
fn our_verifiers_agree_with_wycheproof() {
    let ecdsa = ::wycheproof::ecdsa::TestName::EcdsaSecp256r1Sha256P1363.json_data();
    assert_eq!(agreeing(Algorithm::Es256, ecdsa), 262);
    let eddsa = ::wycheproof::eddsa::TestName::Ed25519.json_data();
    assert_eq!(agreeing(Algorithm::EdDsa, eddsa), 151);
}
