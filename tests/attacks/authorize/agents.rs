//! What each kind of browser is shown: the way to WeChat where there is one, an explanation where there is none, and
//! a way back to the application from everywhere. The header chooses a page and decides nothing (WX-36).

use harness::{Browser, DESKTOP, House, PHONE, Page, Plan, WECHAT_DESKTOP, WECHAT_PHONE, WECOM};

use crate::scene::{assert_code, assert_to_wechat, assert_told, attempts, come_back, rows};

const TARGET: &str = "https://app.example/cb?keep=1";
const QR: &str = "/connect/qrconnect?";
const IN_APP: &str = "/connect/oauth2/authorize?";

fn channel(id: &str, kind: &str, app_id: &str) -> String {
    format!(
        "[[channels]]\nid = \"{id}\"\nkind = \"{kind}\"\napp_id = \"{app_id}\"\napp_secret = \"{app_id}-secret\"\nplatform = \"main\"\n"
    )
}

fn website() -> String {
    channel("desktop", "website", "wx0000000000000001")
}

fn service_account(scope: &str) -> String {
    format!("{}scope = \"{scope}\"\n", channel("inapp", "service_account", "wx0000000000000002"))
}

async fn house_of(channels: String) -> House {
    House::of(Plan { channels: Some(channels), ..Plan::default() }).await
}

async fn first_page(house: &House, agent: &str) -> (Browser, Page) {
    let mut browser = Browser::of(house, agent);
    let page = browser.get(&house.application().authorize(&[])).await;
    (browser, page)
}

/// Asserts that the page's way back tells the application no and ends the attempt.
async fn assert_way_back(house: &House, browser: &mut Browser, page: &Page) {
    assert!(
        page.body.contains("id=\"cancel\"") || page.body.contains("id=\"deny\""),
        "{}",
        page.body
    );
    let answered = browser.post(&page.action(), &[("step", "cancel")]).await;
    assert_told(&answered, house, TARGET, "access_denied");
    assert!(attempts(browser).is_empty(), "the attempt is over");
    browser.get(&page.action()).await.assert_error_page(400);
}

/// Design §4: with both channels, each browser gets what works in it.
#[tokio::test]
async fn every_browser_is_led_where_it_can_sign_in() {
    let house = House::open().await;
    let before = rows(&house).await;
    for agent in [DESKTOP, "", "curl/8.0", &"x".repeat(5000)] {
        let (_, page) = first_page(&house, agent).await;
        assert_to_wechat(&page, &house);
        assert!(page.location().contains(QR), "{agent}");
    }
    for agent in [WECHAT_PHONE, WECHAT_DESKTOP] {
        let (mut browser, page) = first_page(&house, agent).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "interstitial"));
        assert!(page.body.contains("id=\"continue\""));
        let departure = browser.post(&page.action(), &[("step", "continue")]).await;
        assert_to_wechat(&departure, &house);
        assert!(departure.location().contains(IN_APP));
        assert!(departure.location().ends_with("#wechat_redirect"));
        let (mut browser, page) = first_page(&house, agent).await;
        assert_way_back(&house, &mut browser, &page).await;
    }
    for (agent, marker) in [(PHONE, "open-in-wechat"), (WECOM, "wecom-not-wechat")] {
        let (mut browser, page) = first_page(&house, agent).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, marker));
        assert!(!page.body.contains("id=\"continue\""), "there is no way onwards from here");
        assert_way_back(&house, &mut browser, &page).await;
    }
    assert_eq!(rows(&house).await, before);
    assert_eq!(house.wechat.requests().len(), 0);
    house.close().await;
}

/// Design §4: with one channel only, who cannot use it is told whose turn it is.
#[tokio::test]
async fn a_browser_without_a_channel_of_its_own_is_told_why() {
    let house = house_of(website()).await;
    let (mut browser, page) = first_page(&house, WECHAT_PHONE).await;
    assert_eq!((page.status.as_u16(), &*page.marker()), (200, "no-service-account"));
    assert_way_back(&house, &mut browser, &page).await;
    let (_, page) = first_page(&house, WECHAT_DESKTOP).await;
    assert!(page.location().contains(QR), "the desktop client shows a QR page as well");
    house.close().await;
    let house = house_of(service_account("snsapi_base")).await;
    let (mut browser, page) = first_page(&house, DESKTOP).await;
    assert_eq!((page.status.as_u16(), &*page.marker()), (200, "open-in-wechat"));
    assert_way_back(&house, &mut browser, &page).await;
    // A silent channel needs no tap.
    let (_, page) = first_page(&house, WECHAT_PHONE).await;
    assert_to_wechat(&page, &house);
    assert!(page.location().contains(IN_APP) && page.location().contains("scope=snsapi_base"));
    house.close().await;
}

/// Design §3: several channels of one kind are a choice, and only configured ones can be chosen.
#[tokio::test]
async fn several_channels_are_offered_and_no_other_can_be_chosen() {
    let second = channel("second", "website", "wx0000000000000002");
    let house = house_of(format!("{}{second}", website())).await;
    let (mut browser, page) = first_page(&house, DESKTOP).await;
    assert_eq!((page.status.as_u16(), &*page.marker()), (200, "choose-channel"));
    for chosen in ["nowhere", "Second", "xx"] {
        let again =
            browser.post(&page.action(), &[("step", "continue"), ("channel", chosen)]).await;
        let choice_or_refusal = again.marker() == "choose-channel" || again.status == 400;
        assert!(choice_or_refusal && again.headers.get("location").is_none(), "{chosen}");
    }
    for chosen in ["../x", "' OR 1=1 --", "<script>", "//evil"] {
        let refused =
            browser.post(&page.action(), &[("step", "continue"), ("channel", chosen)]).await;
        refused.assert_error_page(400);
    }
    let left = browser.post(&page.action(), &[("step", "continue"), ("channel", "second")]).await;
    assert_to_wechat(&left, &house);
    assert!(left.location().contains("appid=wx0000000000000002"), "{}", left.location());
    let (mut browser, page) = first_page(&house, DESKTOP).await;
    assert_way_back(&house, &mut browser, &page).await;
    house.close().await;
}

/// WX-36: whoever lies about the browser lands on a page, and signs in as nobody else.
#[tokio::test]
async fn a_lie_about_the_browser_changes_a_page_and_nothing_else() {
    let house = House::open().await;
    let (mut browser, page) = first_page(&house, WECHAT_PHONE).await;
    browser.agent = DESKTOP.to_owned();
    let departure = browser.post(&page.action(), &[("step", "continue")]).await;
    assert!(departure.location().contains(QR));
    browser.agent = WECOM.to_owned();
    let landed = come_back(&house, &mut browser, &departure, "xiaoyu").await;
    assert_code(&landed, &house, TARGET);
    house.close().await;
}

/// The link that an explaining page gives to carry elsewhere is the application's own request, and works there.
#[tokio::test]
async fn the_link_of_an_explaining_page_signs_in_elsewhere() {
    let house = House::open().await;
    let app = house.application();
    let verifier = "a-verifier-that-is-long-enough-for-rfc-7636-43";
    let challenge = harness::Application::challenge(verifier);
    let state = "\"><script>alert(1)</script>&a=b";
    let mut phone = Browser::of(&house, PHONE);
    let page = phone
        .get(&app.authorize(&[
            ("state", state),
            ("nonce", "nonce-of-this-login-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("max_age", "600"),
        ]))
        .await;
    let value = page.body.split("id=\"link\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let link = value.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    assert!(link.starts_with(&format!("{}/oauth2/authorize?", house.issuer)), "{link}");
    let mut desktop = Browser::new(&house);
    let landed = desktop.sign_in(&house, &link, "xiaoyu").await;
    let code = assert_code(&landed, &house, TARGET);
    assert_eq!(landed.sent("state").as_deref(), Some(state));
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*app.redirect_uri),
        ("code_verifier", verifier),
    ];
    let tokens = harness::Tokens::read(&app.token(&fields).await);
    assert_eq!(tokens.id_token["nonce"], "nonce-of-this-login-1");
    assert!(tokens.id_token["auth_time"].is_i64());
    house.close().await;
}

/// The language: asked by the application, chosen by the person, who has the last word and keeps it.
#[tokio::test]
async fn a_person_can_switch_the_language_of_every_page() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = Browser::of(&house, PHONE);
    let page = browser.get(&app.authorize(&[])).await;
    assert!(page.body.contains("<html lang=\"en\">"));
    let asked = browser.get(&app.authorize(&[("ui_locales", "zh-Hans-CN en")])).await;
    assert!(asked.body.contains("<html lang=\"zh-CN\">"));
    let switch = page.body.split("id=\"language\" href=\"").nth(1).unwrap();
    let switch = switch.split('"').next().unwrap().replace("&#38;", "&");
    assert!(switch.starts_with("/oauth2/resume/"), "{switch}");
    let switched = browser.get(&switch).await;
    assert_eq!(switched.marker(), "open-in-wechat", "the same page");
    assert!(switched.body.contains("<html lang=\"zh-CN\">"));
    assert_eq!(browser.cookies["magpie-language"], "zh-CN");
    let again = browser.get(&app.authorize(&[("ui_locales", "en")])).await;
    assert!(again.body.contains("<html lang=\"zh-CN\">"), "the person meant it more");
    for junk in ["xx", "../../etc/passwd", "<script>", "en\r\nSet-Cookie: evil=1"] {
        let query = url::form_urlencoded::byte_serialize(junk.as_bytes()).collect::<String>();
        let page = browser.get(&format!("{}?language={query}", page.action())).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "open-in-wechat"));
        assert!(!page.body.contains("passwd") && !page.body.contains("<script>"));
        let cookies = page.headers.get_all("set-cookie").iter();
        assert!(
            cookies.into_iter().all(|line| !line.to_str().unwrap().contains("language")),
            "{junk}"
        );
    }
    house.close().await;
}
