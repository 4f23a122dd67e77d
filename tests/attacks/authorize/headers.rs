//! What every page of a login carries: nobody frames it, keeps it, or learns where the person came from.

use harness::{Browser, House, PHONE, Page, WECHAT_PHONE, WECOM};

use crate::scene::signed_in;

/// AZ-36, A19 and G6 on one page; `form_action` is what its forms may lead to.
#[track_caller]
fn assert_guarded(page: &Page, form_action: &str) {
    let what = format!("{} {}", page.marker(), page.url);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), value, "{name} of {what}");
    }
    assert!(page.headers.get("access-control-allow-origin").is_none(), "{what}");
    assert!(page.headers.get("server").is_none() && page.headers.get("x-powered-by").is_none());
    let policy = page.header("content-security-policy");
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for needed in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        &format!("form-action {form_action}"),
    ] {
        assert!(directives.contains(&needed), "{needed} of {what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    assert!(!page.body.contains(" style=") && !page.body.contains("<style"), "{what}");
    assert!(!page.body.contains("http-equiv"), "{what}");
}

/// AZ-36, A19. Seen red with windows that keep who opened them.
#[tokio::test]
async fn every_page_of_a_login_is_guarded() {
    let house = House::open().await;
    let app = house.application();
    // Browsers hold the whole chain of redirects behind a form to this, the application's own ones included.
    let way = "'self' https: http:";
    for agent in [PHONE, WECHAT_PHONE, WECOM] {
        let mut browser = Browser::of(&house, agent);
        let page = browser.get(&app.authorize(&[])).await;
        assert_eq!(page.status, 200);
        assert_guarded(&page, way);
        assert_guarded(&browser.get(&page.action()).await, way);
    }
    let mut browser = signed_in(&house, "xiaoyu").await;
    let page = browser.get(&house.asking_application().authorize(&[])).await;
    assert_eq!(page.marker(), "consent");
    assert_guarded(&page, way);
    let page = browser.get(&app.authorize(&[("response_mode", "form_post")])).await;
    assert_guarded(&page, "https://app.example/cb");
    for refused in [
        app.authorize(&[("client_id", "nobody")]),
        app.authorize(&[("redirect_uri", "https://evil.example")]),
        format!("{}/oauth2/authorize?client_id=%ff", house.issuer),
        format!("{}/oauth2/resume/nothing", house.issuer),
        format!("{}/callback/desktop?code=x&state=y", house.issuer),
    ] {
        let page = browser.get(&refused).await;
        assert_eq!(page.status, 400, "{refused}");
        assert_guarded(&page, "'none'");
    }
    house.close().await;
}

/// G6, A19: a redirect holds a code or a state, and is kept by nobody and told to nobody.
#[tokio::test]
async fn every_redirect_of_a_login_is_discreet() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = Browser::new(&house);
    let departure = browser.get(&app.authorize(&[])).await;
    let callback = house.wechat.approve(&departure.location(), "xiaoyu").unwrap();
    let landed = browser.get(&callback).await;
    let at_once = browser.get(&app.authorize(&[])).await;
    let refused = browser.get(&app.authorize(&[("prompt", "x")])).await;
    let mut stranger = Browser::new(&house);
    let posted = stranger.post("/oauth2/authorize", &[("client_id", "app")]).await;
    for page in [departure, landed, at_once, refused, posted] {
        assert_eq!(page.status, 303, "{}", page.url);
        assert_eq!(page.header("cache-control"), "no-store", "{}", page.url);
        assert_eq!(page.header("pragma"), "no-cache", "{}", page.url);
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{}", page.url);
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{}", page.url);
        assert!(page.body.is_empty(), "{}", page.body);
    }
    house.close().await;
}

/// AZ-36: what is not found is guarded as well, and a page asked for in a frame is the same page. Seen red with windows
/// that keep who opened them.
#[tokio::test]
async fn a_frame_gets_nothing_more_than_a_window() {
    let house = House::open().await;
    let mut browser = Browser::of(&house, PHONE)
        .with_header("sec-fetch-dest", "iframe")
        .with_header("sec-fetch-site", "cross-site")
        .with_header("origin", "https://evil.example");
    let page = browser.get(&house.application().authorize(&[])).await;
    assert_guarded(&page, "'self' https: http:");
    let missing = browser.get("/oauth2/nothing-here").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("x-content-type-options"), "nosniff", "{:?}", missing.headers);
    house.close().await;
}
