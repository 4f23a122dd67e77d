//! The line about the phone number: on the page that asks, and on the account page afterwards. And the simulator's page
//! for who leaves, which tells every account.

use harness::{House, Plan, channels};
use magpie_simulator::{PushConsole, PushFormat, PushMode};
use thirtyfour::By;

use crate::chromium::{Chromium, Looks};

const ASKING: &str = r#"
[[clients]]
id = "delivery"
name = "Parcel desk"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://parcels.example/cb"]
scopes = ["openid", "profile", "phone", "offline_access"]
consent = "explicit"
"#;

const LOOKS: [Looks; 4] = [
    Looks::WECHAT,
    Looks { language: "en", ..Looks::WECHAT },
    Looks { language: "zh-CN", ..Looks::DESKTOP },
    Looks::DESKTOP,
];

async fn choose(browser: &Chromium, select: &str, person: &str) {
    let select = browser.driver.find(By::Id(select)).await.unwrap();
    let option = format!("option[value={person}]");
    select.find(By::Css(option)).await.unwrap().click().await.unwrap();
}

#[tokio::test]
async fn the_phone_number_is_asked_for_by_name_and_listed_afterwards() {
    for looks in LOOKS {
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = House::with(ASKING).await;
        let name = format!("{}-{}", looks.width, looks.language);
        let application = house.own_application("delivery", "https://parcels.example/cb");
        let wanted = [("scope", "openid profile phone"), ("ui_locales", "")];
        browser.driver.goto(&application.authorize(&wanted)).await.unwrap();
        if looks.agent.is_some() {
            browser.press("continue").await;
        }
        browser.wait_for("approve").await;
        choose(&browser, "person", "laowang").await;
        browser.press("approve").await;
        browser.wait_for("allow").await;
        assert_eq!(browser.marker().await, "consent");
        let words = ["你的手机号", "Your phone number"][usize::from(looks.language == "en")];
        assert!(browser.driver.source().await.unwrap().contains(words), "{words}");
        browser.picture(&format!("phone-scope-{name}-1-consent")).await;
        browser.press("allow").await;
        browser.gone_to("https://parcels.example/cb").await;
        browser.driver.goto(format!("{}/account", house.issuer)).await.unwrap();
        let held = browser.wait_for("applications").await;
        assert!(held.contains("Parcel desk"), "{held}");
        assert!(
            held.to_lowercase().contains(["手机号", "phone"][usize::from(looks.language == "en")]),
            "{held}"
        );
        browser.picture(&format!("phone-scope-{name}-2-account")).await;
        browser.end().await;
        house.close().await;
    }
}

/// A person withdraws at the simulated WeChat with a click, and our house has heard of it.
#[tokio::test]
async fn a_person_leaves_wechat_with_a_click_and_every_account_is_told() {
    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    for looks in [Looks::PHONE, Looks::DESKTOP] {
        let Some(browser) = Chromium::start(looks).await else { return };
        let push = format!("push = {{ token = \"{TOKEN}\", encoding_aes_key = \"{KEY}\" }}\n");
        let both = format!("{}{push}{}{push}", channels::WEBSITE, channels::SERVICE_ACCOUNT);
        let house = House::of(Plan { channels: Some(both), ..Plan::default() }).await;
        for (app_id, channel) in
            [("wx0000000000000001", "desktop"), ("wx0000000000000002", "inapp")]
        {
            let console = PushConsole {
                app_id: app_id.to_owned(),
                url: format!("{}/push/{channel}", house.issuer),
                token: TOKEN.to_owned(),
                encoding_aes_key: KEY.to_owned(),
                mode: PushMode::Secure,
                format: PushFormat::Xml,
            };
            house.wechat.change_world(|world| world.pushes.push(console));
        }
        browser.driver.goto(house.wechat.base_url()).await.unwrap();
        browser.wait_for("withdraw").await;
        browser.picture(&format!("simulator-{}-1-home", looks.width)).await;
        choose(&browser, "leaver", "ann").await;
        browser.press("withdraw").await;
        browser.wait_for("told").await;
        assert_eq!(browser.driver.find_all(By::Css("tr")).await.unwrap().len(), 2, "each account");
        let told = browser.driver.find(By::Tag("table")).await.unwrap().text().await.unwrap();
        assert_eq!(told.matches("200").count(), 2, "{told}");
        browser.picture(&format!("simulator-{}-2-left", looks.width)).await;
        browser.end().await;
        house.close().await;
    }
}
