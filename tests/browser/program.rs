//! A desktop that shows the code of a mini program below our own: in both languages, at both widths, and without it when
//! WeChat gives none.

use harness::channels::{self, MINI_APP_ID};
use harness::{House, Plan};
use magpie_simulator::{Endpoint, Fault, Scope};
use serde_json::json;

use crate::chromium::{Chromium, Looks};

async fn house() -> House {
    let ways = [channels::RELAY_WITH_PROGRAM, channels::SERVICE_ACCOUNT, channels::MINI_PROGRAM];
    let (channels, world) = (Some(ways.concat()), Some(channels::world()));
    House::of(Plan { channels, world, ..Plan::default() }).await
}

async fn says(browser: &Chromium, script: &str) -> serde_json::Value {
    browser.driver.execute(script, Vec::new()).await.unwrap().json().clone()
}

/// Waits until the code is seen, or gives up.
async fn is_shown(browser: &Chromium) -> bool {
    let script = "return !document.getElementById('program').hidden";
    for _ in 0..60 {
        if says(browser, script).await == json!(true) {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    false
}

/// QR-09: under our own policy the picture is loaded from our origin, fits, and the number in the mini program lets the
/// desktop go on.
#[tokio::test]
async fn the_code_of_the_mini_program_stands_below_ours_and_its_answer_lets_the_desktop_go_on() {
    for (language, width, height) in
        [("zh-CN", 1280, 1200), ("en", 1280, 1200), ("zh-CN", 400, 1400), ("en", 400, 1400)]
    {
        let looks = Looks { language, width, height, ..Looks::DESKTOP };
        let Some(desktop) = Chromium::start(looks).await else { return };
        let house = house().await;
        let start = house.application().authorize(&[("ui_locales", "")]);
        desktop.driver.goto(&start).await.unwrap();
        let number = desktop.wait_for("number").await;
        assert!(is_shown(&desktop).await);
        let natural = "return document.getElementById('program-code').naturalWidth > 200";
        assert_eq!(says(&desktop, natural).await, json!(true));
        let wide =
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(says(&desktop, wide).await, json!(false));
        desktop.picture(&format!("program-{width}-{language}")).await;
        let scanned = harness::read_qr(&desktop.driver.source().await.unwrap());
        let scene = scanned.rsplit('/').next().unwrap();
        let code = house.wechat.issue_code(MINI_APP_ID, "ann", Scope::MiniProgram).unwrap();
        let answer = [("scene", scene), ("code", &code), ("answer", &number)];
        let answered = house.application().post_as("/relay/program/answer", None, &answer).await;
        assert_eq!(answered.json()["status"], "approved", "{}", answered.body);
        desktop.gone_to("https://app.example/cb").await;
        desktop.end().await;
        house.close().await;
    }
}

/// A second way that is not there is not told of, with scripts and without.
#[tokio::test]
async fn without_a_picture_the_page_is_the_one_with_our_code_alone() {
    for scripts in [true, false] {
        let looks = Looks { language: "en", scripts, ..Looks::DESKTOP };
        let Some(desktop) = Chromium::start(looks).await else { return };
        let house = house().await;
        house.wechat.script().always(Endpoint::ProgramCode, Fault::Errcode(41_030));
        let start = house.application().authorize(&[("ui_locales", "")]);
        desktop.driver.goto(&start).await.unwrap();
        desktop.wait_for("number").await;
        if scripts {
            assert!(!is_shown(&desktop).await);
        }
        desktop.picture(&format!("program-none-{scripts}")).await;
        let text = desktop.wait_for("waiting").await;
        assert!(!text.is_empty());
        let body = desktop.driver.find(thirtyfour::By::Tag("body")).await.unwrap();
        assert!(!body.text().await.unwrap().contains("mini program"));
        desktop.end().await;
        house.close().await;
    }
}
