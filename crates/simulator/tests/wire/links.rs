//! The strictness of the two authorization links.

use crate::client::{
    CALLBACK, SERVICE, WEBSITE, WECHAT, demo, demo_with, get, get_as, service_link, website_link,
};

#[tokio::test]
async fn a_link_with_a_mistake_shows_the_page_of_that_mistake() {
    let simulator = demo().await;
    let long = "a".repeat(129);
    let link = |app: &str, uri: &str, kind: &str, scope: &str, state: &str| {
        format!("appid={app}&redirect_uri={uri}&response_type={kind}&scope={scope}&state={state}")
    };
    for (query, expected) in [
        (link("", CALLBACK, "code", "snsapi_base", "s"), "10012"),
        (link("wx0000000000000009", CALLBACK, "code", "snsapi_base", "s"), "40013"),
        (link("WX0000000000000002", CALLBACK, "code", "snsapi_base", "s"), "40013"),
        (link(SERVICE, "", "code", "snsapi_base", "s"), "10011"),
        (link(SERVICE, CALLBACK, "token", "snsapi_base", "s"), "unreachable"),
        (link(SERVICE, CALLBACK, "", "snsapi_base", "s"), "unreachable"),
        (link(SERVICE, CALLBACK, "code", "", "s"), "10010"),
        (link(SERVICE, CALLBACK, "code", "snsapi_login", "s"), "10005"),
        (link(SERVICE, CALLBACK, "code", "snsapi_base,snsapi_userinfo", "s"), "10005"),
        (link(WEBSITE, CALLBACK, "code", "snsapi_userinfo", "s"), "10005"),
        (link(SERVICE, "http%3A%2F%2Fother.test%2Fcb", "code", "snsapi_base", "s"), "10003"),
        (link(SERVICE, "http%3A%2F%2Fsub.app.test%2Fcb", "code", "snsapi_base", "s"), "10003"),
        (
            link(SERVICE, "http%3A%2F%2Fapp.test%40other.test%2Fcb", "code", "snsapi_base", "s"),
            "10003",
        ),
        (link(SERVICE, "http%3A%2F%2Fme%40app.test%2Fcb", "code", "snsapi_base", "s"), "10003"),
        (link(SERVICE, "ftp%3A%2F%2Fapp.test%2Fcb", "code", "snsapi_base", "s"), "10003"),
        (link(SERVICE, "http%253A%252F%252Fapp.test%252Fcb", "code", "snsapi_base", "s"), "10003"),
        (link(SERVICE, "%2Fcb", "code", "snsapi_base", "s"), "10003"),
        (link(SERVICE, CALLBACK, "code", "snsapi_base", ""), "10013"),
        (link(SERVICE, CALLBACK, "code", "snsapi_base", &long), "state"),
        (link(SERVICE, CALLBACK, "code", "snsapi_base", "a-b"), "state"),
        (link(SERVICE, CALLBACK, "code", "snsapi_base", "%E4%BD%A0"), "state"),
    ] {
        let page = get_as(&simulator, &format!("/connect/oauth2/authorize?{query}"), WECHAT).await;
        assert_eq!(page.refusal(), expected, "{query}");
    }
    let longest = link(SERVICE, CALLBACK, "code", "snsapi_base", &"a".repeat(128));
    get_as(&simulator, &format!("/connect/oauth2/authorize?{longest}"), WECHAT).await.location();
}

#[tokio::test]
async fn the_documented_order_is_the_only_one() {
    let simulator = demo().await;
    let (app, uri, kind, scope, state) = (
        format!("appid={SERVICE}"),
        format!("redirect_uri={CALLBACK}"),
        "response_type=code".to_owned(),
        "scope=snsapi_base".to_owned(),
        "state=s1".to_owned(),
    );
    let opened = |parts: Vec<&str>| format!("/connect/oauth2/authorize?{}", parts.join("&"));
    for parts in [
        vec![&*app, &*scope, &*kind, &*uri, &*state],
        vec![&*app, &*uri, &*state, &*scope, &*kind],
        vec![&*kind, &*app, &*uri, &*scope, &*state],
        vec![&*app, &*uri, &*kind, &*scope, "forcePopup=true", &*state],
        vec![&*app, &*uri, &*kind, &*scope, "nonce=1", &*state],
        vec![&*app, &*uri, &*kind, &*scope, &*state, "forceSnapShot=true", "forcePopup=true"],
        vec![&*app, &*app, &*uri, &*kind, &*scope, &*state],
        vec![&*app, &*uri, &*kind, &*scope, &*state, &*state],
    ] {
        let page = get_as(&simulator, &opened(parts.clone()), WECHAT).await;
        assert_eq!(page.refusal(), "unreachable", "{parts:?}");
    }
    for parts in [
        vec![&*app, &*uri, &*kind, &*scope, &*state],
        vec![&*app, &*uri, &*kind, &*scope, &*state, "connect_redirect=1"],
        vec![&*app, &*uri, &*kind, &*scope, &*state, "forcePopup=true", "forceSnapShot=false"],
    ] {
        get_as(&simulator, &opened(parts), WECHAT).await.location();
    }
}

#[tokio::test]
async fn the_qr_page_is_for_website_apps_and_their_one_scope() {
    let simulator = demo().await;
    assert!(get(&simulator, &website_link()).await.text().contains("id=\"qr\""));
    let wrong_account = website_link().replace(WEBSITE, SERVICE);
    assert_eq!(get(&simulator, &wrong_account).await.refusal(), "10005");
    let wrong_scope = website_link().replace("snsapi_login", "snsapi_userinfo");
    assert_eq!(get(&simulator, &wrong_scope).await.refusal(), "10005");
    let with_language = format!("{}&lang=en", website_link());
    assert!(get(&simulator, &with_language).await.text().contains("id=\"approve\""));
}

#[tokio::test]
async fn a_port_is_refused_unless_the_account_allows_it() {
    let with_port = service_link("snsapi_base").replace("app.test", "app.test%3A8080");
    let simulator = demo().await;
    get_as(&simulator, &with_port, WECHAT).await.location();
    simulator.change_world(|world| {
        world.accounts.iter_mut().for_each(|account| account.allow_port = false)
    });
    assert_eq!(get_as(&simulator, &with_port, WECHAT).await.refusal(), "10003");
    let standard_port = service_link("snsapi_base").replace("app.test", "app.test%3A80");
    assert_eq!(get_as(&simulator, &standard_port, WECHAT).await.refusal(), "10003");
    get_as(&simulator, &service_link("snsapi_base"), WECHAT).await.location();
}

#[tokio::test]
async fn the_in_app_link_opens_in_wechat_only_unless_the_world_is_relaxed() {
    let strict = demo().await;
    assert_eq!(get(&strict, &service_link("snsapi_base")).await.refusal(), "not-in-wechat");
    let desktop = "User-Agent: Mozilla/5.0 Chrome/142.0\r\n";
    assert_eq!(
        get_as(&strict, &service_link("snsapi_userinfo"), desktop).await.refusal(),
        "not-in-wechat"
    );
    let relaxed = demo_with(|world| world.any_browser = true).await;
    get_as(&relaxed, &service_link("snsapi_base"), desktop).await.location();
}

#[tokio::test]
async fn the_helper_keeps_the_rules_of_the_pages_and_wants_the_fragment() {
    let simulator = demo().await;
    let link = format!("{}{}", simulator.base_url(), website_link());
    let whole = format!("{link}#wechat_redirect");
    let callback = simulator.approve(&whole, "ann").unwrap();
    assert!(
        callback.starts_with("http://app.test/cb?code=") && callback.ends_with("&state=s1"),
        "{callback}"
    );
    assert_eq!(simulator.deny(&whole).unwrap(), "http://app.test/cb?state=s1");
    assert!(simulator.approve(&link, "ann").unwrap_err().contains("#wechat_redirect"));
    assert!(simulator.approve(&whole, "nobody").unwrap_err().contains("nobody"));
    let foreign = whole.replace("app.test", "other.test");
    assert!(simulator.approve(&foreign, "ann").unwrap_err().starts_with("10003"));
    let elsewhere = whole.replace("qrconnect", "elsewhere");
    assert!(
        simulator.approve(&elsewhere, "ann").unwrap_err().contains("not an authorization link")
    );
}

/// The frame of `wxLogin.js` has an order of its own and no `response_type`, and its page moves the window above.
#[tokio::test]
async fn the_script_is_served_and_its_frame_is_as_strict_as_the_page() {
    let simulator = demo_with(|world| world.auto_approve = true).await;
    let script = get(&simulator, "/connect/zh_CN/htmledition/js/wxLogin.js").await;
    assert_eq!(script.header("content-type"), Some("application/javascript"));
    assert!(script.text().contains("WxLogin") && script.text().contains("login_type=jssdk"));
    let frame = |query: &str| {
        format!("/connect/qrconnect?{query}&state=s1&login_type=jssdk&self_redirect=false")
    };
    let good = format!("appid={WEBSITE}&scope=snsapi_login&redirect_uri={CALLBACK}");
    let page = get(&simulator, &frame(&good)).await;
    assert_eq!(page.status, 200, "the frame itself goes nowhere");
    let moved = "window.top.location.href = \"http://app.test/cb?code=";
    assert!(page.text().contains(moved), "{}", page.text());
    for (query, expected) in [
        (format!("appid={WEBSITE}&redirect_uri={CALLBACK}&scope=snsapi_login"), "unreachable"),
        (format!("appid={SERVICE}&scope=snsapi_login&redirect_uri={CALLBACK}"), "10005"),
        (format!("appid={WEBSITE}&scope=snsapi_userinfo&redirect_uri={CALLBACK}"), "10005"),
        (
            format!("appid={WEBSITE}&scope=snsapi_login&redirect_uri=http%3A%2F%2Fother.test"),
            "10003",
        ),
    ] {
        assert_eq!(get(&simulator, &frame(&query)).await.refusal(), expected, "{query}");
    }
}
