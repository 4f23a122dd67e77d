//! A person lets a device in with a real browser: from the QR code's address to the last page, under our own policy.

use harness::House;
use thirtyfour::By;

use crate::chromium::{Chromium, Looks};

const DEVICES: &str = r#"
[[clients]]
id = "tv"
name = "Jellyfin"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code"]
scopes = ["openid", "profile"]
"#;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[tokio::test]
async fn a_person_comes_by_the_qr_code_compares_the_code_and_lets_the_device_in() {
    for (looks, name) in [
        (Looks::DESKTOP, "desktop-en"),
        (Looks { language: "zh-CN", scripts: false, ..Looks::DESKTOP }, "desktop-zh-CN"),
        (Looks::WECHAT, "wechat-zh-CN"),
        (Looks { language: "en", ..Looks::WECHAT }, "wechat-en"),
    ] {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = House::with(DEVICES).await;
        let mut app = house.public_application();
        app.client_id = "tv".to_owned();
        let codes = app.post("/oauth2/device", &[("scope", "openid profile")]).await.json();
        let text = |name: &str| codes[name].as_str().unwrap().to_owned();
        browser.driver.goto(text("verification_uri_complete")).await.unwrap();
        browser.picture(&format!("device-{name}-1-code")).await;
        browser.press("continue").await;
        if looks.agent.is_some() {
            browser.wait_for("cancel").await;
            assert_eq!(browser.marker().await, "interstitial");
            browser.press("continue").await;
        }
        browser.wait_for("approve").await;
        let select = browser.driver.find(By::Id("person")).await.unwrap();
        select.find(By::Css("option[value=laowang]")).await.unwrap().click().await.unwrap();
        browser.press("approve").await;
        assert_eq!(browser.wait_for("code").await, text("user_code"));
        assert_eq!(browser.marker().await, "device-consent");
        browser.picture(&format!("device-{name}-2-question")).await;
        browser.press("allow").await;
        browser.wait_for("device-done").await;
        browser.picture(&format!("device-{name}-3-done")).await;
        let fields = [("grant_type", GRANT), ("device_code", &*text("device_code"))];
        let page = app.post("/oauth2/token", &fields).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser.press("account").await;
        browser.wait_for("applications").await;
        browser.end().await;
        house.close().await;
    }
}
