//! The first promise of the README: `magpie demo`, a click, a person, signed in with name and picture.

use magpie_server::demo::{self, Addresses};
use thirtyfour::By;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::chromium::{Chromium, Looks};

/// A running demo.
pub(crate) struct Demo {
    pub(crate) addresses: Addresses,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Demo {
    pub(crate) async fn start() -> Self {
        Self::of(false).await
    }

    async fn of(with_wecom: bool) -> Self {
        let stop = CancellationToken::new();
        let (sender, told) = oneshot::channel();
        let ended = stop.clone();
        let running = tokio::spawn(async move {
            let tell = |addresses: &Addresses| drop(sender.send(addresses.clone()));
            demo::run(with_wecom, ended, tell).await.expect("a demo");
        });
        Self { addresses: told.await.expect("addresses"), stop, running }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }
}

#[tokio::test]
async fn a_person_clicks_through_the_sample_application_and_is_signed_in_with_name_and_picture() {
    for (looks, name) in [
        (Looks::DESKTOP, "desktop"),
        (Looks { scripts: false, ..Looks::DESKTOP }, "desktop-no-scripts"),
    ] {
        let Some(browser) = Chromium::start(looks).await else { return };
        let demo = Demo::start().await;
        browser.driver.goto(&demo.addresses.application).await.unwrap();
        browser.picture(&format!("demo-{name}-1-application")).await;
        browser.press("login").await;
        browser.wait_for("approve").await;
        browser.picture(&format!("demo-{name}-2-wechat")).await;
        let select = browser.driver.find(By::Id("person")).await.unwrap();
        select.find(By::Css("option[value=xiaoyu]")).await.unwrap().click().await.unwrap();
        browser.press("approve").await;
        assert_eq!(browser.wait_for("name").await, "小鱼🐟");
        assert!(
            browser
                .driver
                .current_url()
                .await
                .unwrap()
                .as_str()
                .starts_with(&demo.addresses.application)
        );
        let picture = browser.driver.find(By::Id("picture")).await.unwrap();
        let width = picture.prop("naturalWidth").await.unwrap().unwrap();
        assert_ne!(width, "0", "the picture loads");
        browser.picture(&format!("demo-{name}-3-signed-in")).await;
        browser.end().await;
        demo.end().await;
    }
}

#[tokio::test]
async fn inside_wechat_the_person_taps_first_and_signs_in_through_the_service_account() {
    for (language, person, expected) in [("zh-CN", "laowang", "老王"), ("en", "ann", "Ann Example")]
    {
        let Some(browser) = Chromium::start(Looks { language, ..Looks::WECHAT }).await else {
            return;
        };
        let demo = Demo::start().await;
        browser.driver.goto(format!("{}/login", demo.addresses.application)).await.unwrap();
        browser.wait_for("continue").await;
        assert_eq!(browser.marker().await, "interstitial");
        browser.picture(&format!("wechat-{language}-1-interstitial")).await;
        browser.press("continue").await;
        browser.wait_for("approve").await;
        browser.picture(&format!("wechat-{language}-2-consent")).await;
        let select = browser.driver.find(By::Id("person")).await.unwrap();
        let option = format!("option[value={person}]");
        select.find(By::Css(option)).await.unwrap().click().await.unwrap();
        browser.press("approve").await;
        assert_eq!(browser.wait_for("name").await, expected);
        browser.picture(&format!("wechat-{language}-3-signed-in")).await;
        browser.end().await;
        demo.end().await;
    }
}

#[tokio::test]
async fn an_ordinary_phone_browser_is_told_what_to_do_and_has_a_way_back() {
    for language in ["zh-CN", "en"] {
        let Some(browser) = Chromium::start(Looks { language, ..Looks::PHONE }).await else {
            return;
        };
        let demo = Demo::start().await;
        browser.driver.goto(format!("{}/login", demo.addresses.application)).await.unwrap();
        browser.wait_for("cancel").await;
        assert_eq!(browser.marker().await, "open-in-wechat");
        browser.picture(&format!("phone-{language}-open-in-wechat")).await;
        browser.press("cancel").await;
        assert!(browser.wait_for("error").await.contains("access_denied"));
        browser.end().await;
        demo.end().await;
    }
}

/// The line that the demo prints: the code of a mini program, brought by a public client, names the person who signs in on
/// the desktop too. It counts once.
#[tokio::test]
async fn the_code_of_a_mini_program_and_the_desktop_are_one_person() {
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let demo = Demo::start().await;
    let (first, again) = (bring(&demo.addresses).await, bring(&demo.addresses).await);
    assert_eq!((first.0, again.0), (200, 400), "{first:?} {again:?}");
    assert_eq!(again.1["error"], "invalid_grant");
    browser.driver.goto(format!("{}/login", demo.addresses.application)).await.unwrap();
    agree(&browser, "xiaoyu").await;
    browser.wait_for("sub").await;
    let userinfo: serde_json::Value =
        serde_json::from_str(&browser.wait_for("userinfo").await).unwrap();
    let address = demo.addresses.issuer.trim_start_matches("http://").parse().unwrap();
    let token = first.1["access_token"].as_str().unwrap();
    let request = http::Request::get(format!("{}/oauth2/userinfo", demo.addresses.issuer))
        .header("authorization", format!("Bearer {token}"));
    let told = harness::send(address, request.body(Vec::new()).unwrap()).await;
    let told: serde_json::Value = serde_json::from_slice(told.body()).unwrap();
    assert_eq!(told["sub"], userinfo["sub"]);
    browser.end().await;
    demo.end().await;
}

async fn bring(addresses: &Addresses) -> (u16, serde_json::Value) {
    let body = format!(
        "client_id=sample-mini-program&audience=mini&scope=openid&subject_token={}\
         &grant_type=urn:ietf:params:oauth:grant-type:token-exchange\
         &subject_token_type=urn:magpie:params:oauth:token-type:wechat-code",
        addresses.mini_program_code
    );
    let request = http::Request::post(format!("{}/oauth2/token", addresses.issuer))
        .header("content-type", "application/x-www-form-urlencoded");
    let address = addresses.issuer.trim_start_matches("http://").parse().unwrap();
    let answer = harness::send(address, request.body(body.into_bytes()).unwrap()).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

async fn agree(browser: &Chromium, person: &str) {
    browser.wait_for("approve").await;
    let select = browser.driver.find(By::Id("person")).await.unwrap();
    let option = format!("option[value={person}]");
    select.find(By::Css(option)).await.unwrap().click().await.unwrap();
    browser.press("approve").await;
}

/// `magpie demo --wecom`: the person chooses whose account they use, and is somebody else with the other.
#[tokio::test]
async fn with_wecom_the_person_chooses_and_a_member_is_somebody_else() {
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let demo = Demo::of(true).await;
    let mut subjects = Vec::new();
    for way in ["channel-desktop", "channel-office"] {
        browser.driver.goto(&demo.addresses.issuer).await.unwrap();
        browser.driver.delete_all_cookies().await.unwrap();
        browser.driver.goto(format!("{}/login", demo.addresses.application)).await.unwrap();
        browser.wait_for(way).await;
        assert_eq!(browser.marker().await, "choose-channel");
        browser.picture("demo-wecom-1-choose").await;
        browser.press(way).await;
        agree(&browser, "xiaoyu").await;
        subjects.push(browser.wait_for("sub").await);
        browser.picture(&format!("demo-wecom-2-{way}")).await;
    }
    assert_ne!(subjects[0], subjects[1]);
    browser.end().await;
    demo.end().await;
}
