//! Tokens that an attacker, or a careless client, would bring (JW-04, JW-05, JW-06, CA-09, CA-10, CA-12).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::Algorithm;
use magpie_vault::verify::LONGEST_TOKEN;
use magpie_vault::{Refused, VaultError, Verifier, peek};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer as OpensslSigner;
use serde_json::{Map, Value, json};

use crate::{key, signer};

const CLAIMS: &str = r#"{"sub":"person"}"#;

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Signs any header and payload with our real RS256 key, through OpenSSL: only the form can be at fault.
fn truly_signed(header: &str, payload: &str) -> String {
    let private = PKey::private_key_from_pkcs8(key(Algorithm::Rs256).expose_pkcs8()).unwrap();
    let signed = format!("{}.{}", encode(header), encode(payload));
    let mut signer = OpensslSigner::new(MessageDigest::sha256(), &private).unwrap();
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn ours() -> Verifier {
    signer(Algorithm::Rs256).verifier().clone()
}

fn header_with(extra: &str) -> String {
    format!(r#"{{"alg":"RS256","kid":"{}","typ":"JWT"{extra}}}"#, key(Algorithm::Rs256).kid())
}

#[test]
fn a_token_of_ours_is_accepted_by_its_own_verifier_alone() {
    for algorithm in Algorithm::ALL {
        let signer = signer(algorithm);
        let token = signer.sign("JWT", &json!({"sub": "person"})).unwrap();
        assert_eq!(signer.verifier().verify(&token, "JWT").unwrap()["sub"], "person");
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let verifier = crate::signer(other).verifier().clone();
            assert_eq!(verifier.verify(&token, "JWT"), Err(Refused::OtherAlgorithm));
        }
    }
    assert!(ours().verify(&truly_signed(&header_with(""), CLAIMS), "JWT").is_ok());
}

#[test]
fn the_rsa_public_key_is_no_hmac_secret() {
    let private = PKey::private_key_from_pkcs8(key(Algorithm::Rs256).expose_pkcs8()).unwrap();
    for secret in [private.public_key_to_pem().unwrap(), private.public_key_to_der().unwrap()] {
        let secret = PKey::hmac(&secret).unwrap();
        for alg in ["HS256", "RS256", "hs256"] {
            let header = header_with("").replace("RS256", alg);
            let signed = format!("{}.{}", encode(&header), encode(CLAIMS));
            let mut signer = OpensslSigner::new(MessageDigest::sha256(), &secret).unwrap();
            let mac = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
            let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
            let expected =
                if alg == "RS256" { Refused::SignatureWrong } else { Refused::OtherAlgorithm };
            assert_eq!(ours().verify(&token, "JWT"), Err(expected));
        }
    }
}

#[test]
fn an_unsigned_token_is_refused_however_it_spells_none() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = header_with("").replace("RS256", alg);
        for signature in ["", "AA"] {
            let token = format!("{}.{}.{signature}", encode(&header), encode(CLAIMS));
            assert_eq!(ours().verify(&token, "JWT"), Err(Refused::OtherAlgorithm), "{alg}");
        }
    }
    let emptied = format!("{}.{}.", encode(&header_with("")), encode(CLAIMS));
    assert_eq!(ours().verify(&emptied, "JWT"), Err(Refused::SignatureWrong));
}

/// The same RSA key under the other padding: the signature is right for RS256, the key is held for PS256.
#[test]
fn an_rs256_token_is_refused_by_a_ps256_verifier_of_the_same_key() {
    let mut public = key(Algorithm::Rs256).public_jwk().clone();
    public.remove("alg");
    let ps256 = Verifier::of_public_jwk(Algorithm::Ps256, &public).unwrap();
    let token = truly_signed(&header_with(""), CLAIMS);
    assert_eq!(ps256.verify(&token, "JWT"), Err(Refused::OtherAlgorithm));
    let relabelled = truly_signed(&header_with("").replace("RS256", "PS256"), CLAIMS);
    assert_eq!(ps256.verify(&relabelled, "JWT"), Err(Refused::SignatureWrong));
}

/// B3, CA-12. Seen red with crit ignored, with jku and x5u ignored, with jwk ignored, with kid not compared, and with `zip`
/// passed over.
#[test]
fn a_header_that_is_not_exactly_ours_is_refused() {
    let kid = key(Algorithm::Rs256).kid();
    let cases = [
        (r#"{"alg":"RS256","kid":"other","typ":"JWT"}"#.to_owned(), Refused::OtherKey),
        (r#"{"alg":"RS256","typ":"JWT"}"#.to_owned(), Refused::OtherKey),
        (r#"{"alg":"RS256","kid":7,"typ":"JWT"}"#.to_owned(), Refused::OtherKey),
        (format!(r#"{{"kid":"{kid}","typ":"JWT"}}"#), Refused::OtherAlgorithm),
        (format!(r#"{{"alg":["RS256"],"kid":"{kid}","typ":"JWT"}}"#), Refused::OtherAlgorithm),
        (header_with("").replace("RS256", "rs256"), Refused::OtherAlgorithm),
        (header_with("").replace(r#""JWT""#, r#""at+jwt""#), Refused::OtherKind),
        (header_with("").replace(r#""JWT""#, "null"), Refused::OtherKind),
        (header_with("").replace(r#","typ":"JWT""#, ""), Refused::OtherKind),
        (header_with(r#","crit":["b64"],"b64":false"#), Refused::HeaderSteers),
        (header_with(r#","crit":[]"#), Refused::HeaderSteers),
        (header_with(r#","jku":"https://evil.example/jwks""#), Refused::HeaderSteers),
        (header_with(r#","x5u":"https://evil.example/x""#), Refused::HeaderSteers),
        (header_with(r#","jwk":{"kty":"RSA"}"#), Refused::HeaderSteers),
        (header_with(r#","zip":"DEF""#), Refused::HeaderSteers),
        (header_with(r#","alg":"RS256""#), Refused::HeaderUnreadable),
        (header_with(r#","typ":"JWT""#), Refused::HeaderUnreadable),
        ("[]".to_owned(), Refused::HeaderUnreadable),
        (format!("{} x", header_with("")), Refused::HeaderUnreadable),
    ];
    for (header, expected) in cases {
        let token = truly_signed(&header, CLAIMS);
        assert_eq!(ours().verify(&token, "JWT"), Err(expected), "{header}");
    }
}

#[test]
fn a_logout_token_is_no_id_token() {
    let signer = signer(Algorithm::Es256);
    let token = signer.sign("logout+jwt", &json!({"sub": "person"})).unwrap();
    assert_eq!(signer.verifier().verify(&token, "JWT"), Err(Refused::OtherKind));
}

/// B6, JW-06. Seen red with the five parts of a JWE read like three, with parts behind the third passed over, and with the
/// JSON serialization read.
#[test]
fn what_is_not_a_compact_jws_is_refused() {
    let token = truly_signed(&header_with(""), CLAIMS);
    let parts: Vec<_> = token.split('.').collect();
    let json = format!(
        r#"{{"protected":"{}","payload":"{}","signature":"{}"}}"#,
        parts[0], parts[1], parts[2]
    );
    let wrapped = token.replace('.', "\n.");
    let padded = format!("{}=.{}.{}", parts[0], parts[1], parts[2]);
    for bad in [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        &json,
        &wrapped,
        &padded,
        &format!(" {token}"),
        &format!("{token}\n"),
        &format!("{token}."),
        "é.é.é",
        "\0.\0.\0",
    ] {
        let refused = ours().verify(bad, "JWT").unwrap_err();
        let formal = matches!(refused, Refused::NotCompact | Refused::HeaderUnreadable);
        assert!(formal, "{bad:?} {refused:?}");
        assert!(peek(bad).is_err());
    }
    // What would cost a decrypter two thousand million rounds before it knows better (B6).
    let header =
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA","zip":"DEF"}"#;
    let jwe = format!("{}.AA.AA.AA.AA", URL_SAFE_NO_PAD.encode(header));
    assert_eq!(ours().verify(&jwe, "JWT"), Err(Refused::NotCompact));
    let as_jws = format!("{}.AA.AA", URL_SAFE_NO_PAD.encode(header));
    assert!(ours().verify(&as_jws, "JWT").is_err());
    let detached = format!("{}..{}", parts[0], parts[2]);
    assert_eq!(ours().verify(&detached, "JWT"), Err(Refused::SignatureWrong));
    let signed_nothing = truly_signed(&header_with(""), "");
    assert_eq!(ours().verify(&signed_nothing, "JWT"), Err(Refused::PayloadUnreadable));
}

/// JW-04, CA-12. Seen red with the later of two members taken.
#[test]
fn a_payload_that_is_no_plain_object_of_claims_is_refused() {
    let nested = truly_signed(&header_with(""), CLAIMS);
    let deep = format!("{}1{}", r#"{"a":"#.repeat(2000), "}".repeat(2000));
    for payload in
        [&nested, "[]", "null", "\"text\"", r#"{"sub":"a","sub":"b"}"#, r#"{"exp":1e999}"#, &deep]
    {
        let token = truly_signed(&header_with(""), payload);
        let answer = ours().verify(&token, "JWT");
        assert!(matches!(answer, Err(Refused::PayloadUnreadable | Refused::TooLong)), "{answer:?}");
    }
}

/// CA-12. Seen red with tokens of any length.
#[test]
fn a_huge_token_is_refused_before_it_is_read() {
    let huge = "A".repeat(1_000_000);
    let token = format!("{huge}.{huge}.{huge}");
    assert_eq!(ours().verify(&token, "JWT"), Err(Refused::TooLong));
    let largest = "A".repeat(LONGEST_TOKEN + 1);
    assert_eq!(peek(&largest).unwrap_err(), Refused::TooLong);
}

#[test]
fn flipping_any_character_of_the_signature_breaks_it() {
    for algorithm in Algorithm::ALL {
        let signer = signer(algorithm);
        let token = signer.sign("JWT", &json!({"sub": "person"})).unwrap();
        let start = token.rfind('.').unwrap() + 1;
        for position in (start..token.len()).step_by(7) {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(signer.verifier().verify(&changed, "JWT").is_err(), "{algorithm:?} {position}");
        }
    }
}

/// B4: r or s of zero passes a checker that divides by it without looking (as some did in 2022).
#[test]
fn a_p256_signature_of_zeros_or_in_der_is_refused() {
    let signer = signer(Algorithm::Es256);
    let token = signer.sign("JWT", &json!({"sub": "person"})).unwrap();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let der = [&[0x30_u8, 0x44, 0x02, 0x20][..], &[1; 32], &[0x02, 0x20], &[1; 32]].concat();
    for signature in [vec![0; 64], vec![0xFF; 64], vec![], vec![0; 63], vec![0; 65], der] {
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(signer.verifier().verify(&forged, "JWT"), Err(Refused::SignatureWrong));
    }
}

#[test]
fn a_clients_token_may_leave_out_kid_and_kind_but_not_lie_about_them() {
    let kinds = ["JWT", "client-authentication+jwt"];
    for (header, expected) in [
        (r#"{"alg":"RS256"}"#.to_owned(), None),
        (r#"{"alg":"RS256","typ":"jwt"}"#.to_owned(), None),
        (r#"{"alg":"RS256","typ":"application/client-authentication+jwt"}"#.to_owned(), None),
        (r#"{"alg":"RS256","typ":"dpop+jwt"}"#.to_owned(), Some(Refused::OtherKind)),
        (r#"{"alg":"RS256","typ":1}"#.to_owned(), Some(Refused::OtherKind)),
        (r#"{"alg":"RS256","kid":"other"}"#.to_owned(), Some(Refused::OtherKey)),
        (r#"{"alg":"RS256","kid":null}"#.to_owned(), Some(Refused::OtherKey)),
        (r#"{"alg":"RS256","jwk":{}}"#.to_owned(), Some(Refused::HeaderSteers)),
    ] {
        let token = truly_signed(&header, CLAIMS);
        assert_eq!(ours().verify_from_client(&token, &kinds).err(), expected, "{header}");
    }
}

#[test]
fn a_proof_is_checked_with_the_key_it_carries() {
    let public = Value::Object(key(Algorithm::Rs256).public_jwk().clone());
    let header = format!(r#"{{"alg":"RS256","typ":"dpop+jwt","jwk":{public}}}"#);
    let token = truly_signed(&header, CLAIMS);
    let unproven = peek(&token).unwrap();
    let jwk = unproven.header["jwk"].as_object().unwrap();
    let verifier = Verifier::of_public_jwk(unproven.algorithm().unwrap(), jwk).unwrap();
    assert!(verifier.verify_proof(&token, "dpop+jwt").is_ok());
    assert_eq!(verifier.verify_proof(&token, "JWT"), Err(Refused::OtherKind));
    assert!(!format!("{unproven:?}").contains("person"));
}

fn changed(public: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut public = public.clone();
    public.insert(name.to_owned(), value);
    public
}

/// B4.
#[test]
fn a_key_that_does_not_fit_its_algorithm_is_refused() {
    let rsa = key(Algorithm::Rs256).public_jwk();
    let ec = key(Algorithm::Es256).public_jwk();
    let okp = key(Algorithm::EdDsa).public_jwk();
    let zeros = URL_SAFE_NO_PAD.encode([0_u8; 32]);
    for (algorithm, jwk) in [
        (Algorithm::Rs256, ec.clone()),
        (Algorithm::Es256, rsa.clone()),
        (Algorithm::EdDsa, ec.clone()),
        (Algorithm::Rs256, changed(rsa, "d", "AQAB".into())),
        (Algorithm::Es256, changed(ec, "d", zeros.clone().into())),
        (Algorithm::Rs256, changed(rsa, "use", "enc".into())),
        (Algorithm::Rs256, changed(rsa, "key_ops", json!(["encrypt"]))),
        (Algorithm::Rs256, changed(rsa, "alg", "RS512".into())),
        (Algorithm::Rs256, changed(rsa, "n", URL_SAFE_NO_PAD.encode([0xFF; 128]).into())),
        (Algorithm::Rs256, changed(rsa, "n", URL_SAFE_NO_PAD.encode([0xFF; 2048]).into())),
        (Algorithm::Rs256, changed(rsa, "n", Value::Null)),
        (Algorithm::Rs256, changed(rsa, "e", URL_SAFE_NO_PAD.encode([0xFF; 64]).into())),
        (Algorithm::Es256, changed(ec, "crv", "secp256k1".into())),
        (Algorithm::Es256, changed(ec, "x", zeros.clone().into())),
        (Algorithm::Es256, changed(ec, "x", "AA".into())),
        (Algorithm::EdDsa, changed(okp, "crv", "Ed448".into())),
        (Algorithm::EdDsa, Map::new()),
    ] {
        let refused = Verifier::of_public_jwk(algorithm, &jwk).err();
        assert_eq!(refused, Some(VaultError::KeyUnusable(algorithm)), "{algorithm:?} {jwk:?}");
    }
}

#[test]
fn claims_that_are_no_object_are_not_signed() {
    let signer = signer(Algorithm::Es256);
    for claims in [json!([]), json!("text"), json!(null)] {
        assert_eq!(signer.sign("JWT", &claims), Err(VaultError::ClaimsUnwritable));
    }
}
