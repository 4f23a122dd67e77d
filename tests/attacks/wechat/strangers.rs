//! Callbacks of people who did not start the login: a page, no call to WeChat, no row (laws 1 and 7).

use harness::{Browser, Page};
use magpie_simulator::{Endpoint, Fault};

use crate::answer::{bytes_of, code_of, in_wechat};
use crate::ledger::Place;

#[track_caller]
fn assert_not_found(page: &Page) {
    page.assert_error_page(400);
    assert_eq!(page.marker(), "sign-in-not-found");
    assert_eq!(page.header("set-cookie"), "");
}

/// WX-01, WX-02, WX-06. Seen red with the state not compared.
#[tokio::test]
async fn a_callback_without_its_own_cookie_and_state_calls_nobody_and_writes_nothing() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let start = house.application().authorize(&[]);
        let mut attacker = Browser::new(house);
        let stolen = attacker.leave(house, &start, "laowang").await;
        let mut victim = Browser::new(house);
        let own = victim.leave(house, &start, "ann").await;
        let rows = place.rows().await;
        let (path, query) = own.split_once('?').unwrap();
        let code = query.split('&').find(|pair| pair.starts_with("code=")).unwrap();
        let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
        let other_channel = path.replace("/desktop", "/inapp");
        let no_channel = path.replace("/desktop", "/nowhere");
        let long = "a".repeat(129);
        for address in [
            stolen.clone(),
            format!("{path}?{code}"),
            path.to_owned(),
            format!("{path}?{code}&state="),
            format!("{path}?{code}&state=unknown"),
            format!("{path}?{code}&state={long}"),
            format!("{path}?{code}&{state}&{state}"),
            format!("{path}?{code}&{code}&{state}"),
            format!("{path}?{code}&state=%00"),
            format!("{path}?code=%0d%0aset-cookie:x&{state}"),
            format!("{path}?code={}&{state}", "c".repeat(1025)),
            format!("{path}?{code}&state=a%ff"),
            format!("{other_channel}?{query}"),
            format!("{no_channel}?{query}"),
        ] {
            assert_not_found(&victim.clone().get(&address).await);
            assert_not_found(&Browser::new(house).get(&address).await);
        }
        // WX-02: nobody was signed in by the attacker's code, nor is the attacker by the victim's.
        assert!(!victim.cookies.contains_key("magpie-session"));
        assert_not_found(&attacker.clone().get(&own).await);
        assert_eq!(rows, place.rows().await);
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (0, 0));
        code_of(&victim.get(&own).await);
        place.house.close().await;
    }
}

/// WX-01: a cookie that was changed, renamed or taken from another attempt proves nothing. Seen red with a cookie that
/// is good under every name.
#[tokio::test]
async fn a_tampered_attempt_cookie_proves_nothing() {
    let place = Place::open().await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    let mut one = Browser::new(house);
    let callback = one.leave(house, &start, "ann").await;
    let mut two = Browser::new(house);
    two.leave(house, &start, "ann").await;
    let rows = place.rows().await;
    let (name, value) = one.cookies.first_key_value().map(|(a, b)| (a.clone(), b.clone())).unwrap();
    let (other_name, other_value) = two.cookies.first_key_value().unwrap();
    let last = if value.ends_with('A') { "B" } else { "A" };
    let bent = format!("{}{last}", &value[..value.len() - 1]);
    let cut = value[..value.len() / 2].to_owned();
    for (name, value) in [
        (name.clone(), bent),
        (name.clone(), cut),
        (name.clone(), other_value.clone()),
        (other_name.clone(), value.clone()),
        (format!("__Host-{name}"), value.clone()),
        (name.to_uppercase(), value.clone()),
        (name.clone(), String::new()),
        (name, "%00\"".to_owned()),
    ] {
        let mut thief = Browser::new(house);
        thief.cookies.insert(name, value);
        assert_not_found(&thief.get(&callback).await);
    }
    assert_eq!((house.wechat.exchanges(), rows), (0, place.rows().await));
    code_of(&one.get(&callback).await);
}

/// WX-10. Seen red with a look taken for a visit.
#[tokio::test]
async fn head_and_prefetch_do_nothing_even_with_the_cookie() {
    let place = Place::open().await;
    let house = &place.house;
    let mut browser = Browser::new(house);
    let callback = browser.leave(house, &house.application().authorize(&[]), "ann").await;
    let rows = place.rows().await;
    let cookies = browser.cookies.clone();
    assert_eq!(browser.method("HEAD", &callback).await.status, 204);
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "Preview"),
        ("x-moz", "prefetch"),
    ] {
        let mut ahead = browser.clone().with_header(name, value);
        let page = ahead.get(&callback).await;
        assert_eq!(page.status, 204, "{name}: {value}");
        assert!(page.body.is_empty() && page.header("set-cookie").is_empty());
        assert_eq!(page.header("cache-control"), "no-store");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(browser.method(method, &callback).await.status, 405, "{method}");
    }
    assert_eq!(browser.cookies, cookies);
    assert_eq!((house.wechat.exchanges(), rows), (0, place.rows().await));
    code_of(&browser.get(&callback).await);
}

/// WX-05: WeChat seldom says that a person refused; when it does, the application hears of it and nothing is written.
/// Seen red with such a callback taken for nobody's.
#[tokio::test]
async fn a_state_without_a_code_is_access_denied() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        let rows = place.rows().await;
        for code in ["", "&code=", "&code=authdeny"] {
            let mut browser = in_wechat(house);
            house.wechat.script().once(Endpoint::Callback, Fault::StateOnly);
            let callback = browser.leave(house, &application.authorize(&[]), "ann").await;
            let page = browser.get(&format!("{callback}{code}")).await;
            assert_eq!(page.status, 303, "{}", page.body);
            assert!(page.location().starts_with("https://app.example/cb?keep=1&"));
            assert_eq!(page.sent("error").unwrap(), "access_denied");
            assert_eq!(page.sent("state").unwrap(), "state-of-the-application");
            assert_eq!(page.sent("iss").unwrap(), house.issuer);
            assert_eq!(page.sent("code"), None);
            assert!(!browser.cookies.contains_key("magpie-session"));
            let again = browser.get(&format!("{callback}{code}")).await;
            assert_eq!(bytes_of(&again), bytes_of(&page));
        }
        assert_eq!((house.wechat.exchanges(), rows), (0, place.rows().await));
        place.house.close().await;
    }
}

/// WX-12: no identity is kept for a code. The same code for somebody else is exchanged afresh. Seen red with the answer
/// to a code remembered.
#[tokio::test]
async fn a_code_that_somebody_else_has_used_signs_nobody_in_as_them() {
    let place = Place::open().await;
    let house = &place.house;
    let application = house.application();
    let mut ann = Browser::new(house);
    let callback = ann.leave(house, &application.authorize(&[]), "ann").await;
    code_of(&ann.get(&callback).await);
    let mut ben = Browser::new(house);
    let own = ben.leave(house, &application.authorize(&[]), "ben").await;
    let code = url::Url::parse(&callback).unwrap();
    let code = code.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let mut mixed = url::Url::parse(&own).unwrap();
    let state = mixed.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    mixed.query_pairs_mut().clear().append_pair("code", &code).append_pair("state", &state);
    let answer = ben.get(mixed.as_str()).await;
    assert_eq!(house.wechat.exchanges_of(&code), 2, "asked again, not remembered");
    assert!(answer.location().starts_with(&house.wechat.base_url()), "restarted: 40163");
    assert!(!ben.cookies.contains_key("magpie-session"));
    assert_eq!(place.count("users").await, 1);
}
