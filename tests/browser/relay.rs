//! Two browsers side by side: a desktop that shows a QR code and waits, and a phone with WeChat that scans it and chooses
//! the number. Under our own policy, with scripts on the desktop and without.

use std::time::Duration;

use harness::{House, Plan, channels};
use thirtyfour::By;

use crate::chromium::{Chromium, Looks};

async fn house() -> House {
    let both = format!("{}{}", channels::RELAY, channels::SERVICE_ACCOUNT);
    House::of(Plan { channels: Some(both), ..Plan::default() }).await
}

/// What a camera reads from the desktop's screen.
async fn scanned(desktop: &Chromium) -> String {
    harness::read_qr(&desktop.driver.source().await.unwrap())
}

/// The phone opens what it scanned, signs in as that person, and is asked.
async fn ask(phone: &Chromium, address: &str, person: &str) {
    phone.driver.goto(address).await.unwrap();
    phone.wait_for("continue").await;
    assert_eq!(phone.marker().await, "interstitial");
    phone.press("continue").await;
    phone.wait_for("approve").await;
    let select = phone.driver.find(By::Id("person")).await.unwrap();
    let option = format!("option[value={person}]");
    select.find(By::Css(option)).await.unwrap().click().await.unwrap();
    phone.press("approve").await;
    phone.wait_for("deny").await;
    assert_eq!(phone.marker().await, "relay-question");
}

/// Scrolls until the element of that id is seen.
async fn show(browser: &Chromium, id: &str) {
    browser.driver.find(By::Id(id)).await.unwrap().scroll_into_view().await.unwrap();
}

/// QR-05, QR-09: the whole way, in both languages, with the stream and without any script.
#[tokio::test]
async fn a_person_scans_the_desktops_code_chooses_the_number_and_the_desktop_goes_on() {
    for (language, scripts, person) in
        [("zh-CN", true, "laowang"), ("en", true, "ann"), ("en", false, "ann")]
    {
        let Some(desktop) = Chromium::start(Looks { language, scripts, ..Looks::DESKTOP }).await
        else {
            return;
        };
        let Some(phone) = Chromium::start(Looks { language, ..Looks::WECHAT }).await else {
            return;
        };
        let (house, name) = (house().await, format!("{language}-{scripts}"));
        let start = house.application().authorize(&[("ui_locales", "")]);
        desktop.driver.goto(&start).await.unwrap();
        let number = desktop.wait_for("number").await;
        assert_eq!(desktop.marker().await, "relay-code");
        desktop.picture(&format!("relay-desktop-{name}-1-code")).await;
        ask(&phone, &scanned(&desktop).await, person).await;
        phone.picture(&format!("relay-phone-{name}-2-question")).await;
        assert_eq!(desktop.marker().await, "relay-code", "a scan and a sign-in alone give nothing");
        show(&phone, "deny").await;
        phone.picture(&format!("relay-phone-{name}-2-numbers")).await;
        phone.press(&format!("number-{number}")).await;
        phone.wait_for("relay-done").await;
        phone.picture(&format!("relay-phone-{name}-3-done")).await;
        let arrived = desktop.gone_to("https://app.example/cb").await;
        assert!(arrived.contains("code="), "{arrived}");
        desktop.end().await;
        phone.end().await;
        house.close().await;
    }
}

/// QR-05: the desktop is told by itself that the phone said no, and shows a new code on a press.
#[tokio::test]
async fn a_refusal_and_wrong_numbers_reach_the_desktop_by_themselves() {
    for (language, name) in [("zh-CN", "zh-CN"), ("en", "en")] {
        let Some(desktop) = Chromium::start(Looks { language, ..Looks::DESKTOP }).await else {
            return;
        };
        let Some(phone) = Chromium::start(Looks { language, ..Looks::WECHAT }).await else {
            return;
        };
        let house = house().await;
        let start = house.application().authorize(&[("ui_locales", "")]);
        desktop.driver.goto(&start).await.unwrap();
        desktop.wait_for("number").await;
        ask(&phone, &scanned(&desktop).await, "ann").await;
        phone.press("deny").await;
        phone.wait_for("relay-done").await;
        phone.picture(&format!("relay-phone-{name}-refused")).await;
        desktop.wait_for("relay-lost").await;
        desktop.picture(&format!("relay-desktop-{name}-refused")).await;
        desktop.press("continue").await;
        let number = desktop.wait_for("number").await;
        ask(&phone, &scanned(&desktop).await, "ann").await;
        for _ in 0..3 {
            let wrong = format!("button[name=number]:not(#number-{number})");
            phone.driver.find(By::Css(wrong)).await.unwrap().click().await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            if phone.marker().await == "relay-question" {
                show(&phone, "deny").await;
                phone.picture(&format!("relay-phone-{name}-wrong")).await;
            }
        }
        phone.wait_for("relay-done").await;
        desktop.wait_for("relay-lost").await;
        desktop.end().await;
        phone.end().await;
        house.close().await;
    }
}

/// Outside WeChat the code explains itself, at both widths.
#[tokio::test]
async fn an_ordinary_browser_that_opens_the_code_is_told_to_scan_it_with_wechat() {
    for looks in [
        Looks::PHONE,
        Looks { language: "en", ..Looks::PHONE },
        Looks::DESKTOP,
        Looks { language: "zh-CN", ..Looks::DESKTOP },
    ] {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house().await;
        let mut desk = harness::Browser::new(&house);
        let page = desk.get(&house.application().authorize(&[])).await;
        browser.driver.goto(&harness::read_qr(&page.body)).await.unwrap();
        browser.wait_for("relay-scan").await;
        browser.picture(&format!("page-relay-scan-{}-{}", looks.width, looks.language)).await;
        browser.end().await;
        house.close().await;
    }
}
