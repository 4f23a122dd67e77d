use magpie_domain::testing::SAMPLE_NOW;
use serde_json::json;

use super::*;
use crate::error::ErrorCode;
use crate::samples::{issuer, params};

fn claims() -> Map<String, Value> {
    let claims = json!({
        "jti": "one", "htm": "GET", "htu": "https://login.example.com/oauth2/userinfo",
        // The hash of "abc" in RFC 9449's way: base64url of SHA-256.
        "ath": "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", "iat": 1, "nonce": "good",
    });
    claims.as_object().unwrap().clone()
}

fn judged(claims: &Map<String, Value>) -> Result<&str, ProofRefusal> {
    let (issuer, token) = (issuer(), TokenText::new("abc".to_owned()));
    let call = ProvedCall {
        method: "GET",
        issuer: &issuer,
        path: "/oauth2/userinfo",
        access_token: Some(&token),
    };
    check(claims, &call, |nonce| nonce == "good")
}

fn is_invalid(judged: Result<&str, ProofRefusal>) -> bool {
    matches!(judged, Err(ProofRefusal::Invalid(_)))
}

/// X1, the example of RFC 9449 §7.1. Seen red with SHA-512.
#[test]
fn the_hash_of_a_token_is_that_of_the_rfc() {
    let token = TokenText::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".to_owned());
    assert_eq!(token_hash(&token), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
}

/// X1. Seen red for each member with its comparison left out.
#[test]
fn a_proof_is_for_one_call() {
    assert_eq!(judged(&claims()), Ok("one"));
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        let mut without = claims();
        without.remove(name);
        assert!(is_invalid(judged(&without)), "{name}");
    }
    for (name, value) in [
        ("jti", json!("")),
        ("jti", json!(7)),
        ("htm", json!("get")),
        ("htm", json!("POST")),
        ("htu", json!("https://other.example/oauth2/userinfo")),
        ("htu", json!("http://login.example.com/oauth2/userinfo")),
        ("htu", json!("https://login.example.com/oauth2/token")),
        ("htu", json!("https://login.example.com/oauth2/userinfo/")),
        ("htu", json!("https://u@login.example.com/oauth2/userinfo")),
        ("htu", json!("https://login.example.com:444/oauth2/userinfo")),
        ("htu", json!("/oauth2/userinfo")),
        ("htu", json!(["https://login.example.com/oauth2/userinfo"])),
        ("iat", json!("1")),
        ("iat", json!(null)),
        ("ath", json!("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1")),
        ("ath", json!("")),
    ] {
        let mut other = claims();
        other.insert(name.to_owned(), value);
        assert!(is_invalid(judged(&other)), "{name} {}", other[name]);
    }
}

/// X7 and §4.3 step 9: query and fragment do not count, and neither does how a URL happens to be written.
#[test]
fn an_address_may_be_spelled_in_any_way_that_means_the_same() {
    for htu in [
        "https://login.example.com/oauth2/userinfo?a=b#c",
        "HTTPS://LOGIN.example.com/oauth2/userinfo",
        "https://login.example.com:443/oauth2/userinfo",
        "https://login.example.com/x/../oauth2/userinfo",
    ] {
        let mut other = claims();
        other.insert("htu".to_owned(), json!(htu));
        assert_eq!(judged(&other), Ok("one"), "{htu}");
    }
}

/// X2: the nonce is asked for last, so that a client never repeats what would be refused all the same.
#[test]
fn a_proof_repeats_a_nonce_and_any_iat_will_do() {
    for nonce in [json!("old"), json!(""), json!(1), json!(null)] {
        let mut other = claims();
        other.insert("nonce".to_owned(), nonce);
        assert_eq!(judged(&other), Err(ProofRefusal::NonceWanted));
        other.insert("htm".to_owned(), json!("PUT"));
        assert!(is_invalid(judged(&other)));
    }
    for iat in [json!(0), json!(4_000_000_000_i64), json!(1.5)] {
        let mut other = claims();
        other.insert("iat".to_owned(), iat);
        assert_eq!(judged(&other), Ok("one"));
    }
}

#[test]
fn a_proof_for_the_token_endpoint_needs_no_ath() {
    let issuer = issuer();
    let call =
        ProvedCall { method: "GET", issuer: &issuer, path: "/oauth2/userinfo", access_token: None };
    let mut without = claims();
    without.remove("ath");
    assert_eq!(check(&without, &call, |_any| true), Ok("one"));
}

#[test]
fn one_header_is_read_and_two_are_none() {
    assert_eq!(single(&[]), Ok(None));
    assert_eq!(single(&["a".to_owned()]), Ok(Some("a")));
    assert!(single(&["a".to_owned(), "a".to_owned()]).is_err());
}

/// A nonce is good for two to four minutes, and for a replica whose clock is two minutes off.
#[test]
fn a_nonce_is_good_for_its_term_and_the_next() {
    let later = |seconds| SAMPLE_NOW.plus(Lifetime::from_seconds(seconds));
    let first = term(SAMPLE_NOW);
    assert!(good_terms(SAMPLE_NOW).contains(&first));
    assert!(good_terms(later(120)).contains(&first));
    assert!(!good_terms(later(240)).contains(&first));
    assert!(good_terms(SAMPLE_NOW.minus(Lifetime::from_seconds(120))).contains(&first));
    // Whoever is remembered outlives the last moment at which the nonce is good.
    let gone = later(0).plus(REMEMBERED);
    assert!(!good_terms(gone).contains(&first.saturating_add(1)));
}

/// X6.
#[test]
fn a_request_names_its_key_by_a_thumbprint_or_not_at_all() {
    let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let read = |text: &str| key_of_request(&params(&format!("dpop_jkt={text}")));
    assert_eq!(key_of_request(&params("")), Ok(None));
    assert_eq!(read(thumbprint), Ok(Some(thumbprint.to_owned())));
    for bad in ["short", &thumbprint.replace('-', "%2B"), &format!("{thumbprint}A")] {
        assert_eq!(read(bad).unwrap_err().code, ErrorCode::InvalidRequest, "{bad}");
    }
}

/// X6, RFC 9449 §10.1. Seen red with the proof ignored, and with the parameter winning.
#[test]
fn a_proof_at_the_push_binds_the_code() {
    let named = || params("client_id=app&dpop_jkt=one");
    let kept = |params: Params, proved| {
        pushed_with(params, proved).map(|kept| kept.get("dpop_jkt").map(str::to_owned))
    };
    assert_eq!(kept(params("client_id=app"), None), Ok(None));
    assert_eq!(kept(params("client_id=app"), Some("one")), Ok(Some("one".to_owned())));
    assert_eq!(kept(named(), None), Ok(Some("one".to_owned())));
    assert_eq!(kept(named(), Some("one")), Ok(Some("one".to_owned())));
    assert_eq!(kept(named(), Some("other")).unwrap_err().code, ErrorCode::InvalidRequest);
}
