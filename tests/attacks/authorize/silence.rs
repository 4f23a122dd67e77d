//! `prompt=none`: an answer at once and never a page, whoever asks (OIDC Core §3.1.2.1).

use harness::{Browser, House, PHONE, WECHAT_DESKTOP, WECHAT_PHONE, WECOM};

use crate::scene::{assert_code, assert_told, attempts, rows, signed_in};

const TARGET: &str = "https://app.example/cb?keep=1";

/// AZ-28, A8: nobody is signed in, in whatever browser. Seen red with a page or WeChat in place of the error.
#[tokio::test]
async fn without_a_session_a_silent_request_is_told_that_login_is_required() {
    let house = House::open().await;
    let before = rows(&house).await;
    for agent in ["", harness::DESKTOP, PHONE, WECHAT_PHONE, WECHAT_DESKTOP, WECOM] {
        let mut browser = Browser::of(&house, agent);
        let page = browser.get(&house.application().authorize(&[("prompt", "none")])).await;
        assert_told(&page, &house, TARGET, "login_required");
        assert!(attempts(&browser).is_empty(), "an attempt that is over leaves no cookie");
    }
    assert_eq!(house.wechat.requests().len(), 0);
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-28, A8: a session that was made up, cut, doubled or taken apart is none. Seen red with the secret not compared
/// and with the first of two cookies taken.
#[tokio::test]
async fn a_session_cookie_that_is_not_ours_is_no_session() {
    let house = House::open().await;
    let app = house.application();
    let asks = app.authorize(&[("prompt", "none")]);
    let mut browser = signed_in(&house, "xiaoyu").await;
    let good = browser.cookies["magpie-session"].clone();
    let other = signed_in(&house, "ann").await.cookies["magpie-session"].clone();
    assert_code(&browser.get(&asks).await, &house, TARGET);
    let before = rows(&house).await;
    let (id, secret) = good.split_once('.').unwrap();
    let (_, other_secret) = other.split_once('.').unwrap();
    let forged = [
        String::new(),
        ".".to_owned(),
        id.to_owned(),
        format!("{id}."),
        format!("{id}.{other_secret}"),
        format!("{id}.{}", "A".repeat(43)),
        format!("{id}.{}", "A".repeat(5000)),
        format!("{id}.{secret}="),
        format!("{id}.{}", secret.to_ascii_lowercase()),
        format!("{secret}.{id}"),
        format!("' OR 1=1 --.{secret}"),
        format!("{id}.{secret}; magpie-session={good}"),
        format!("{good}; magpie-session={other}"),
    ];
    for value in forged {
        let mut forger = Browser::new(&house);
        forger.cookies.insert("magpie-session".to_owned(), value.clone());
        assert_told(&forger.get(&asks).await, &house, TARGET, "login_required");
    }
    let mut elsewhere = Browser::new(&house);
    elsewhere.cookies.insert("__Host-magpie-session".to_owned(), good.clone());
    assert_told(&elsewhere.get(&asks).await, &house, TARGET, "login_required");
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// A8: with a session the answer is a code, without a word to WeChat. Seen red with every silent request refused.
#[tokio::test]
async fn with_a_session_a_silent_request_is_answered_at_once() {
    for house in House::on_both_engines().await {
        let app = house.application();
        let mut browser = signed_in(&house, "xiaoyu").await;
        let asked = house.wechat.requests().len();
        let page = browser.get(&app.authorize(&[("prompt", "none")])).await;
        let code = assert_code(&page, &house, TARGET);
        let first = app.tokens(&code).await;
        let other = house.other_application();
        let page = browser.get(&other.authorize(&[("prompt", "none")])).await;
        let second = other.tokens(&assert_code(&page, &house, "https://other.example/cb?")).await;
        assert_eq!(first.subject(), second.subject(), "one person, one public subject");
        assert_eq!(house.wechat.requests().len(), asked);
        house.close().await;
    }
}

/// A8: a person who would have to be asked is not asked, and nothing is granted. Seen red with the person asked.
#[tokio::test]
async fn a_silent_request_that_needs_consent_is_told_so() {
    let house = House::open().await;
    let asking = house.asking_application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let before = rows(&house).await;
    let page = browser.get(&asking.authorize(&[("prompt", "none")])).await;
    assert_told(&page, &house, "https://asking.example/cb", "consent_required");
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// AZ-28, A9. Seen red with none let stand beside others and with unknown values ignored.
#[tokio::test]
async fn a_prompt_that_contradicts_itself_or_is_unknown_is_told_to_the_application() {
    let house = House::open().await;
    let app = house.application();
    let mut stranger = Browser::new(&house);
    let mut known = signed_in(&house, "xiaoyu").await;
    let before = rows(&house).await;
    for browser in [&mut stranger, &mut known] {
        for prompt in [
            "none login",
            "login none",
            "none consent",
            "none select_account",
            "none login consent select_account",
            "create",
            "NONE",
            "Login",
            "none,login",
            "login;",
        ] {
            let page = browser.get(&app.authorize(&[("prompt", prompt)])).await;
            assert_told(&page, &house, TARGET, "invalid_request");
        }
    }
    assert_eq!(rows(&house).await, before);
    let page = known.get(&app.authorize(&[("prompt", "none none")])).await;
    assert_code(&page, &house, TARGET);
    house.close().await;
}
