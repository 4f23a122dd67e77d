//! Hostile and broken replies: what is kept of them is clean, what cannot be read signs nobody in.

use harness::{Browser, Page, Plan};
use magpie_simulator::{Endpoint, Fault, World};
use serde_json::Value;

use crate::answer::{code_of, in_wechat};
use crate::ledger::Place;

impl Place {
    /// A house in whose world there is a new person for every fault.
    async fn with_many_people() -> Self {
        let world = World { people_count: 100, ..World::demo("127.0.0.1") };
        Self::of(Plan { world: Some(world), ..Plan::default() }).await
    }

    /// Signs Ann in with this fault in one reply.
    async fn sign_in_with(&self, endpoint: Endpoint, fault: Fault) -> Page {
        self.sign_in_as("ann", endpoint, fault).await
    }

    async fn sign_in_as(&self, person: &str, endpoint: Endpoint, fault: Fault) -> Page {
        let house = &self.house;
        house.wechat.script().clear();
        house.wechat.script().once(endpoint, fault);
        let start = house.application().authorize(&[]);
        let answer = Browser::new(house).sign_in(house, &start, person).await;
        assert_eq!(house.wechat.script().remaining(), 0);
        answer
    }

    /// The claims of somebody whose profile has this fault.
    async fn claims_with(&self, fault: Fault) -> Value {
        self.claims_of("ann", fault).await
    }

    async fn claims_of(&self, person: &str, fault: Fault) -> Value {
        let answer = self.sign_in_as(person, Endpoint::UserInfo, fault).await;
        let application = self.house.application();
        let tokens = application.tokens(&code_of(&answer)).await;
        application.userinfo(&tokens.access_token).await.json()
    }
}

/// WX-14: each nickname, and what of it reaches the application.
#[tokio::test]
async fn hostile_nicknames_reach_the_application_clean() {
    let raw = |bytes: &[u8]| Fault::RawField("nickname".to_owned(), bytes.to_vec());
    let text = |name: &str| Fault::Nickname(name.to_owned());
    let place = Place::with_many_people().await;
    let cases = [
        (text("<script>alert(1)</script>"), Some("<script>alert(1)</script>")),
        (text("a\u{202e}gnp.exe"), Some("agnp.exe")),
        (text("\u{200f}\u{2066}x\u{2069}"), Some("x")),
        (text("nul\u{0}l\r\nset-cookie: a"), Some("nullset-cookie: a")),
        (text("e\u{301}"), Some("é")),
        (text("👨‍👩‍👧‍👦🐟"), Some("👨‍👩‍👧‍👦🐟")),
        (text("  \u{3164}\u{200d} "), None),
        (text(""), None),
        (text("微信用户"), None),
        (raw(b"\"\\ud83d lone\""), Some("\u{fffd} lone")),
        (raw(b"\"a\\u0000b\""), Some("ab")),
        (raw(b"123"), None),
        (raw(b"null"), None),
        (raw(b"{\"a\":[]}"), None),
        (Fault::ControlCharacters, Some("路人 000014")),
    ];
    for (number, (fault, name)) in cases.into_iter().enumerate() {
        let claims = place.claims_of(&format!("p{number}"), fault.clone()).await;
        assert_eq!(claims.get("name").and_then(Value::as_str), name, "{fault:?}");
        assert_eq!(claims.get("given_name").and_then(Value::as_str), name, "{fault:?}");
        assert_eq!(claims.get("nickname"), None);
    }
}

/// WX-14: broken bytes and endless names.
#[tokio::test]
async fn no_nickname_is_longer_than_64_characters_or_not_text() {
    let place = Place::open().await;
    for fault in [
        Fault::InvalidUtf8,
        Fault::Nickname("字".repeat(70)),
        Fault::Nickname("👨‍👩‍👧‍👦".repeat(400)),
        Fault::Nickname("x".repeat(200_000)),
        Fault::Nickname(format!("a{}", "\u{301}".repeat(5_000))),
    ] {
        let claims = place.claims_with(fault).await;
        let name = claims["name"].as_str().unwrap_or_default();
        assert!(name.chars().count() <= 64, "{name}");
        assert!(!name.chars().any(char::is_control), "{name:?}");
    }
}

/// WX-14: a hostile nickname on our own page is text, not markup.
#[tokio::test]
async fn a_nickname_on_the_consent_page_is_text() {
    let place = Place::open().await;
    let house = &place.house;
    let hostile = "\"><script src=//evil.example></script>";
    house.wechat.script().once(Endpoint::UserInfo, Fault::Nickname(hostile.to_owned()));
    let mut browser = in_wechat(house);
    let start = house.asking_application().authorize(&[]);
    let resumed = browser.sign_in(house, &start, "ann").await.location();
    let page = browser.get(&resumed).await;
    assert_eq!(page.marker(), "consent");
    assert!(page.body.contains("evil.example"), "the name is shown: {}", page.body);
    assert!(!page.body.contains("<script src=//"), "{}", page.body);
}

/// WX-14: pictures come from WeChat over https, or there is none; applications are given an address of ours.
#[tokio::test]
async fn hostile_avatars_are_dropped() {
    let place = Place::with_many_people().await;
    let cases = [
        ("https://thirdwx.qlogo.cn/mmopen/vi_32/x/132", true),
        ("http://wx.qlogo.cn/mmopen/x/0", true),
        (
            "https://thirdwx.qlogo.cn/mmopen/vi_32/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/132",
            false,
        ),
        ("", false),
        ("javascript:alert(1)", false),
        ("data:image/png;base64,AAAA", false),
        ("file:///etc/passwd", false),
        ("//evil.example/a.png", false),
        ("https://evil.example/a.png", false),
        ("https://thirdwx.qlogo.cn.evil.example/a", false),
        ("https://evilqlogo.cn/a", false),
        ("https://thirdwx.qlogo.cn@evil.example/a", false),
        ("https://user:pw@thirdwx.qlogo.cn/a", false),
        ("https://thirdwx.qlogo.cn:8443/a", false),
        ("http://169.254.169.254/latest/meta-data", false),
        ("http://127.0.0.1:1/a", false),
        ("https://thirdwx.qlogo.cn/\"onerror=\"x", true),
        ("https://thirdwx.qlogo.cn/\u{202e}", false),
        ("ht\ntps://thirdwx.qlogo.cn/a", false),
    ];
    for (number, (address, kept)) in cases.into_iter().enumerate() {
        let fault = Fault::HeadImgUrl(address.to_owned());
        let claims = place.claims_of(&format!("p{number}"), fault).await;
        let picture = claims.get("picture").and_then(Value::as_str);
        assert_eq!(picture.is_some(), kept, "{address}");
        let ours = format!("{}/avatar/", place.house.issuer);
        assert!(picture.is_none_or(|picture| picture.starts_with(&ours)), "{picture:?}");
    }
    let endless = format!("https://thirdwx.qlogo.cn/{}", "a".repeat(5_000));
    assert_eq!(place.claims_with(Fault::HeadImgUrl(endless)).await.get("picture"), None);
    assert_eq!(place.claims_with(Fault::EmptyAvatar).await.get("picture"), None);
}

/// WX-18: replies to the exchange that name nobody, or cannot be read.
#[tokio::test]
async fn a_reply_that_cannot_be_read_makes_no_account() {
    let place = Place::open().await;
    let openid = |value: &[u8]| Fault::RawField("openid".to_owned(), value.to_vec());
    let body = |bytes: &[u8]| Fault::Body(bytes.to_vec());
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    for fault in [
        Fault::NoField("openid".to_owned()),
        Fault::NoField("access_token".to_owned()),
        openid(b"\"\""),
        openid(b"null"),
        openid(b"123"),
        openid(b"[\"o\"]"),
        openid(b"\"with space\""),
        openid(b"\"o\\u0000\""),
        openid(format!("\"{}\"", "o".repeat(200)).as_bytes()),
        Fault::UnionIdPresent("with space".to_owned()),
        Fault::RawField("unionid".to_owned(), b"5".to_vec()),
        Fault::RawField("access_token".to_owned(), b"\"\"".to_vec()),
        body(b""),
        body(b"OK"),
        body(b"<html>502 Bad Gateway</html>"),
        body(b"[]"),
        body(b"{}"),
        body(b"{\"errcode\":0}"),
        body(b"{\"openid\":\"oX\",\"access_token\":\"t\""),
        body(&deep),
        body(&[0xff, 0xfe, 0x00]),
    ] {
        let page = place.sign_in_with(Endpoint::AccessToken, fault.clone()).await;
        page.assert_error_page(502);
        assert_eq!(page.cause(), "unreadable", "{fault:?}");
    }
    // Half a body, and more of it than anybody sends, are no reply at all.
    for fault in [Fault::Truncate(30), body(&b" ".repeat(300 * 1024))] {
        let page = place.sign_in_with(Endpoint::AccessToken, fault.clone()).await;
        page.assert_error_page(503);
        assert_eq!(page.cause(), "unreachable", "{fault:?}");
    }
    let rows = place.rows().await;
    for table in ["users", "openids", "unionids", "sessions", "grants"] {
        assert_eq!(rows[table], 0, "{table}");
    }
    place.house.close().await;
}

/// WX-42 and other oddities that cost nobody a login.
#[tokio::test]
async fn odd_but_readable_replies_sign_in() {
    let place = Place::open().await;
    let field = |name: &str, value: &[u8]| Fault::RawField(name.to_owned(), value.to_vec());
    let mut subjects = std::collections::BTreeSet::new();
    for fault in [
        Fault::ExpiresInText,
        field("expires_in", b"0"),
        field("expires_in", b"-600"),
        field("expires_in", b"1e99"),
        field("expires_in", b"\"soon\""),
        field("expires_in", b"null"),
        Fault::NoField("expires_in".to_owned()),
        Fault::NoField("refresh_token".to_owned()),
        Fault::NoField("scope".to_owned()),
        Fault::UnionIdEmpty,
        Fault::UnionIdMissing,
        Fault::Status(500),
        field("errcode", b"0"),
        field("scope", b"\"snsapi_login,snsapi_userinfo\""),
    ] {
        let answer = place.sign_in_with(Endpoint::AccessToken, fault.clone()).await;
        let tokens = place.house.application().tokens(&code_of(&answer)).await;
        subjects.insert(tokens.subject());
    }
    let odd_sex = place.claims_with(Fault::SexText).await;
    assert_eq!(odd_sex["gender"], "male");
    assert_eq!((subjects.len(), place.count("users").await), (1, 1));
}
