//! The steps between request and answer, out of order, empty, foreign and again; and who the browser says it is.

use harness::{Browser, DESKTOP, House, PHONE, Page, WECHAT_DESKTOP, WECHAT_PHONE, WECOM};

use crate::answer::{code_of, in_wechat};
use crate::ledger::Place;

/// Nobody is sent anywhere, and nothing is taken from or given to the browser.
#[track_caller]
fn assert_goes_no_further(page: &Page) {
    page.assert_error_page(400);
    assert_eq!(page.header("set-cookie"), "");
}

/// No code comes of it, whatever else is shown.
#[track_caller]
fn assert_no_code(page: &Page) {
    assert!(page.status.as_u16() < 500, "{}", page.body);
    assert!(!page.header("location").contains("code="), "{}", page.header("location"));
    assert!(!page.header("location").starts_with("https://app.example"));
}

/// WX-30.
#[tokio::test]
async fn a_step_that_is_empty_foreign_or_malformed_never_advances_a_login() {
    let place = Place::open().await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    let mut browser = in_wechat(house);
    let action = browser.get(&start).await.action();
    let mut other = in_wechat(house);
    let others = other.get(&start).await.action();
    assert_ne!(action, others);
    let rows = place.rows().await;
    for fields in [
        &[][..],
        &[("step", "")],
        &[("step", "unknown")],
        &[("step", "CONTINUE")],
        &[("step", "continue"), ("step", "continue")],
        &[("step", "continue"), ("step", "deny")],
        &[("channel", "inapp")],
        &[("step", "continue"), ("channel", "../x")],
    ] {
        assert_goes_no_further(&browser.clone().post(&action, fields).await);
    }
    for step in ["continue", "allow", "deny", "cancel"] {
        let fields = &[("step", step)];
        assert_goes_no_further(&in_wechat(house).post(&action, fields).await);
        assert_goes_no_further(&browser.clone().post(&others, fields).await);
        assert_goes_no_further(&browser.clone().post("/oauth2/resume/x", fields).await);
        assert_goes_no_further(&browser.clone().post("/oauth2/resume/%2e%2e", fields).await);
    }
    assert_goes_no_further(&in_wechat(house).get(&action).await);
    assert_goes_no_further(&browser.clone().get(&others).await);
    let body = br#"{"step":"continue"}"#.to_vec();
    let json = http::Request::post(format!("{}{action}", house.issuer))
        .header("content-type", "application/json")
        .header("cookie", cookies(&browser))
        .body(body)
        .unwrap();
    assert_eq!(harness::send(house.address(), json).await.status(), 400);
    assert_eq!((house.wechat.exchanges(), rows), (0, place.rows().await));
    // The login itself is unharmed.
    code_of(&browser.sign_in(house, &action, "ann").await);
    place.house.close().await;
}

/// WX-30: consent before anybody has signed in is nobody's consent.
#[tokio::test]
async fn saying_yes_out_of_order_gives_no_code() {
    let place = Place::open().await;
    let house = &place.house;
    let asking = house.asking_application();
    let mut browser = in_wechat(house);
    let action = browser.get(&asking.authorize(&[])).await.action();
    assert_no_code(&browser.post(&action, &[("step", "allow")]).await);
    let leaving = browser.post(&action, &[("step", "continue")]).await;
    let callback = house.wechat.approve(&leaving.location(), "ann").unwrap();
    assert_no_code(&browser.clone().post(&action, &[("step", "allow")]).await);
    let rows = place.rows().await;
    assert_eq!((rows["users"], rows["claims"], rows["grants"], rows["consents"]), (0, 0, 0, 0));
    let resumed = browser.get(&callback).await;
    assert!(resumed.location().contains("/oauth2/resume/"), "{}", resumed.location());
    // Without a code, and with the same landing for a second callback.
    assert_eq!(place.count("grants").await, 0);
    assert_no_code(&browser.clone().post(&action, &[("step", "continue")]).await);
    // Yes to a page that nobody has seen is no consent either.
    assert_no_code(&browser.clone().post(&action, &[("step", "allow")]).await);
    assert_eq!(browser.get(&resumed.location()).await.marker(), "consent");
    let before = browser.clone();
    let answer = browser.post(&action, &[("step", "allow")]).await;
    asking.tokens(&code_of(&answer)).await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["magpie-session"]);
    // The page of a finished attempt in a browser that is signed out gives nothing.
    let mut signed_out = before;
    signed_out.cookies.remove("magpie-session");
    assert_no_code(&signed_out.post(&action, &[("step", "allow")]).await);
    assert_eq!(place.count("grants").await, 1);
    place.house.close().await;
}

/// WX-30, law 7: a landing on a page of ours is the same page for a second callback.
#[tokio::test]
async fn a_callback_that_leads_to_consent_leads_there_twice() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let asking = house.asking_application();
        let mut browser = in_wechat(house);
        let callback = browser.leave(house, &asking.authorize(&[]), "ann").await;
        let mut twin = browser.clone();
        let (first, second) = tokio::join!(browser.get(&callback), twin.get(&callback));
        assert_eq!(crate::answer::bytes_of(&first), crate::answer::bytes_of(&second));
        assert_eq!((house.wechat.exchanges(), place.count("sessions").await), (1, 1));
        assert_eq!(twin.get(&first.location()).await.marker(), "consent");
        let denied = twin.post(&first.location(), &[("step", "deny")]).await;
        assert_eq!(denied.sent("error").unwrap(), "access_denied");
        assert_eq!((place.count("grants").await, place.count("consents").await), (0, 0));
        place.house.close().await;
    }
}

/// WX-36: a user agent chooses a page. It skips no check and opens no door.
#[tokio::test]
async fn what_a_browser_calls_itself_decides_nothing_but_the_page() {
    let place = Place::open().await;
    let house = &place.house;
    let application = house.application();
    let long = format!("MicroMessenger {}", "x".repeat(8_000));
    let agents = [
        DESKTOP,
        PHONE,
        WECHAT_PHONE,
        WECHAT_DESKTOP,
        WECOM,
        "",
        "MicroMessenger",
        "GoogleHC/1.0",
        "kube-probe/1.30",
        "ELB-HealthChecker/2.0",
        "Googlebot/2.1",
        &long,
    ];
    let mut owner = in_wechat(house);
    let callback = owner.leave(house, &application.authorize(&[]), "ann").await;
    let rows = place.rows().await;
    for agent in agents {
        assert_decisions(house, agent, &callback).await;
    }
    assert_eq!((house.wechat.exchanges(), rows), (0, place.rows().await));
    // And the cookie is proof under any name.
    for agent in agents {
        let mut renamed = owner.clone();
        agent.clone_into(&mut renamed.agent);
        code_of(&renamed.get(&callback).await);
    }
    assert_eq!(house.wechat.exchanges(), 1);
    place.house.close().await;
}

async fn assert_decisions(house: &House, agent: &str, callback: &str) {
    let application = house.application();
    let mut browser = Browser::of(house, agent);
    assert_goes_no_further(&browser.get(callback).await);
    let silent = browser.get(&application.authorize(&[("prompt", "none")])).await;
    assert_eq!(silent.sent("error").as_deref(), Some("login_required"), "{agent}");
    for (name, value) in
        [("redirect_uri", "https://evil.example/"), ("client_id", "nobody"), ("client_id", "")]
    {
        let page = browser.get(&application.authorize(&[(name, value)])).await;
        page.assert_error_page(400);
    }
    let shown = browser.get(&application.authorize(&[])).await;
    assert_no_code(&shown);
    for path in ["/oauth2/userinfo", "/oauth2/token"] {
        let method = if path.ends_with("token") { "POST" } else { "GET" };
        let page = browser.method(method, path).await;
        assert!([400, 401].contains(&page.status.as_u16()), "{agent} {path}: {}", page.status);
    }
}

fn cookies(browser: &Browser) -> String {
    let pairs = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}
