//! What a request brings along is never alive on a page (AZ-24, AZ-25).

use harness::{Browser, House, PHONE, WECHAT_PHONE, WECOM};
use html5gum::{Token, Tokenizer};

use crate::scene::and;

const HOSTILE: [&str; 8] = [
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}",
    "//evil.example/",
    "data:text/html,<script>alert(1)</script>",
];

/// The names of every element and attribute, and every address that the page leads to.
fn assert_inert(body: &str, what: &str) {
    for token in Tokenizer::new(body) {
        let Ok(Token::StartTag(tag)) = token else { continue };
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        assert!(
            !matches!(&*name, "img" | "iframe" | "object" | "embed" | "base" | "style"),
            "{what}: {name}"
        );
        for (attribute, value) in &tag.attributes {
            let attribute = String::from_utf8_lossy(attribute).into_owned();
            let value = String::from_utf8_lossy(value).into_owned();
            assert!(!attribute.starts_with("on"), "{what}: {attribute}");
            if matches!(&*attribute, "href" | "src" | "action" | "formaction") {
                let own = value.starts_with('/') && !value.starts_with("//") || value == "#main";
                assert!(own, "{what}: {attribute} leads to {value}");
                assert!(!value.contains("evil"), "{what}: {value}");
            }
        }
        if name == "script" {
            assert!(tag.attributes.iter().any(|(key, _)| key.as_slice() == b"src"), "{what}");
        }
    }
}

/// AZ-25: on every page of a login.
#[tokio::test]
async fn what_a_request_brings_along_is_inert_on_every_page() {
    let house = House::open().await;
    let app = house.application();
    for agent in [PHONE, WECHAT_PHONE, WECOM] {
        for hostile in HOSTILE {
            let mut browser = Browser::of(&house, agent);
            let asks = app.authorize(&[
                ("state", hostile),
                ("nonce", hostile),
                ("login_hint", hostile),
                ("ui_locales", hostile),
                ("acr_values", hostile),
                ("display", hostile),
            ]);
            let page = browser.get(&asks).await;
            assert_eq!(page.status, 200);
            assert_inert(&page.body, hostile);
            assert!(!page.body.contains("alert(1)"), "{hostile}: {}", page.body);
        }
    }
    house.close().await;
}

/// AZ-25: on the pages that refuse.
#[tokio::test]
async fn what_a_request_brings_along_is_not_on_a_page_that_refuses() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = Browser::new(&house);
    for hostile in HOSTILE {
        for name in ["client_id", "redirect_uri"] {
            let page = browser.get(&app.authorize(&[(name, hostile), ("state", hostile)])).await;
            page.assert_error_page(400);
            assert_inert(&page.body, hostile);
            assert!(!page.body.contains("alert(1)") && !page.body.contains("evil"), "{hostile}");
        }
        let segment: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let page = browser.get(&format!("/oauth2/resume/{segment}")).await;
        assert_inert(&page.body, hostile);
        assert!(!page.body.contains("alert(1)") && !page.body.contains("evil"), "{hostile}");
    }
    house.close().await;
}

/// AZ-24: there is no parameter of our own that leads a browser anywhere. Seen red with the parameter followed.
#[tokio::test]
async fn no_parameter_leads_a_browser_anywhere() {
    let house = House::open().await;
    let app = house.application();
    for target in [
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,evil",
        "https://evil.example/",
        "/account",
    ] {
        for name in
            ["return", "return_to", "back", "next", "continue", "redirect", "url", "magpie_help"]
        {
            let mut browser = Browser::of(&house, PHONE);
            let page = browser.get(&and(&app, &[(name, target)])).await;
            assert_eq!((page.status.as_u16(), &*page.marker()), (200, "open-in-wechat"));
            assert_inert(&page.body, name);
            assert!(!page.body.contains("evil"), "{name}={target}");
            let again = browser.get(&format!("{}?{name}={target}", page.action())).await;
            assert!(!again.body.contains("evil") && again.headers.get("location").is_none());
            let no = browser.post(&page.action(), &[("step", "cancel"), (name, target)]).await;
            assert!(
                no.location().starts_with("https://app.example/cb?keep=1&"),
                "{}",
                no.location()
            );
        }
    }
    house.close().await;
}

/// G3: what is told to the application says in our own words what is wrong, whichever parameter held what. Seen red
/// with the unknown prompt repeated.
#[tokio::test]
async fn what_a_request_brings_along_is_in_no_description() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = Browser::new(&house);
    let mut told = 0;
    for hostile in
        ["登录失败", "\"quoted\" \\ back", "bell\u{7}\u{1b}[31m", "line\r\nSet-Cookie: a=b"]
    {
        for name in [
            "prompt",
            "scope",
            "response_type",
            "response_mode",
            "max_age",
            "claims",
            "resource",
            "code_challenge",
            "code_challenge_method",
            "id_token_hint",
            "request",
            "registration",
        ] {
            let page = browser.get(&app.authorize(&[(name, hostile)])).await;
            assert!(!page.status.is_server_error(), "{name}: a description that may not be said");
            if page.status != 303 || page.sent("error").is_none() {
                continue;
            }
            let description = page.sent("error_description").unwrap();
            let plain = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(description.bytes().all(plain), "{name}: {description}");
            for word in ["quoted", "bell", "Set-Cookie"] {
                assert!(!description.contains(word), "{name}: {description}");
            }
            told += 1;
        }
    }
    assert!(told >= 32, "{told} refusals");
    house.close().await;
}
