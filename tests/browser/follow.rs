//! A desktop that shows the QR code of a service account, and a person who scans it and sends the number in the chat: under
//! our own policy, in both languages, at both widths, and with and without scripts.

use harness::{House, Plan};
use magpie_simulator::{PushConsole, PushFormat, PushMode};

use crate::chromium::{Chromium, Looks};

const ACCOUNT: &str = "wx0000000000000002";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

async fn house() -> House {
    let channels = format!(
        r#"
[[channels]]
id = "chat"
kind = "follow"
app_id = "{ACCOUNT}"
app_secret = "{ACCOUNT}-secret"
platform = "main"
push = {{ token = "{TOKEN}", encoding_aes_key = "{KEY}" }}
"#
    );
    let house = House::of(Plan { channels: Some(channels), ..Plan::default() }).await;
    let url = format!("{}/push/chat", house.issuer);
    house.wechat.change_world(|world| {
        world.pushes.push(PushConsole {
            app_id: ACCOUNT.to_owned(),
            url,
            token: TOKEN.to_owned(),
            encoding_aes_key: KEY.to_owned(),
            mode: PushMode::Secure,
            format: PushFormat::Xml,
        });
    });
    house
}

/// QR-05, QR-09, RFC 10027.
#[tokio::test]
async fn a_person_scans_reads_who_asks_and_sends_the_number_and_the_desktop_goes_on() {
    for (language, scripts) in [("zh-CN", true), ("en", true), ("en", false)] {
        let looks = Looks { language, scripts, ..Looks::DESKTOP };
        let Some(desktop) = Chromium::start(looks).await else { return };
        let (house, name) = (house().await, format!("{language}-{scripts}"));
        let start = house.application().authorize(&[("ui_locales", "")]);
        desktop.driver.goto(&start).await.unwrap();
        let number = desktop.wait_for("number").await;
        assert_eq!(desktop.marker().await, "relay-code");
        desktop.picture(&format!("follow-desktop-{name}")).await;
        let scanned = harness::read_qr(&desktop.driver.source().await.unwrap());
        let line = house.wechat.scan(&scanned, "ann").await.unwrap();
        assert!(line.text().contains("Chrome") && line.text().contains("浏览器"), "{line:?}");
        assert_eq!(desktop.marker().await, "relay-code", "a scan alone gives nothing");
        let line = house.wechat.say(ACCOUNT, "ann", &number).await.unwrap();
        assert!(line.text().contains("正确"), "{line:?}");
        desktop.gone_to("https://app.example/cb").await;
        desktop.end().await;
        house.close().await;
    }
}

/// The same page in a narrow window of a desktop browser.
#[tokio::test]
async fn the_page_fits_a_narrow_window_too() {
    for language in ["zh-CN", "en"] {
        let looks = Looks { language, width: 400, height: 900, ..Looks::DESKTOP };
        let Some(desktop) = Chromium::start(looks).await else { return };
        let house = house().await;
        let start = house.application().authorize(&[("ui_locales", "")]);
        desktop.driver.goto(&start).await.unwrap();
        desktop.wait_for("number").await;
        desktop.picture(&format!("follow-narrow-{language}")).await;
        let wide = desktop.driver.execute(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth",
            Vec::new(),
        );
        assert_eq!(wide.await.unwrap().json(), &serde_json::json!(false));
        desktop.end().await;
        house.close().await;
    }
}
