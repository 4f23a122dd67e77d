//! How a request arrives: by GET or POST and no other method, in the query or in the form and never in both.

use harness::{Browser, House, Page};

use crate::scene::{assert_code, assert_to_wechat, assert_told, come_back, rows, signed_in};

const TARGET: &str = "https://app.example/cb?keep=1";
const GOOD: [(&str, &str); 5] = [
    ("client_id", "app"),
    ("redirect_uri", TARGET),
    ("response_type", "code"),
    ("scope", "openid"),
    ("state", "state-of-the-application"),
];

/// A1, G7: OIDC Core §3.1.2.1 demands both methods; after a POST the browser always GETs. Seen red with POST refused
/// and with the hop a 307.
#[tokio::test]
async fn a_request_by_post_is_as_good_as_one_by_get() {
    let house = House::open().await;
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let hop = browser.post("/oauth2/authorize", &GOOD).await;
    assert_eq!(hop.status, 303);
    assert!(hop.location().starts_with(&format!("{}/oauth2/authorize?", house.issuer)));
    let departure = browser.get(&hop.location()).await;
    assert_eq!(rows(&house).await, before);
    let page = come_back(&house, &mut browser, &departure, "xiaoyu").await;
    assert_code(&page, &house, TARGET);
    // With the session at hand the answer comes at once.
    assert_code(&browser.post("/oauth2/authorize", &GOOD).await, &house, TARGET);
    // The refusals are the same ones, by whatever way.
    let mut stranger = Browser::new(&house);
    for browser in [&mut browser, &mut stranger] {
        let bad = [&GOOD[..], &[("prompt", "bad")]].concat();
        let page = follow(browser, &bad).await;
        assert_told(&page, &house, TARGET, "invalid_request");
        let page = follow(browser, &GOOD[1..]).await;
        page.assert_error_page(400);
        let page = follow(browser, &[&GOOD[..], &[("client_id", "app")]].concat()).await;
        page.assert_error_page(400);
    }
    house.close().await;
}

/// Posts, and follows the one hop of our own.
async fn follow(browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
    let page = browser.post("/oauth2/authorize", fields).await;
    let own = page.header("location").contains("/oauth2/authorize?");
    if own { browser.get(&page.location()).await } else { page }
}

/// AZ-34: half a request in the query and half in the body could mean two things. Seen red with the query beside a form
/// passed over.
#[tokio::test]
async fn a_request_in_two_halves_is_refused() {
    let house = House::open().await;
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    for (query, fields) in [
        ("client_id=app", &GOOD[1..]),
        ("client_id=app", &GOOD),
        ("state=other", &GOOD),
        ("foo=1", &GOOD),
        ("client_id=app&redirect_uri=https%3A%2F%2Fevil.example", &GOOD[2..]),
    ] {
        let page = browser.post(&format!("/oauth2/authorize?{query}"), fields).await;
        page.assert_error_page(400);
        assert_eq!(page.cause(), "bad_request", "{query}");
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-34: a body is a form, in UTF-8, within its limit. Seen red with the content type not looked at and with no limit at
/// the listener or behind it.
#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let form = "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fkeep%3D1&response_type=code&scope=openid";
    let megabyte = format!("{form}&x={}", "x".repeat(1 << 20));
    let over = format!("{form}&x={}", "x".repeat(65_536));
    let multipart =
        "--b\r\ncontent-disposition: form-data; name=\"client_id\"\r\n\r\napp\r\n--b--\r\n";
    let urlencoded = "application/x-www-form-urlencoded";
    let pairs = "a&".repeat(201);
    for (kind, body, status) in [
        ("application/json", r#"{"client_id":"app"}"#, 400),
        ("multipart/form-data; boundary=b", multipart, 400),
        ("text/plain", form, 400),
        ("", form, 400),
        ("application/x-www-form-urlencoded; charset=utf-16", form, 400),
        (urlencoded, "", 400),
        (urlencoded, "client_id=%ff", 400),
        (urlencoded, "client_id=%0", 400),
        (urlencoded, &pairs, 400),
        (urlencoded, &megabyte, 413),
        (urlencoded, &over, 413),
    ] {
        let url = format!("{}/oauth2/authorize", house.issuer);
        let mut request = http::Request::post(&url);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        let mut page = app.send(request).await;
        // A browser may bring nothing, and is first turned to a GET that is then refused.
        if page.status == 303 {
            page = Browser::new(&house).get(&page.location()).await;
        }
        assert_eq!(page.status.as_u16(), status, "{kind} {}", page.body);
        assert!(page.headers.get("location").is_none());
        assert_eq!(page.header("cache-control"), "no-store");
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// G5, A20: another method is 405 with `Allow`, and no other site may read what this endpoint says. Seen red with
/// answers that every origin may read (A20), and with every method taken (G5).
#[tokio::test]
async fn other_methods_and_other_origins_get_nothing() {
    let house = House::open().await;
    let app = house.application();
    let mut browser =
        signed_in(&house, "xiaoyu").await.with_header("origin", "https://evil.example");
    let before = rows(&house).await;
    let asks = app.authorize(&[]);
    for url in [&*asks, "/oauth2/resume/0123456789"] {
        for method in ["PUT", "DELETE", "OPTIONS"] {
            let page = browser.method(method, url).await;
            assert_eq!(page.status, 405, "{method} {url}");
            for allowed in ["GET", "POST"] {
                assert!(page.header("allow").contains(allowed), "{:?}", page.headers);
            }
            assert!(page.headers.get("location").is_none());
            assert!(page.headers.get("set-cookie").is_none());
        }
    }
    for method in ["TRACE", "PATCH", "CONNECTX", "get"] {
        let page = browser.method(method, &asks).await;
        assert!(matches!(page.status.as_u16(), 400 | 405 | 501), "{method} {}", page.status);
        assert!(page.headers.get("location").is_none());
    }
    assert_eq!(rows(&house).await, before);
    for page in [browser.get(&asks).await, browser.post("/oauth2/authorize", &GOOD).await] {
        assert_code(&page, &house, TARGET);
        for name in page.headers.keys() {
            assert!(!name.as_str().starts_with("access-control-"), "{name}");
        }
    }
    house.close().await;
}

/// G5: HEAD is a question about a GET (RFC 9110 §9.2.1) and gives nothing away: no code, no row. Seen red with a look
/// taken for a visit.
#[tokio::test]
async fn a_head_request_starts_and_grants_nothing() {
    let house = House::open().await;
    let app = house.application();
    let mut known = signed_in(&house, "xiaoyu").await;
    let mut stranger = Browser::new(&house);
    let before = rows(&house).await;
    let asks = app.authorize(&[]);
    for browser in [&mut stranger, &mut known] {
        let page = browser.method("HEAD", &asks).await;
        assert!(page.body.is_empty());
        assert!(page.headers.get("location").is_none(), "{}", page.location());
        assert!(page.headers.get("set-cookie").is_none());
        assert_eq!(page.header("cache-control"), "no-store");
    }
    assert_eq!(rows(&house).await, before);
    let departure = stranger.get(&asks).await;
    assert_to_wechat(&departure, &house);
    house.close().await;
}
