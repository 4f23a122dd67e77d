//! WeChat's QR code in a page of ours (0049): one page with a script that is not ours, and nothing on it worth reading.

use harness::{Browser, House, Page, Plan, WECHAT_DESKTOP};
use magpie_simulator::Endpoint;

use crate::answer::code_of;
use crate::ledger::Place;

const CHANNELS: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
embedded = true
"#;

async fn place(more: &str) -> Place {
    let channels = Some(format!("{CHANNELS}{more}\n"));
    Place::of(Plan { channels, ..Plan::default() }).await
}

fn data(page: &Page, name: &str) -> String {
    let from = format!(r#"data-{name}=""#);
    let start = page.body.find(&from).unwrap_or_else(|| panic!("no {from}: {}", page.body));
    let rest = &page.body[start + from.len()..];
    rest[..rest.find('"').unwrap()].to_owned()
}

/// The link that WeChat's page has for what the script was given, as its own page would have it.
fn link(house: &House, page: &Page) -> String {
    format!(
        "{}/connect/qrconnect?appid={}&redirect_uri={}&response_type=code&scope=snsapi_login&state={}#wechat_redirect",
        house.wechat.base_url(),
        data(page, "app"),
        data(page, "callback"),
        data(page, "state")
    )
}

/// WX-08: WeChat's script reads in the address what any page of ours may read in it, which is the attempt's name. Seen red
/// with the page at the authorization endpoint.
#[tokio::test]
async fn the_page_stands_at_an_address_that_says_nothing_of_the_request() {
    for place in Place::on_both_engines_with(CHANNELS).await {
        let house = &place.house;
        let mut browser = Browser::new(house);
        let start = house.application().authorize(&[("nonce", "nonce-to-be-hidden-1")]);
        let sent = browser.get(&start).await;
        let prefix = format!("{}/oauth2/resume/", house.issuer);
        assert!(sent.location().starts_with(&prefix), "{}", sent.location());
        assert!(!sent.location().contains('?') && !sent.location().contains('#'));
        let page = browser.get(&sent.location()).await;
        assert_eq!((page.status.as_u16(), page.marker().as_str()), (200, "embedded-qr"));
        for hidden in ["nonce-to-be-hidden-1", "state-of-the-application", "app.example", "secret"]
        {
            assert!(!page.body.contains(hidden), "{hidden}: {}", page.body);
        }
        assert_eq!(place.rows().await["claims"], 0, "nothing is written (law 1)");
        let callback = house.wechat.approve(&link(house, &page), "ann").unwrap();
        let answer = browser.get(&callback).await;
        let tokens = house.application().tokens(&code_of(&answer)).await;
        assert_eq!(tokens.id_token["nonce"], "nonce-to-be-hidden-1");
        place.house.close().await;
    }
}

/// The policy lets in one script and one frame, and whoever it lets in gets no window, no frame and no answer of ours.
#[tokio::test]
async fn the_policy_names_wechats_script_and_frame_on_this_page_alone() {
    let place = place("").await;
    let (house, wechat) = (&place.house, place.house.wechat.base_url());
    let mut browser = Browser::new(house);
    let sent = browser.get(&house.application().authorize(&[])).await;
    let page = browser.get(&sent.location()).await;
    let script = format!("{wechat}/connect/zh_CN/htmledition/js/wxLogin.js");
    assert_eq!(data(&page, "script"), script);
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self' {script}; img-src 'self'; \
         form-action 'self' https: http:; frame-ancestors 'none'; base-uri 'none'; frame-src {wechat}"
    );
    assert_eq!(page.header("content-security-policy"), policy);
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin-allow-popups"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    for other in [
        browser.get("/device").await,
        browser.get("/account").await,
        browser.get(&format!("{}/nowhere", house.issuer)).await,
        Browser::of(house, harness::PHONE).get(&house.application().authorize(&[])).await,
    ] {
        let policy = other.header("content-security-policy");
        assert!(policy.contains("script-src 'self';"), "{}: {policy}", other.url);
        assert!(!policy.contains(&wechat) && !policy.contains("frame-src"), "{policy}");
        assert_eq!(other.header("cross-origin-opener-policy"), "same-origin");
    }
}

/// A page that is opened again keeps its departure, since a phone may have scanned it; a callback that was claimed ends
/// that, and five departures are the most.
#[tokio::test]
async fn a_page_that_is_opened_again_goes_on_with_the_code_that_a_phone_may_have_scanned() {
    let place = place("").await;
    let house = &place.house;
    let mut browser = Browser::new(house);
    let sent = browser.get(&house.application().authorize(&[])).await;
    let first = browser.get(&sent.location()).await;
    for _ in 0..8 {
        let again = browser.get(&sent.location()).await;
        assert_eq!(data(&again, "state"), data(&first, "state"));
    }
    house.wechat.script().once(Endpoint::AccessToken, magpie_simulator::Fault::Errcode(-1));
    let callback = house.wechat.approve(&link(house, &first), "ann").unwrap();
    browser.get(&callback).await.assert_error_page(503);
    let second = browser.get(&sent.location()).await;
    assert_ne!(data(&second, "state"), data(&first, "state"), "that code is gone");
    let callback = house.wechat.approve(&link(house, &second), "ann").unwrap();
    code_of(&browser.get(&callback).await);
}

/// Without the script, or without any: the button leads to WeChat's own page, and the code in our page is void then.
#[tokio::test]
async fn the_button_leads_to_wechats_own_page_and_cancel_to_the_application() {
    let place = place("").await;
    let house = &place.house;
    let mut browser = Browser::new(house);
    let sent = browser.get(&house.application().authorize(&[])).await;
    let page = browser.get(&sent.location()).await;
    let leaving = browser.post(&page.action(), &[("step", "leave")]).await;
    let wechat = house.wechat.base_url();
    assert!(leaving.location().starts_with(&format!("{wechat}/connect/qrconnect?")));
    let void = house.wechat.approve(&link(house, &page), "ann").unwrap();
    browser.get(&void).await.assert_error_page(400);
    assert_eq!(house.wechat.exchanges(), 0);
    let callback = house.wechat.approve(&leaving.location(), "ann").unwrap();
    code_of(&browser.get(&callback).await);

    let mut browser = Browser::new(house);
    let sent = browser.get(&house.application().authorize(&[])).await;
    let page = browser.get(&sent.location()).await;
    let told = browser.post(&page.action(), &[("step", "cancel")]).await;
    assert_eq!(told.sent("error").unwrap(), "access_denied");
}

/// Only where it was asked for, and only on desktops.
#[tokio::test]
async fn other_browsers_and_other_channels_go_to_wechats_own_page_as_before() {
    let place = place("").await;
    let start = place.house.application().authorize(&[]);
    let page = Browser::of(&place.house, WECHAT_DESKTOP).get(&start).await;
    assert!(page.location().contains("/connect/qrconnect?"), "{}", page.location());
    let usual = Place::open().await;
    let page = Browser::new(&usual.house).get(&usual.house.application().authorize(&[])).await;
    assert!(page.location().contains("/connect/qrconnect?"), "{}", page.location());
}

#[tokio::test]
async fn quick_login_can_be_switched_off() {
    for (more, expected) in [("", "1"), ("quick_login = false", "0")] {
        let place = place(more).await;
        let mut browser = Browser::new(&place.house);
        let sent = browser.get(&place.house.application().authorize(&[])).await;
        assert_eq!(data(&browser.get(&sent.location()).await, "fast-login"), expected);
    }
}

/// A stranger without the attempt's cookie is shown nothing (law 1).
#[tokio::test]
async fn without_the_cookie_there_is_no_code_to_show() {
    let place = place("").await;
    let mut browser = Browser::new(&place.house);
    let sent = browser.get(&place.house.application().authorize(&[])).await;
    let page = Browser::new(&place.house).get(&sent.location()).await;
    assert_eq!((page.status.as_u16(), page.marker().as_str()), (400, "sign-in-not-found"));
}
