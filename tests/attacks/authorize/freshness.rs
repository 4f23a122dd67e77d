//! `prompt=login`, `select_account` and `max_age`: a fresh login or an error, never an old one passed off as new.

use std::time::Duration;

use harness::{Application, Browser, House, Page};

use crate::scene::{
    assert_code, assert_to_wechat, assert_told, come_back, resume_of, rows, signed_in,
};

const TARGET: &str = "https://app.example/cb?keep=1";

async fn auth_time(app: &Application, house: &House, page: &Page) -> i64 {
    let tokens = app.tokens(&assert_code(page, house, TARGET)).await;
    tokens.id_token["auth_time"].as_i64().expect("auth_time is a number")
}

/// Times are whole seconds, so a later login is told from an earlier one only after more than one.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(2100)).await;
}

/// A10, A11, AZ-28: each of these goes to WeChat again, whatever session there is, and tells the new time. Seen red
/// with the prompts not looked at and with max_age not looked at.
#[tokio::test]
async fn whoever_asks_for_a_fresh_login_gets_one_with_a_later_auth_time() {
    for house in House::on_both_engines().await {
        let app = house.application();
        let mut browser = signed_in(&house, "xiaoyu").await;
        let silent = app.authorize(&[("prompt", "none"), ("max_age", "3600")]);
        let mut last = auth_time(&app, &house, &browser.get(&silent).await).await;
        for wish in [
            &[("prompt", "login"), ("max_age", "3600")][..],
            &[("prompt", "select_account"), ("max_age", "3600")],
            &[("prompt", "login consent"), ("max_age", "3600")],
            &[("max_age", "0")],
            &[("max_age", "1")],
        ] {
            a_moment().await;
            let exchanges = house.wechat.exchanges();
            let mut page = browser.get(&app.authorize(wish)).await;
            page = come_back(&house, &mut browser, &page, "xiaoyu").await;
            if page.location().contains("/oauth2/resume/") {
                let consent = browser.get(&page.location()).await;
                assert_eq!(consent.marker(), "consent", "{}", consent.body);
                page = browser.post(&consent.action(), &[("step", "allow")]).await;
            }
            assert_eq!(house.wechat.exchanges(), exchanges + 1, "{wish:?}");
            let now = auth_time(&app, &house, &page).await;
            assert!(now > last, "{wish:?}: {now} after {last}");
            last = now;
        }
        // The session is the new one, and an age it has not reached asks nobody again.
        assert_eq!(auth_time(&app, &house, &browser.get(&silent).await).await, last);
        house.close().await;
    }
}

/// A10: silently impossible means an error.
#[tokio::test]
async fn a_silent_request_for_a_login_newer_than_the_session_is_refused() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    a_moment().await;
    let before = rows(&house).await;
    for age in ["0", "1"] {
        let page = browser.get(&app.authorize(&[("prompt", "none"), ("max_age", age)])).await;
        assert_told(&page, &house, TARGET, "login_required");
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// A10: who turns back before WeChat, reloads, or opens the resume URL by hand has not signed in anew. Seen red with
/// the prompt not looked at and with an age of zero taken for any other.
#[tokio::test]
async fn a_fresh_login_cannot_be_skipped() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let grants = rows(&house).await;
    for wish in [[("prompt", "login")], [("max_age", "0")]] {
        let departure = browser.get(&app.authorize(&wish)).await;
        assert_to_wechat(&departure, &house);
        let resume = resume_of(&departure);
        for step in ["allow", "continue"] {
            assert_to_wechat(&browser.get(&resume).await, &house);
            let page = browser.post(&resume, &[("step", step)]).await;
            assert!(
                page.headers.get("location").is_none()
                    || page.location().starts_with(&house.wechat.base_url())
            );
        }
        // Another attempt that came back does not make this one fresh.
        let other = browser.get(&app.authorize(&[("prompt", "login")])).await;
        let landed = come_back(&house, &mut browser, &other, "xiaoyu").await;
        assert_code(&landed, &house, TARGET);
        let again = browser.get(&resume).await;
        assert!(
            again.header("location").starts_with(&house.wechat.base_url()) || again.status == 400,
            "{}",
            again.header("location")
        );
    }
    let after = rows(&house).await;
    assert_eq!(after["grants"], grants["grants"] + 2, "one for each login that took place");
    house.close().await;
}

/// A11, AZ-28: what is no number of seconds is no age. Seen red with what cannot be read ignored and with a sign let
/// through.
#[tokio::test]
async fn an_age_that_is_no_number_of_seconds_is_told_to_the_application() {
    let house = House::open().await;
    let app = house.application();
    let mut stranger = Browser::new(&house);
    let mut known = signed_in(&house, "xiaoyu").await;
    let before = rows(&house).await;
    for browser in [&mut stranger, &mut known] {
        for age in [
            "-1",
            "abc",
            "1e9",
            "1.0",
            "+5",
            " 5",
            "0x10",
            "５",
            "2147483648",
            "99999999999999999999",
            "0;",
            "null",
        ] {
            let page = browser.get(&app.authorize(&[("max_age", age)])).await;
            assert_told(&page, &house, TARGET, "invalid_request");
        }
    }
    assert_eq!(rows(&house).await, before);
    let page = known.get(&app.authorize(&[("max_age", "2147483647"), ("prompt", "none")])).await;
    auth_time(&app, &house, &page).await;
    house.close().await;
}

/// OIDC Registration §2: an age and a time that the operator registered count where the request says nothing.
#[tokio::test]
async fn a_registered_age_counts_when_the_request_names_none() {
    let house = House::with(
        r#"
[[clients]]
id = "careful"
name = "A careful application"
secret = "s3cr3t-of-the-careful-one-0123456789abcde"
redirect_uris = ["https://careful.example/cb"]
scopes = ["openid"]
default_max_age = 1
"#,
    )
    .await;
    let careful = [("client_id", "careful"), ("redirect_uri", "https://careful.example/cb")];
    let asks = house.application().authorize(&careful);
    let mut browser = signed_in(&house, "xiaoyu").await;
    a_moment().await;
    assert_to_wechat(&browser.get(&asks).await, &house);
    let silent = [&careful[..], &[("prompt", "none")]].concat();
    let page = browser.get(&house.application().authorize(&silent)).await;
    assert_told(&page, &house, "https://careful.example/cb", "login_required");
    let looser = [&silent[..], &[("max_age", "3600")]].concat();
    let page = browser.get(&house.application().authorize(&looser)).await;
    assert_code(&page, &house, "https://careful.example/cb?");
    house.close().await;
}
