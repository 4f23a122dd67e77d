//! WeCom (企业微信) with a real browser that calls itself WeCom, on a phone and on a desktop, in both languages: every page
//! that a member meets, and those for who cannot come this way.

use harness::{DESKTOP, House, PHONE, Plan, WECOM, WECOM_DESKTOP, channels};
use magpie_simulator::{Endpoint, Fault};
use thirtyfour::By;

use crate::chromium::{Chromium, Looks};

/// Phone and desktop, Chinese and English, each under this name.
fn all_looks(phone: &'static str, desktop: &'static str) -> [(Looks, String); 4] {
    [
        Looks { agent: Some(phone), ..Looks::PHONE },
        Looks { agent: Some(phone), language: "en", ..Looks::PHONE },
        Looks { agent: Some(desktop), language: "zh-CN", ..Looks::DESKTOP },
        Looks { agent: Some(desktop), ..Looks::DESKTOP },
    ]
    .map(|looks| (looks, format!("{}-{}", looks.width, looks.language)))
}

async fn house(channels: &str) -> House {
    let (channels, world) = (Some(channels.to_owned()), Some(channels::world()));
    let house = House::of(Plan { channels, world, ..Plan::default() }).await;
    channels::trust(&house);
    house
}

/// An app that asks the member for their details.
fn private() -> String {
    format!("{}scope = \"snsapi_privateinfo\"\n", channels::WECOM)
}

async fn start(house: &House, browser: &Chromium, more: &[(&str, &str)]) {
    let mut all = vec![("ui_locales", "")];
    all.extend_from_slice(more);
    browser.driver.goto(&house.application().authorize(&all)).await.unwrap();
}

async fn agree(browser: &Chromium, person: &str) {
    browser.wait_for("approve").await;
    let select = browser.driver.find(By::Id("person")).await.unwrap();
    let option = format!("option[value={person}]");
    select.find(By::Css(option)).await.unwrap().click().await.unwrap();
    browser.press("approve").await;
}

/// Inside WeCom on a phone and on a desktop: WeCom's question, and the application has its answer. Asked for a fresh
/// sign-in, the member meets a page of ours first, and the account page says how they came.
#[tokio::test]
async fn a_member_signs_in_inside_wecom_on_a_phone_and_on_a_desktop() {
    for (looks, name) in all_looks(WECOM, WECOM_DESKTOP) {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house(&private()).await;
        start(&house, &browser, &[]).await;
        browser.wait_for("wecom").await;
        browser.picture(&format!("wecom-{name}-1-question")).await;
        agree(&browser, "xiaoyu").await;
        let arrived = browser.gone_to("https://app.example/cb").await;
        assert!(arrived.contains("code="), "{arrived}");
        start(&house, &browser, &[("prompt", "login")]).await;
        browser.wait_for("continue").await;
        assert_eq!(browser.marker().await, "interstitial");
        browser.picture(&format!("wecom-{name}-2-again")).await;
        browser.driver.goto(format!("{}/account", house.issuer)).await.unwrap();
        browser.wait_for("sign-out").await;
        browser.picture(&format!("wecom-{name}-3-account")).await;
        browser.end().await;
        house.close().await;
    }
}

/// On an ordinary desktop the person says whose account they have; WeCom's page is WeCom's.
#[tokio::test]
async fn on_a_desktop_the_person_chooses_between_wechat_and_wecom() {
    for (looks, name) in all_looks(PHONE, DESKTOP).into_iter().skip(2) {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house(&format!("{}{}", channels::WEBSITE, channels::WECOM)).await;
        start(&house, &browser, &[]).await;
        browser.wait_for("channel-office").await;
        assert_eq!(browser.marker().await, "choose-channel");
        browser.picture(&format!("wecom-{name}-choose")).await;
        browser.press("channel-office").await;
        browser.wait_for("wecom").await;
        browser.picture(&format!("wecom-{name}-desktop-page")).await;
        agree(&browser, "ann").await;
        browser.gone_to("https://app.example/cb").await;
        browser.end().await;
        house.close().await;
    }
}

/// The pages that explain: WeCom's browser where only WeChat is configured, and a plain phone browser where only WeCom is.
#[tokio::test]
async fn who_cannot_come_this_way_reads_which_way_to_take() {
    let only_wechat = format!("{}{}", channels::WEBSITE, channels::SERVICE_ACCOUNT);
    let elsewhere = all_looks(WECOM, WECOM_DESKTOP)
        .map(|(looks, name)| (looks, name, &only_wechat, "wecom-not-wechat"));
    let only_wecom = channels::WECOM.to_owned();
    let plain =
        all_looks(PHONE, PHONE).map(|(looks, name)| (looks, name, &only_wecom, "open-in-wecom"));
    for (looks, name, channels, marker) in elsewhere.into_iter().chain(plain) {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house(channels).await;
        start(&house, &browser, &[]).await;
        browser.wait_for("cancel").await;
        assert_eq!(browser.marker().await, marker);
        browser.picture(&format!("wecom-{name}-{marker}")).await;
        browser.press("cancel").await;
        let back = browser.gone_to("https://app.example/cb").await;
        assert!(back.contains("error=access_denied"), "{back}");
        browser.end().await;
        house.close().await;
    }
}

/// What WeCom refuses is a page of ours, in the words of WeCom's own table.
#[tokio::test]
async fn a_refusal_of_wecoms_is_a_page_with_a_way_on() {
    for (looks, name) in all_looks(WECOM, WECOM_DESKTOP) {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house(channels::WECOM).await;
        for (errcode, cause) in [(60_020, "wecom_ip_not_allowed"), (50_002, "wecom_out_of_range")] {
            house.wechat.script().once(Endpoint::WecomUserInfo, Fault::Errcode(errcode));
            start(&house, &browser, &[]).await;
            browser.wait_for("reference").await;
            let error = browser.driver.find(By::Id("error")).await.unwrap();
            assert_eq!(error.attr("data-cause").await.unwrap().unwrap(), cause);
            browser.picture(&format!("wecom-{name}-refused-{errcode}")).await;
        }
        browser.end().await;
        house.close().await;
    }
}
