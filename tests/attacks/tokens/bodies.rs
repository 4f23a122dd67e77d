//! What a token request may look like: its method, its media type, its size, its encoding, its fields.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Application, raw};

use crate::place::{Place, assert_json, post, redeem};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn basic(app: &Application) -> String {
    let pair = format!("{}:{}", app.client_id, app.secret.as_deref().unwrap());
    format!("Basic {}", STANDARD.encode(pair))
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A right body, which only its wrapping may spoil.
fn right(app: &Application, code: &str) -> String {
    form(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &app.redirect_uri),
    ])
}

/// TK-01, G5. Seen red with every method answered, and with preflights of every origin allowed.
#[tokio::test]
async fn the_token_endpoint_answers_post_alone() {
    let place = Place::open().await;
    let before = place.facts.picture().await;
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/oauth2/token", place.house.issuer))
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .body(Vec::new())
            .unwrap();
        let page = place.app().send(request).await;
        assert_eq!(page.status, 405, "{method}");
        assert_eq!(page.header("allow"), "POST", "{method}");
        assert!(page.headers.get("access-control-allow-origin").is_none(), "{method}");
    }
    assert_eq!(place.facts.picture().await, before);
    place.close().await;
}

/// TK-02, T1: not 415 and not 422, which are not OAuth. Seen red with the media type not looked at.
#[tokio::test]
async fn a_body_that_is_no_form_is_an_invalid_request_and_leaves_the_code_alone() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let endpoint = format!("{}/oauth2/token", place.house.issuer);
    let (authorization, right) = (basic(&app), right(&app, &code));
    let json = serde_json::json!({"grant_type": "authorization_code", "code": code}).to_string();
    let proof = ("authorization", &*authorization);
    for (kind, body) in [
        (Some("application/json"), &json),
        (Some("application/json"), &right),
        (Some("multipart/form-data; boundary=x"), &right),
        (Some("text/plain"), &right),
        (Some("application/x-www-form-urlencoded; charset=utf-16"), &right),
        (Some("application/x-www-form-urlencoded, application/json"), &right),
        (Some(""), &right),
        (None, &right),
    ] {
        let mut headers = vec![proof];
        headers.extend(kind.map(|kind| ("content-type", kind)));
        let page = post(&app, &endpoint, &headers, body.as_bytes()).await;
        assert_json(&page, 400, "invalid_request");
    }
    let zipped = [proof, FORM, ("content-encoding", "gzip")];
    assert_json(&post(&app, &endpoint, &zipped, right.as_bytes()).await, 400, "invalid_request");
    assert_eq!(place.facts.picture().await, before);
    let upper = [proof, ("content-type", "Application/X-WWW-Form-Urlencoded; Charset=\"UTF-8\"")];
    let page = post(&app, &endpoint, &upper, right.as_bytes()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    place.close().await;
}

/// TK-04, G2: nothing is decided between two values of one name, equal and empty ones included. Seen red with the first
/// of two values taken.
#[tokio::test]
async fn a_field_that_is_sent_twice_is_an_invalid_request_and_leaves_the_code_alone() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let endpoint = format!("{}/oauth2/token", place.house.issuer);
    let (authorization, right) = (basic(&app), right(&app, &code));
    let headers = [("authorization", &*authorization), FORM];
    let same = form(&[("code", &code)]);
    for added in [
        "grant_type=authorization_code",
        "grant_type=",
        "code=another",
        &same,
        "redirect_uri=https%3A%2F%2Fevil.example",
        "code_verifier=a&code_verifier=b",
        "client_id=app&client_id=app",
        "client_secret=a&client_secret=b",
        "scope=openid&scope=openid",
        "unknown=1&unknown=2",
        "c%6Fde=another",
    ] {
        let body = format!("{right}&{added}");
        let page = post(&app, &endpoint, &headers, body.as_bytes()).await;
        assert_json(&page, 400, "invalid_request");
        let first = format!("{added}&{right}");
        let page = post(&app, &endpoint, &headers, first.as_bytes()).await;
        assert_json(&page, 400, "invalid_request");
    }
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200);
    place.close().await;
}

/// TK-04, DB-18: bytes that two decoders would read differently reach no database. Seen red with broken escapes passed
/// through, with bytes that are no UTF-8 replaced, with NUL let in, and without the limit on fields.
#[tokio::test]
async fn a_body_that_does_not_decode_is_an_invalid_request() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let endpoint = format!("{}/oauth2/token", place.house.issuer);
    let (authorization, right) = (basic(&app), right(&app, &code));
    let headers = [("authorization", &*authorization), FORM];
    let many: String = (0..300).map(|number| format!("&n{number}=1")).collect();
    let tails: [&[u8]; 8] = [
        b"&x=%FF",
        b"&x=%zz",
        b"&x=%4",
        b"&x=%",
        b"&x=\xff\xfe",
        b"&x=%00",
        b"&%00=x",
        many.as_bytes(),
    ];
    for tail in tails {
        let body = [right.as_bytes(), tail].concat();
        let page = post(&app, &endpoint, &headers, &body).await;
        assert_json(&page, 400, "invalid_request");
    }
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200);
    place.close().await;
}

/// TK-04, CA-06: what stands in a query ends up in logs; the house searches its own when it closes. Seen red with the
/// query passed over, and with it in the log.
#[tokio::test]
async fn parameters_in_the_query_are_refused_whatever_they_are() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let (authorization, right) = (basic(&app), right(&app, &code));
    let secret = form(&[("client_id", "app"), ("client_secret", app.secret.as_deref().unwrap())]);
    for query in [&*right, &*secret, "x=1", "x", "%FF"] {
        let url = format!("{}/oauth2/token?{query}", place.house.issuer);
        let headers = [("authorization", &*authorization), FORM];
        assert_json(&post(&app, &url, &headers, right.as_bytes()).await, 400, "invalid_request");
        assert_json(&post(&app, &url, &[FORM], b"").await, 400, "invalid_request");
    }
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200);
    place.close().await;
}

/// Section 4 (limits): 64 KiB are read, one byte more is refused, however its length is told.
#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_too_large() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let endpoint = format!("{}/oauth2/token", place.house.issuer);
    let authorization = basic(&app);
    let headers = [("authorization", &*authorization), FORM];
    let mut body = format!("{}&pad=", right(&app, &code));
    body.push_str(&"a".repeat(64 * 1024 + 1 - body.len()));
    let page = post(&app, &endpoint, &headers, body.as_bytes()).await;
    assert_eq!(page.status, 413, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    let chunked = format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: {}\r\nauthorization: {authorization}\r\ncontent-type: {}\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        place.house.authority(),
        FORM.1,
        body.len(),
    );
    let answer = raw(place.house.address(), chunked.as_bytes(), Duration::from_secs(5)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("invalid_request"), "{answer}");
    assert_eq!(place.facts.picture().await, before);
    body.pop();
    let page = post(&app, &endpoint, &headers, body.as_bytes()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    place.close().await;
}

/// T9, T10, G1: what is missing, what is unknown, what is empty. Seen red with empty values that count, and with an
/// unknown name refused (G1).
#[tokio::test]
async fn a_grant_type_that_is_not_ours_is_named_exactly() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    for grant_type in [
        "password",
        "implicit",
        "Refresh_Token",
        "Authorization_Code",
        " authorization_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ] {
        let page = redeem(&app, &code, &[("grant_type", grant_type), ("username", "x")]).await;
        assert_json(&page, 400, "unsupported_grant_type");
    }
    for of_others in [
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        let page = redeem(&app, &code, &[("grant_type", of_others)]).await;
        assert_json(&page, 400, "unauthorized_client");
    }
    assert_json(&redeem(&app, &code, &[("grant_type", "")]).await, 400, "invalid_request");
    assert_json(&app.token(&[("grant_type", "")]).await, 400, "invalid_request");
    assert_json(&app.token(&[]).await, 400, "invalid_request");
    assert_eq!(place.facts.picture().await, before);
    let page = redeem(&app, &code, &[("foo", "1"), ("scope", " "), ("audience", "x")]).await;
    assert_eq!(page.status, 200, "stray fields are ignored: {}", page.body);
    place.close().await;
}
