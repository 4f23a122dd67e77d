//! Published examples, and our signatures under OpenSSL's eyes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::Algorithm;
use magpie_vault::{Refused, Verifier, jwk};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Verifier as OpensslVerifier};
use serde_json::{Map, Value, json};

use crate::{key, signer};

const RFC7638_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
const RFC7515_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RFC7515_PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RFC7515_A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const RFC7515_A3_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const RFC8037_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const RFC8037_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    for (source, key, expected) in [
        (
            "RFC 7638 §3.1",
            json!({"kty":"RSA","n":RFC7638_N,"e":"AQAB","alg":"RS256","kid":"2011-04-29"}),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            "RFC 8037 A.3",
            json!({"kty":"OKP","crv":"Ed25519","x":RFC8037_X}),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
        (
            "RFC 9449 §6.1",
            json!({"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                   "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        ),
    ] {
        assert_eq!(jwk::thumbprint(&map(key)).as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn the_examples_of_rfc_7515_are_accepted_by_the_right_key_alone() {
    let rsa = map(json!({"kty":"RSA","n":RFC7515_N,"e":"AQAB"}));
    let ec = map(json!({"kty":"EC","crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}));
    let rs256 = Verifier::of_public_jwk(Algorithm::Rs256, &rsa).unwrap();
    let ps256 = Verifier::of_public_jwk(Algorithm::Ps256, &rsa).unwrap();
    let es256 = Verifier::of_public_jwk(Algorithm::Es256, &ec).unwrap();
    let a2 = format!("eyJhbGciOiJSUzI1NiJ9.{RFC7515_PAYLOAD}.{RFC7515_A2_SIGNATURE}");
    let a3 = format!("eyJhbGciOiJFUzI1NiJ9.{RFC7515_PAYLOAD}.{RFC7515_A3_SIGNATURE}");
    assert_eq!(rs256.verify_from_client(&a2, &[]).unwrap()["iss"], "joe");
    assert_eq!(es256.verify_from_client(&a3, &[]).unwrap()["exp"], 1_300_819_380);
    assert_eq!(ps256.verify_from_client(&a2, &[]), Err(Refused::OtherAlgorithm));
    assert_eq!(rs256.verify_from_client(&a3, &[]), Err(Refused::OtherAlgorithm));
    let crossed = format!("eyJhbGciOiJFUzI1NiJ9.{RFC7515_PAYLOAD}.{RFC7515_A2_SIGNATURE}");
    assert_eq!(es256.verify_from_client(&crossed, &[]), Err(Refused::SignatureWrong));
}

/// Its payload is a sentence: the signature is found right before the payload is found not to be claims.
#[test]
fn the_signature_of_rfc_8037_is_right_and_a_changed_one_wrong() {
    let okp = map(json!({"kty":"OKP","crv":"Ed25519","x":RFC8037_X}));
    let verifier = Verifier::of_public_jwk(Algorithm::EdDsa, &okp).unwrap();
    assert_eq!(verifier.verify_from_client(RFC8037_TOKEN, &[]), Err(Refused::PayloadUnreadable));
    let changed = RFC8037_TOKEN.replace(".hgyY0il", ".hgyY0im");
    assert_eq!(verifier.verify_from_client(&changed, &[]), Err(Refused::SignatureWrong));
}

fn big(jwk: &Map<String, Value>, name: &str) -> BigNum {
    BigNum::from_slice(&URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()).unwrap()
}

/// Rebuilds the public key from the published JWK with OpenSSL alone.
fn foreign_key(jwk: &Map<String, Value>) -> PKey<Public> {
    match jwk["kty"].as_str().unwrap() {
        "RSA" => {
            let rsa = Rsa::from_public_components(big(jwk, "n"), big(jwk, "e")).unwrap();
            PKey::from_rsa(rsa).unwrap()
        }
        "EC" => {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            let (x, y) = (big(jwk, "x"), big(jwk, "y"));
            let ec = EcKey::from_public_key_affine_coordinates(&group, &x, &y).unwrap();
            let mut context = BigNumContext::new().unwrap();
            assert!(ec.public_key().is_on_curve(&group, &mut context).unwrap());
            PKey::from_ec_key(ec).unwrap()
        }
        _ => {
            let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
            PKey::public_key_from_raw_bytes(&x, Id::ED25519).unwrap()
        }
    }
}

fn openssl_accepts(algorithm: Algorithm, jwk: &Map<String, Value>, token: &str) -> bool {
    let key = foreign_key(jwk);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let sha256 = MessageDigest::sha256();
    match algorithm {
        Algorithm::Rs256 => {
            let mut verifier = OpensslVerifier::new(sha256, &key).unwrap();
            verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap()
        }
        Algorithm::Ps256 => {
            let mut verifier = OpensslVerifier::new(sha256, &key).unwrap();
            verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            verifier.set_rsa_mgf1_md(sha256).unwrap();
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap()
        }
        Algorithm::Es256 => {
            // JW-02: r and s in 32 bytes each, not DER.
            assert_eq!(signature.len(), 64);
            let number = |bytes| BigNum::from_slice(bytes).unwrap();
            let (r, s) = signature.split_at(32);
            let digest = openssl::sha::sha256(signed.as_bytes());
            let signature = EcdsaSig::from_private_components(number(r), number(s)).unwrap();
            signature.verify(&digest, &key.ec_key().unwrap()).unwrap()
        }
        Algorithm::EdDsa => {
            let mut verifier = OpensslVerifier::new_without_digest(&key).unwrap();
            verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap()
        }
    }
}

/// JW-02. Seen red with the signature of P-256 in DER.
#[test]
fn openssl_accepts_what_we_sign_and_nothing_else() {
    for algorithm in Algorithm::ALL {
        let signer = signer(algorithm);
        let token = signer.sign("JWT", &json!({"sub": "person"})).unwrap();
        let other = signer.sign("JWT", &json!({"sub": "persom"})).unwrap();
        let (signed, _) = token.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        assert!(openssl_accepts(algorithm, signer.public_jwk(), &token), "{algorithm:?}");
        let mixed = format!("{signed}.{signature}");
        assert!(!openssl_accepts(algorithm, signer.public_jwk(), &mixed), "{algorithm:?}");
    }
}

/// B4: one signature in 128 has an r or s with a leading zero byte, which a careless encoder drops.
#[test]
fn every_p256_signature_is_64_bytes_long() {
    let signer = signer(Algorithm::Es256);
    for number in 0..600 {
        let token = signer.sign("JWT", &json!({"jti": number})).unwrap();
        assert!(openssl_accepts(Algorithm::Es256, signer.public_jwk(), &token));
    }
}

#[test]
fn the_header_says_algorithm_key_and_kind_in_that_order() {
    let signer = signer(Algorithm::Ps256);
    let token = signer.sign("at+jwt", &json!({})).unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let expected = format!(r#"{{"alg":"PS256","kid":"{}","typ":"at+jwt"}}"#, signer.kid());
    assert_eq!(String::from_utf8(header).unwrap(), expected);
}

#[test]
fn private_keys_leave_as_pkcs8_and_come_back_the_same() {
    for algorithm in Algorithm::ALL {
        let key = key(algorithm);
        assert!(PKey::private_key_from_pkcs8(key.expose_pkcs8()).is_ok(), "{algorithm:?}");
        let again =
            magpie_vault::SigningKeyMaterial::from_pkcs8(algorithm, key.expose_pkcs8()).unwrap();
        assert_eq!((again.kid(), again.public_jwk()), (key.kid(), key.public_jwk()));
    }
}

#[test]
fn two_threads_share_one_signer() {
    for algorithm in Algorithm::ALL {
        let signer = signer(algorithm);
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let signer = signer.clone();
                scope.spawn(move || {
                    for number in 0..20 {
                        let claims = json!({"thread": thread, "number": number});
                        let token = signer.sign("JWT", &claims).unwrap();
                        let read = signer.verifier().verify(&token, "JWT").unwrap();
                        assert_eq!(Value::Object(read), claims);
                    }
                });
            }
        });
    }
}
