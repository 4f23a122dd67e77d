use magpie_domain::testing::sample_grant;
use proptest::prelude::*;

use super::*;
use crate::error::ErrorCode::{self, InvalidGrant, InvalidRequest, UnsupportedGrantType};
use crate::grant::GrantRequest;
use crate::samples::{client, params};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn read(form: &str) -> Result<CodeRequest, ErrorCode> {
    let read = GrantRequest::read(&params(form), &client()).map_err(|error| error.code)?;
    let GrantRequest::AuthorizationCode(request) = read else { panic!("{read:?}") };
    Ok(request)
}

/// T9, T10, A25, TK-04, TK-05, design §6 on stray fields. Seen red with an unknown grant type taken for the
/// code's (A25), and with the first of two values taken.
#[test]
fn a_token_request_names_a_known_grant_type_once_and_a_code() {
    for (form, expected) in [
        ("", Some(InvalidRequest)),
        ("grant_type=", Some(InvalidRequest)),
        ("grant_type=password&username=a", Some(UnsupportedGrantType)),
        ("grant_type=refresh_token", Some(InvalidRequest)),
        ("grant_type=client_credentials", Some(ErrorCode::UnauthorizedClient)),
        ("grant_type=authorization_code", Some(InvalidRequest)),
        ("grant_type=authorization_code&code=a&resource=relative", Some(ErrorCode::InvalidTarget)),
        ("grant_type=authorization_code&code=", Some(InvalidRequest)),
        ("grant_type=authorization_code&code=a&code=b", Some(InvalidRequest)),
        (
            "grant_type=authorization_code&grant_type=authorization_code&code=a",
            Some(InvalidRequest),
        ),
        ("grant_type=authorization_code&code=a&stray=1&stray=2", Some(InvalidRequest)),
        ("grant_type=authorization_code&code=a", None),
        ("grant_type=authorization_code&code=a&scope=x&data=y", None),
    ] {
        assert_eq!(read(form).err(), expected, "{form}");
    }
}

/// TK-05, TK-14.
#[test]
fn only_what_looks_like_a_code_of_ours_names_a_grant() {
    let id = sample_grant().id;
    let secret = "a".repeat(43);
    let text = |code: &str| CodeRequest {
        code: TokenText::new(code.to_owned()),
        redirect_uri: None,
        code_verifier: None,
        resources: Vec::new(),
    };
    let code = CodeRequest::write_code(&id, &TokenText::new(secret.clone()));
    let request = text(code.expose());
    assert_eq!(request.handle(), Some((id.clone(), secret.as_str())));
    for bad in [
        String::new(),
        ".".to_owned(),
        secret.clone(),
        format!("{id}"),
        format!("{id}."),
        format!("{id}.{}", "a".repeat(42)),
        format!("{id}.{}", "a".repeat(44)),
        format!("{id}.{}+", "a".repeat(42)),
        format!("{id}.{secret}."),
        format!("{}.{secret}", id.as_str().to_uppercase()),
        format!("x{id}.{secret}"),
        "a".repeat(1_000_000),
    ] {
        assert_eq!(text(&bad).handle(), None, "{bad:.60}");
    }
}

/// TK-06, TK-08, TK-09, TK-10, protocol P3, P4, P5. Seen red with a missing verifier accepted, with the challenge
/// accepted for one, with one accepted where there was no challenge, with a missing address accepted, and with letters
/// of either case.
#[test]
fn a_code_needs_its_redirect_uri_and_its_verifier() {
    let uri = "https://app.example/cb";
    let long = "a".repeat(129);
    for (redirect_uri, verifier, challenge, accepted) in [
        (Some(uri), None, None, true),
        (Some(uri), Some(VERIFIER), Some(CHALLENGE), true),
        (None, None, None, false),
        (Some("https://app.example/cb/"), None, None, false),
        (Some("https://app.example/cB"), None, None, false),
        (Some("https://app.example/cb/"), Some(VERIFIER), Some(CHALLENGE), false),
        (Some(uri), None, Some(CHALLENGE), false),
        (Some(uri), Some(VERIFIER), None, false),
        (Some(uri), Some(CHALLENGE), Some(CHALLENGE), false),
        (Some(uri), Some("short"), Some(CHALLENGE), false),
        (Some(uri), Some(long.as_str()), Some(CHALLENGE), false),
    ] {
        let request = CodeRequest {
            code: TokenText::new(String::new()),
            redirect_uri: redirect_uri.map(str::to_owned),
            code_verifier: verifier.map(|text| TokenText::new(text.to_owned())),
            resources: Vec::new(),
        };
        let grant = Grant { code_challenge: challenge.map(str::to_owned), ..sample_grant() };
        let expected = if accepted { None } else { Some(InvalidGrant) };
        let got = check(&request, &grant, None).err().map(|error| error.code);
        assert_eq!(got, expected, "{redirect_uri:?} {verifier:?} {challenge:?}");
        assert_eq!(
            request.meets_challenge_of(&grant),
            verifier == Some(VERIFIER) && challenge.is_some()
        );
    }
}

/// X6. Seen red without the comparison.
#[test]
fn a_code_that_is_bound_to_a_key_needs_that_key() {
    let request = CodeRequest {
        code: TokenText::new(String::new()),
        redirect_uri: Some("https://app.example/cb".to_owned()),
        code_verifier: None,
        resources: Vec::new(),
    };
    for (bound, proved, expected) in [
        (None, None, None),
        (None, Some("one"), None),
        (Some("one"), Some("one"), None),
        (Some("one"), Some("other"), Some(InvalidGrant)),
        (Some("one"), None, Some(InvalidGrant)),
    ] {
        let grant = Grant { dpop_jkt: bound.map(str::to_owned), ..sample_grant() };
        let got = check(&request, &grant, proved).err().map(|error| error.code);
        assert_eq!(got, expected, "{bound:?} {proved:?}");
    }
}

#[test]
fn the_vector_of_the_rfc_holds_and_shapes_are_checked() {
    assert!(meets_challenge(VERIFIER, CHALLENGE));
    for length in [42, 43, 128, 129] {
        let verifier = "a".repeat(length);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        assert_eq!(
            meets_challenge(&verifier, &challenge),
            (43..=128).contains(&length),
            "{length}"
        );
    }
    let spaced = format!("{} ", "a".repeat(43));
    assert!(!meets_challenge(&spaced, &URL_SAFE_NO_PAD.encode(Sha256::digest(&spaced))));
    assert!(!meets_challenge(VERIFIER, ""));
}

#[test]
fn no_code_and_no_verifier_can_be_printed() {
    let request =
        read("grant_type=authorization_code&code=s3cr3t-a&code_verifier=s3cr3t-b").unwrap();
    assert!(!format!("{request:?}").contains("s3cr3t"));
}

proptest! {
    #[test]
    fn no_other_verifier_meets_the_challenge(verifier in "[A-Za-z0-9._~-]{43,128}") {
        prop_assume!(verifier != VERIFIER);
        prop_assert!(!meets_challenge(&verifier, CHALLENGE));
    }
}
