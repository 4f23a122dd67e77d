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
        let stop = CancellationToken::new();
        let (sender, told) = oneshot::channel();
        let ended = stop.clone();
        let running = tokio::spawn(async move {
            let tell = |addresses: &Addresses| drop(sender.send(addresses.clone()));
            demo::run(ended, tell).await.expect("a demo");
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
