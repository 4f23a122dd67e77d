//! WeChat's QR code in a page of ours, under our own policy: it works, it gives up in time, and what WeChat's script could
//! reach from there is nothing.

use std::time::{Duration, Instant};

use harness::{House, Plan};
use magpie_simulator::{Endpoint, Fault};
use thirtyfour::By;

use crate::chromium::{Chromium, Looks};

const CHANNELS: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
embedded = true

[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
"#;

async fn house(more: &str) -> House {
    let channels = CHANNELS.replace("embedded = true", &format!("embedded = true\n{more}"));
    House::of(Plan { channels: Some(channels), ..Plan::default() }).await
}

async fn enter_frame(browser: &Chromium) {
    browser.wait_for_css("#wechat.there iframe").await.enter_frame().await.unwrap();
}

/// On desktop and at a phone's width, in both languages: the code stands in the page, a person agrees, and the window above
/// goes on.
#[tokio::test]
async fn a_person_scans_the_code_in_our_page_and_the_window_goes_on() {
    for (width, height, language) in
        [(1280, 900, "en"), (1280, 900, "zh-CN"), (390, 844, "en"), (390, 844, "zh-CN")]
    {
        let looks = Looks { width, height, language, ..Looks::DESKTOP };
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house("").await;
        browser.driver.goto(&house.application().authorize(&[("ui_locales", "")])).await.unwrap();
        assert_eq!(browser.marker().await, "embedded-qr");
        enter_frame(&browser).await;
        browser.driver.enter_default_frame().await.unwrap();
        browser.picture(&format!("page-embedded-qr-{width}-{language}")).await;
        enter_frame(&browser).await;
        browser.press("approve").await;
        let arrived = browser.gone_to("https://app.example/cb").await;
        assert!(arrived.contains("code="), "{arrived}");
        browser.end().await;
        house.close().await;
    }
}

/// Nobody touches the window before it goes on, and the script was told what the configuration says.
#[tokio::test]
async fn a_scan_sends_on_a_window_that_nobody_has_touched() {
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let house = house("quick_login = false").await;
    house.wechat.change_world(|world| world.auto_approve = true);
    browser.driver.goto(&house.application().authorize(&[])).await.unwrap();
    browser.gone_to("https://app.example/cb").await;
    let asked: Vec<_> = house.wechat.requests();
    let asked = asked.iter().find(|seen| seen.endpoint == Endpoint::QrConnect).unwrap();
    for (name, value) in [
        ("login_type", "jssdk"),
        ("self_redirect", "false"),
        ("stylelite", "1"),
        ("fast_login", "0"),
    ] {
        assert_eq!(asked.parameter(name), Some(value), "{name}");
    }
    assert!(!asked.had_referer);
    assert_eq!(house.wechat.requests_to(Endpoint::QrConnect), 1, "each makes another code");
    browser.end().await;
    house.close().await;
}

/// QR-10. Seen red with a patience of ten seconds.
#[tokio::test]
async fn within_three_seconds_the_full_page_opens_when_the_code_does_not_stand_there() {
    for (what, endpoint, fault, soon) in [
        ("the script is missing", Endpoint::WxLogin, Fault::Status(404), true),
        ("the script hangs", Endpoint::WxLogin, Fault::Hang, false),
        ("the script is no script", Endpoint::WxLogin, Fault::Body(b"void 0;".to_vec()), true),
        ("the frame hangs", Endpoint::QrConnect, Fault::Hang, false),
    ] {
        let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
        let house = house("").await;
        house.wechat.script().once(endpoint, fault);
        // The first page warms the browser up; the clock runs from the press that leads to ours.
        browser.driver.goto(&format!("{}/device", house.issuer)).await.unwrap();
        let begun = Instant::now();
        let start = serde_json::json!(house.application().authorize(&[]));
        browser.driver.execute("location.href = arguments[0]", vec![start]).await.unwrap();
        browser.gone_to(&format!("{}/connect/qrconnect?", house.wechat.base_url())).await;
        let took = begun.elapsed();
        let most = if soon { Duration::from_millis(2900) } else { Duration::from_millis(4500) };
        assert!(took < most, "{what}: {took:?}");
        browser.wait_for("approve").await;
        browser.press("approve").await;
        browser.gone_to("https://app.example/cb").await;
        browser.end().await;
        house.close().await;
    }
}

#[tokio::test]
async fn without_scripts_there_is_a_button_and_no_empty_box() {
    for language in ["en", "zh-CN"] {
        let looks = Looks { scripts: false, language, ..Looks::DESKTOP };
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house("").await;
        browser.driver.goto(&house.application().authorize(&[("ui_locales", "")])).await.unwrap();
        let there = browser.driver.find(By::Id("wechat")).await.unwrap();
        assert!(!there.is_displayed().await.unwrap());
        browser.picture(&format!("page-embedded-qr-no-scripts-{language}")).await;
        browser.press("continue").await;
        browser.wait_for("approve").await;
        browser.press("approve").await;
        browser.gone_to("https://app.example/cb").await;
        browser.end().await;
        house.close().await;
    }
}

/// What a script on that page finds out and reaches; the same words as on any page of ours, so that a way out would show.
const REACH: &str = r"
const done = arguments[arguments.length - 1];
const blocked = [];
document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
const add = (name, address) => {
  const element = document.createElement(name);
  element.src = address;
  document.body.append(element);
};
add('script', 'http://127.0.0.2:9/evil.js');
add('script', arguments[1] + '/connect/zh_CN/htmledition/js/other.js');
add('iframe', '/account');
add('img', 'http://127.0.0.2:9/pixel.png');
window.held = window.open('/account');
const fetched = fetch('/account').then(() => 'read', () => 'refused');
setTimeout(async () => done({
  blocked: [...new Set(blocked)].sort(),
  fetched: await fetched,
  held: window.held ? window.held.closed : null,
  cookies: document.cookie,
  stored: localStorage.length + sessionStorage.length,
  told: [document.referrer, location.href, ...navigation.entries().map((entry) => entry.url ?? ''),
    ...performance.getEntriesByType('navigation').map((entry) => entry.name)].join(' '),
}), 1500);
";

/// WX-08, and QR-10: the policy names one script of WeChat's and no other. Seen red with the opener policy of the other
/// pages: the window of the account stayed in the script's hands; and with scripts of any address.
#[tokio::test]
async fn a_script_on_that_page_reads_nothing_and_reaches_no_other_page_of_ours() {
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let house = house("").await;
    let start = house.application().authorize(&[("nonce", "nonce-of-the-application-1")]);
    browser.driver.goto(&start).await.unwrap();
    browser.wait_for_css("#wechat.there iframe").await;
    let wechat = serde_json::json!(house.wechat.base_url());
    let nothing = serde_json::Value::Null;
    let found = browser.driver.execute_async(REACH, vec![nothing, wechat]).await.unwrap();
    let found = found.json();
    let directives = ["connect-src", "frame-src", "img-src", "script-src-elem"];
    assert_eq!(found["blocked"], serde_json::json!(directives), "{found}");
    assert_eq!(found["fetched"], "refused", "{found}");
    assert_eq!(found["held"], true, "the window of the account is out of its reach: {found}");
    assert_eq!((&found["cookies"], &found["stored"]), (&"".into(), &0.into()), "{found}");
    let told = found["told"].as_str().unwrap();
    assert!(told.contains("/oauth2/resume/"), "{told}");
    for secret in ["nonce-of-the-application", "state-of-the-application", "client_id"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    browser.end().await;
    house.close().await;
}

/// The page after a silence that was not enough, as people see it.
#[tokio::test]
async fn whoever_is_asked_after_a_silence_sees_why() {
    for (width, height, language) in
        [(390, 844, "zh-CN"), (390, 844, "en"), (1280, 900, "zh-CN"), (1280, 900, "en")]
    {
        let looks = Looks { width, height, language, ..Looks::WECHAT };
        let Some(browser) = Chromium::start(looks).await else { return };
        let house = house("").await;
        let start = house.application().authorize(&[("scope", "openid"), ("ui_locales", "")]);
        browser.driver.goto(&start).await.unwrap();
        browser.wait_for("continue").await;
        assert_eq!(browser.marker().await, "interstitial");
        assert!(browser.driver.current_url().await.unwrap().path().starts_with("/oauth2/resume/"));
        browser.picture(&format!("page-interstitial-unknown-yet-{width}-{language}")).await;
        browser.press("continue").await;
        browser.wait_for("approve").await;
        browser.press("approve").await;
        browser.gone_to("https://app.example/cb").await;
        // The second time there is nothing to press.
        browser.driver.delete_all_cookies().await.unwrap();
        browser.driver.goto(&format!("{}/device", house.issuer)).await.unwrap();
        browser.driver.delete_all_cookies().await.unwrap();
        browser.driver.goto(&start).await.ok();
        browser.gone_to("https://app.example/cb").await;
        browser.end().await;
        house.close().await;
    }
}
