//! Everything else that a request may say wrongly: the application is told at its own address, with state and issuer.

use std::time::Duration;

use harness::{Browser, House};
use tokio::net::TcpListener;

use crate::scene::{
    STATE, and, assert_code, assert_to_wechat, assert_told, assert_told_with, come_back, rows,
    signed_in, spelled,
};

const TARGET: &str = "https://app.example/cb?keep=1";

/// AZ-18, G2, A5: no parameter counts when it is there twice, and a doubtful state is not echoed. Seen red with
/// repeated parameters let through and with the first of two states echoed.
#[tokio::test]
async fn a_parameter_that_is_sent_twice_is_told_to_the_application() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    for name in [
        "scope",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_type",
        "response_mode",
        "prompt",
        "max_age",
        "ui_locales",
        "login_hint",
        "id_token_hint",
        "claims",
        "request_uri",
        "foo",
    ] {
        for (one, two) in [("a", "b"), ("a", "a"), ("", "a"), ("", "")] {
            let url = and(&app, &[(name, one), (name, two)]);
            assert_told(&browser.get(&url).await, &house, TARGET, "invalid_request");
        }
    }
    for other in ["another", STATE, ""] {
        let page = browser.get(&and(&app, &[("state", other)])).await;
        assert_told_with(&page, &house, TARGET, ("invalid_request", None));
    }
    // RFC 8693 and RFC 8707 let these two repeat: what is wrong with them is that this application has no resources.
    let page =
        browser.get(&and(&app, &[("resource", "https://a"), ("resource", "https://b")])).await;
    assert_told(&page, &house, TARGET, "invalid_target");
    let page = browser.get(&and(&app, &[("audience", "a"), ("audience", "b")])).await;
    assert_to_wechat(&page, &house);
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// J5, AZ-20, AZ-21, A14: ignoring them would drop what they say, and nothing is fetched from an address in a request.
/// Seen red with request_uri ignored, with its address called, with request ignored, and with registration ignored.
#[tokio::test]
async fn request_objects_are_refused_and_nothing_is_fetched() {
    let house = House::open().await;
    let app = house.application();
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}/request.jwt", canary.local_addr().unwrap());
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let unsigned = "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJhcHAifQ.";
    let signed = "eyJhbGciOiJSUzI1NiJ9.eyJjbGllbnRfaWQiOiJhcHAifQ.c2lnbmF0dXJl";
    for (name, value, error) in [
        ("request", unsigned, "request_not_supported"),
        ("request", signed, "request_not_supported"),
        ("request", "junk", "request_not_supported"),
        ("request_uri", &*here, "request_uri_not_supported"),
        ("request_uri", "http://169.254.169.254/latest/meta-data", "request_uri_not_supported"),
        ("request_uri", "file:///etc/passwd", "request_uri_not_supported"),
        ("request_uri", "urn:ietf:params:oauth:request-uri:abc", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        let page = browser.get(&app.authorize(&[(name, value)])).await;
        assert_told(&page, &house, TARGET, error);
    }
    // Hints of where something could be fetched or logged are not followed either.
    let hints = [("logo_uri", &*here), ("jwks_uri", &here), ("login_hint", &here)];
    assert_to_wechat(&browser.get(&app.authorize(&hints)).await, &house);
    let called = tokio::time::timeout(Duration::from_millis(500), canary.accept()).await;
    assert!(called.is_err(), "somebody called the canary");
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-22, A5, A24, A25: the code flow by query or form, and no other. Seen red with a missing response_type taken for
/// code, with any response_type taken for it, with any where a response_mode is named, and with an unknown
/// response_mode taken for query.
#[tokio::test]
async fn every_response_type_and_mode_but_ours_is_told_to_the_application() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let page = browser.get(&app.authorize(&[("response_type", "")])).await;
    assert_told(&page, &house, TARGET, "invalid_request");
    for kind in [
        "token",
        "id_token",
        "none",
        "code id_token",
        "code token",
        "id_token token",
        "code code",
        "code ",
        " code",
        "CODE",
        "Code",
        "codex",
    ] {
        for mode in ["", "query"] {
            let asks = app.authorize(&[("response_type", kind), ("response_mode", mode)]);
            let page = browser.get(&asks).await;
            assert_told(&page, &house, TARGET, "unsupported_response_type");
        }
    }
    for mode in
        ["fragment", "fragment.jwt", "JWT", "web_message", "Query", "form_post ", "okta_post"]
    {
        let page = browser.get(&app.authorize(&[("response_mode", mode)])).await;
        assert_told(&page, &house, TARGET, "invalid_request");
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// A6, A7 and design §6: unknown scopes are dropped and what was granted is told; without openid there is no login.
/// Seen red with openid not asked for, with the narrowing not told, and with unknown scopes refused.
#[tokio::test]
async fn unknown_scopes_are_dropped_and_a_request_without_openid_is_refused() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    for scope in ["", "profile", "OpenID", "openid,profile", "zzz"] {
        let page = browser.get(&app.authorize(&[("scope", scope)])).await;
        assert_told(&page, &house, TARGET, "invalid_scope");
    }
    let long = format!("openid {}", "zzz ".repeat(500));
    for (asked, granted) in [
        ("openid zzz", "openid"),
        ("openid email profile", "openid profile"),
        ("openid <script> admin:*", "openid"),
        ("openid zzz offline_access", "openid offline_access"),
        (&*long, "openid"),
    ] {
        let page = browser.get(&app.authorize(&[("scope", asked)])).await;
        let code = assert_code(&page, &house, TARGET);
        let tokens = app.tokens(&code).await;
        assert_eq!(tokens.answer["scope"], granted, "{asked}");
    }
    house.close().await;
}

/// G1, A15, AZ-24: what is unknown or only a wish never fails a login, and an empty value is as good as none. Seen red
/// with empty values that count, with an unknown name refused (G1), with an unknown display refused, and with a return,
/// next or continue followed.
#[tokio::test]
async fn junk_beside_a_good_request_changes_nothing() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let long = "x".repeat(3000);
    for more in [
        [("foo", "1"), ("bar", "")],
        [("display", "hologram"), ("acr_values", "urn:nobody:knows")],
        [("ui_locales", "tlh-Piqd !! \u{202e}"), ("claims_locales", "x")],
        [("login_hint", "\"><script>alert(1)</script>"), ("display", "popup")],
        [("ui_locales", &*long), ("login_hint", "' OR 1=1 --")],
        [("nonce", ""), ("prompt", "")],
        [("max_age", ""), ("claims", "")],
        [("request", ""), ("request_uri", "")],
        [("return", "//evil"), ("back", "/\\evil")],
        [("next", "javascript:alert(1)"), ("continue", "https://evil.example/")],
        [("return_to", "data:text/html,x"), ("step", "allow")],
        [("client_secret", "guess"), ("code", "guess")],
    ] {
        let page = browser.get(&and(&app, &more)).await;
        assert_code(&page, &house, TARGET);
        assert!(!page.location().contains("evil"), "{}", page.location());
    }
    house.close().await;
}

/// A17, A18: state comes back as it was sent, and the registered query stays before it. Seen red with characters
/// outside ASCII left out and with the registered query dropped.
#[tokio::test]
async fn state_comes_back_byte_for_byte_on_yes_and_no() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let long = "s".repeat(1536);
    let states = [
        "a+b%2F&=é",
        " two  spaces ",
        "a%20b+c",
        "=&=&#?/",
        "line\r\nSet-Cookie: evil=1",
        "小鱼🐟",
        "\"><script>alert(1)</script>",
        "{\"a\":[1,2]}",
        "\u{202e}txt.exe\u{7f}",
        &*long,
    ];
    for state in states {
        let page = browser.get(&app.authorize(&[("state", state)])).await;
        assert_code(&page, &house, "https://app.example/cb?keep=1&");
        assert_eq!(page.sent("state").as_deref(), Some(state));
        assert!(!page.header("set-cookie").contains("evil"));
        assert!(page.location().bytes().all(|b| b.is_ascii_graphic()), "{}", page.location());
        let no = browser.get(&app.authorize(&[("state", state), ("prompt", "bad")])).await;
        assert_told_with(&no, &house, TARGET, ("invalid_request", Some(state)));
        assert!(no.location().starts_with("https://app.example/cb?keep=1&"));
    }
    let none = browser.get(&app.authorize(&[("state", "")])).await;
    assert_code(&none, &house, TARGET);
    assert_eq!(none.sent("state"), None, "none was sent");
    house.close().await;
}

/// What is too long for an attempt is told to the application rather than lost on the way.
#[tokio::test]
async fn a_state_or_nonce_that_fits_no_cookie_is_told_to_the_application() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    for (name, length) in [("state", 1537), ("state", 5000), ("nonce", 513)] {
        let value = "v".repeat(length);
        let page = browser.get(&app.authorize(&[(name, &value)])).await;
        let state = if name == "state" { &*value } else { STATE };
        assert_told_with(&page, &house, TARGET, ("invalid_request", Some(state)));
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-38, A13: a claims parameter is read without harm; only a person asked for by value matters. Seen red with whoever
/// came back accepted.
#[tokio::test]
async fn hostile_claims_are_refused_and_unknown_ones_ignored() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let own = app.tokens(&code(&mut browser, &house).await).await.subject();
    let before = rows(&house).await;
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let deep_object = format!("{{\"id_token\":{}}}", "[".repeat(1000));
    let long = format!("{{\"userinfo\":{{\"{}\":null}}}}", "x".repeat(4096));
    for claims in
        ["{", "junk", "[]", "\"x\"", "null", "{\"id_token\":}", &*deep, &*deep_object, &*long]
    {
        let page = browser.get(&app.authorize(&[("claims", claims)])).await;
        assert_told(&page, &house, TARGET, "invalid_request");
    }
    for sub in ["\"\"", "1", "[\"a\"]", "{}"] {
        let claims = format!("{{\"id_token\":{{\"sub\":{{\"value\":{sub}}}}}}}");
        let page = browser.get(&app.authorize(&[("claims", &claims)])).await;
        assert_told(&page, &house, TARGET, "invalid_request");
    }
    let other = "{\"id_token\":{\"sub\":{\"essential\":true,\"value\":\"somebody-else\"}}}";
    let page = browser.get(&app.authorize(&[("claims", other), ("prompt", "none")])).await;
    assert_told(&page, &house, TARGET, "login_required");
    let page = browser.get(&app.authorize(&[("claims", other)])).await;
    assert_to_wechat(&page, &house);
    assert_eq!(rows(&house).await, before);
    let mut stranger = Browser::new(&house);
    let departure = stranger.get(&app.authorize(&[("claims", other)])).await;
    let page = come_back(&house, &mut stranger, &departure, "ann").await;
    assert_told(&page, &house, TARGET, "login_required");
    let mine = format!("{{\"id_token\":{{\"sub\":{{\"value\":\"{own}\"}}}}}}");
    for claims in [
        "{}",
        "{\"userinfo\":{\"nobody_knows\":{\"essential\":true}},\"id_token\":{\"x\":null}}",
        "{\"id_token\":null,\"userinfo\":[]}",
        &*mine,
    ] {
        let page = browser.get(&app.authorize(&[("claims", claims)])).await;
        assert_code(&page, &house, TARGET);
    }
    // A megabyte does not pass the listener.
    let endless = format!("{{\"userinfo\":{{\"{}\":null}}}}", "x".repeat(1 << 20));
    let page = browser.post("/oauth2/authorize", &[("claims", &endless)]).await;
    assert_eq!(page.status, 413);
    house.close().await;
}

async fn code(browser: &mut Browser, house: &House) -> String {
    let page = browser.get(&house.application().authorize(&[])).await;
    assert_code(&page, house, TARGET)
}

/// G9, A16: neither the host that a request names nor a proxy's headers alter the issuer.
#[tokio::test]
async fn nothing_in_a_request_alters_the_issuer() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = Browser::new(&house)
        .with_header("x-forwarded-host", "evil.example")
        .with_header("x-forwarded-proto", "https")
        .with_header("forwarded", "host=evil.example;proto=https")
        .with_header("x-original-host", "evil.example")
        .with_header("x-forwarded-prefix", "/evil");
    let page = browser.get(&app.authorize(&[("prompt", "none")])).await;
    assert_told(&page, &house, TARGET, "login_required");
    let departure = browser.get(&app.authorize(&[])).await;
    assert_to_wechat(&departure, &house);
    assert!(!departure.location().contains("evil"), "{}", departure.location());
    let metadata = browser.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], house.issuer.as_str());
    assert!(!metadata.to_string().contains("evil"));
    let mut lying = Browser::new(&house).with_header("host", "evil.example");
    let page = lying.get(&app.authorize(&[])).await;
    assert_eq!(page.status, 421);
    assert!(page.headers.get("location").is_none() && !page.body.contains("evil"));
    // Case and number of the pairs are the application's; only these spellings are ours.
    let shouted = spelled(&house, &[("CLIENT_ID", "app"), ("Redirect_Uri", TARGET)]);
    browser.get(&shouted).await.assert_error_page(400);
    house.close().await;
}
