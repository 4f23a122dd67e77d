use proptest::prelude::*;

use super::*;
use crate::params::Params;
use crate::samples::issuer;

fn location(uri: &str, answer: &Answer<'_>) -> String {
    let uri = RedirectUri::register(uri).unwrap();
    match render(&uri, ResponseMode::Query, &plain(&issuer(), answer)) {
        AuthorizationResponse::Redirect { location } => location,
        other @ AuthorizationResponse::FormPost { .. } => panic!("{other:?}"),
    }
}

/// A16, A18. Seen red with the registered query dropped.
#[test]
fn parameters_are_added_to_the_query_that_is_registered() {
    let answer = Answer::Code { code: "c", state: Some("s") };
    let added = "code=c&state=s&iss=https%3A%2F%2Flogin.example.com";
    for (uri, joint) in [
        ("https://a.example/cb", "?"),
        ("https://a.example/cb?a=1", "&"),
        ("https://a.example/cb?", ""),
        ("https://a.example/cb?a=1&", ""),
        ("https://a.example/cb?a=%2F%20", "&"),
        ("com.example.app:/cb", "?"),
    ] {
        assert_eq!(location(uri, &answer), format!("{uri}{joint}{added}"));
    }
}

#[test]
fn an_error_carries_description_state_and_issuer_and_no_code() {
    let error = OAuthError::login_required("the person must sign in");
    assert_eq!(
        location("https://a.example/cb", &Answer::Error { error: &error, state: None }),
        "https://a.example/cb?error=login_required\
         &error_description=the%20person%20must%20sign%20in&iss=https%3A%2F%2Flogin.example.com"
    );
}

/// A23: errors are posted too, and values are left for the page to escape. Seen red with errors without the issuer.
#[test]
fn a_form_carries_the_same_fields_as_a_redirect() {
    let uri = RedirectUri::register("https://a.example/cb?a=1").unwrap();
    let error = OAuthError::access_denied("no");
    let state = Some("\"><script>");
    let issuer = issuer();
    let form = |answer| render(&uri, ResponseMode::FormPost, &plain(&issuer, &answer));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let iss = pair("iss", "https://login.example.com");
    let action = || "https://a.example/cb?a=1".to_owned();
    assert_eq!(
        form(Answer::Code { code: "c", state }),
        AuthorizationResponse::FormPost {
            action: action(),
            fields: vec![pair("code", "c"), pair("state", "\"><script>"), iss.clone()],
        }
    );
    assert_eq!(
        form(Answer::Error { error: &error, state: None }),
        AuthorizationResponse::FormPost {
            action: action(),
            fields: vec![pair("error", "access_denied"), pair("error_description", "no"), iss],
        }
    );
}

#[test]
fn an_answer_survives_being_kept_and_cannot_be_printed() {
    let uri = RedirectUri::register("https://a.example/cb").unwrap();
    let answer = Answer::Code { code: "s3cr3t-planted", state: Some("s3cr3t-planted") };
    for mode in [ResponseMode::Query, ResponseMode::FormPost] {
        let response = render(&uri, mode, &plain(&issuer(), &answer));
        let kept = serde_json::to_string(&response).unwrap();
        assert_eq!(serde_json::from_str::<AuthorizationResponse>(&kept).unwrap(), response);
        assert!(!format!("{response:?}{answer:?}").contains("s3cr3t"));
    }
}

/// A16, JARM §2.1 and §2.3: everything is inside, and nothing stands beside it.
#[test]
fn a_signed_answer_says_the_same_to_one_client_and_for_a_while() {
    let uri = RedirectUri::register("https://a.example/cb?a=1").unwrap();
    let (client, until) = (ClientId::parse("app").unwrap(), Timestamp::from_seconds(1_800_000_600));
    let said = |answer| Value::Object(claims(&issuer(), &client, until, &answer));
    let (iss, exp) = ("https://login.example.com", 1_800_000_600);
    assert_eq!(
        said(Answer::Code { code: "c", state: Some("s\"") }),
        json!({"iss": iss, "aud": "app", "exp": exp, "code": "c", "state": "s\""})
    );
    let error = OAuthError::access_denied("no");
    assert_eq!(
        said(Answer::Error { error: &error, state: None }),
        json!({"iss": iss, "aud": "app", "exp": exp, "error": "access_denied", "error_description": "no"})
    );
    let redirect = render(&uri, ResponseMode::QueryJwt, &signed("h.p.s"));
    let location = "https://a.example/cb?a=1&response=h.p.s".to_owned();
    assert_eq!(redirect, AuthorizationResponse::Redirect { location });
    let form = render(&uri, ResponseMode::FormPostJwt, &signed("h.p.s"));
    let fields = vec![("response".to_owned(), "h.p.s".to_owned())];
    let action = "https://a.example/cb?a=1".to_owned();
    assert_eq!(form, AuthorizationResponse::FormPost { action, fields });
}

proptest! {
    /// A17: equal after decoding, and inert in a header. Seen red with characters outside ASCII left out.
    #[test]
    fn state_comes_back_byte_for_byte(state in "[^\0]{1,60}") {
        let location = location("https://a.example/cb", &Answer::Code { code: "c", state: Some(&state) });
        prop_assert!(location.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>#\\'".contains(&b)));
        let (_, query) = location.split_once('?').unwrap();
        let read = Params::from_query(query).unwrap();
        prop_assert_eq!(read.get("state"), Some(state.as_str()));
    }
}
