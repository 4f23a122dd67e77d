//! What the account is asked for, by a WeChat that refuses, hangs, or knows less than it should.

use std::time::{Duration, Instant};

use harness::Browser;
use magpie_simulator::{Endpoint, Fault};

use crate::follow_scene::{ACCOUNT, assert_asked, assert_says, on_both_engines, place};
use crate::scene::Desk;

/// WeChat hangs up after five seconds, so nothing of ours that may hang stands between a push and its answer. What is
/// asked for the desktop is asked by the desktop, and can be asked again. Seen red with WeChat asked who that is before
/// the answer.
#[tokio::test]
async fn a_push_is_answered_at_once_though_wechat_answers_nobody() {
    let place = place().await;
    let mut desk = place.desk().await;
    for endpoint in [Endpoint::StableToken, Endpoint::FollowerInfo, Endpoint::SceneCode] {
        place.house.wechat.script().always(endpoint, Fault::Hang);
    }
    let begun = Instant::now();
    assert_asked(&place.scans(&desk, "ann").await);
    assert_says(&place.says("ann", &desk.number()).await, "goes on by itself");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    desk.look().await.assert_error_page(503);
    assert_eq!(place.number("SELECT count(*) FROM users").await, 0);
    place.house.wechat.script().clear();
    assert!(desk.look().await.sent("code").is_some(), "the number still counts");
    place.house.close().await;
}

/// A refused code is a page with the cause, and no row; a token that somebody else ended is replaced once. Seen red
/// with a row for a refused code, and with the token not replaced.
#[tokio::test]
async fn a_desktop_is_told_when_there_is_no_code() {
    let place = place().await;
    let start = place.house.application().authorize(&[]);
    for (errcode, status) in [(48_001, 502), (45_009, 503), (40_164, 502)] {
        place.house.wechat.script().once(Endpoint::SceneCode, Fault::Errcode(errcode));
        let page = Browser::new(&place.house).get(&start).await;
        page.assert_error_page(status);
    }
    assert_eq!(place.number("SELECT count(*) FROM relay_tickets").await, 0);
    place.house.wechat.script().once(Endpoint::SceneCode, Fault::Errcode(-1));
    let mut browser = Browser::new(&place.house);
    let page = browser.get(&start).await;
    page.assert_error_page(503);
    let resume = crate::scene::between(&page.body, "href=\"/oauth2/resume/", "\"");
    let again = browser.get(&format!("/oauth2/resume/{resume}")).await;
    assert_eq!((again.status.as_u16(), &*again.marker()), (200, "relay-code"), "{}", again.body);
    place.house.wechat.replace_app_token(ACCOUNT);
    let asked = place.house.wechat.requests_to(Endpoint::SceneCode);
    let _desk = Desk::of(Browser::new(&place.house), &start).await;
    assert_eq!(place.house.wechat.requests_to(Endpoint::SceneCode), asked + 2);
    place.house.close().await;
}

/// Without the unionid somebody who is known by it would become another person: nobody is made while WeChat does not
/// say. Whoever is known by the openid goes on. Seen red with the openid enough for somebody new.
#[tokio::test]
async fn nobody_is_made_while_wechat_does_not_say_who_that_is() {
    for place in on_both_engines().await {
        let refused = |times| {
            for _ in 0..times {
                let script = place.house.wechat.script();
                script.once(Endpoint::FollowerInfo, Fault::Errcode(48_001));
            }
        };
        let mut desk = place.scanned_desk("ann").await;
        place.says("ann", &desk.number()).await;
        refused(1);
        desk.look().await.assert_error_page(502);
        assert_eq!(place.number("SELECT count(*) FROM users").await, 0);
        assert!(desk.look().await.sent("code").is_some());
        let mut desk = place.scanned_desk("ann").await;
        place.says("ann", &desk.number()).await;
        refused(1);
        assert!(desk.look().await.sent("code").is_some(), "known by the openid");
        assert_eq!(place.number("SELECT count(*) FROM users").await, 1);
        place.house.close().await;
    }
}

/// Somebody else's answer is nobody's. Seen red with the openids not compared.
#[tokio::test]
async fn an_answer_about_another_person_is_not_believed() {
    let place = place().await;
    let mut desk = place.scanned_desk("ann").await;
    place.says("ann", &desk.number()).await;
    let other = br#""oSomebodyElse00000000000000""#.to_vec();
    let fault = Fault::RawField("openid".to_owned(), other);
    place.house.wechat.script().once(Endpoint::FollowerInfo, fault);
    desk.look().await.assert_error_page(502);
    assert_eq!(place.number("SELECT count(*) FROM users").await, 0);
    place.house.close().await;
}

/// Of who stops to follow in between WeChat says the openid alone, which is what the chat had proved. Seen red with a
/// missing unionid refused.
#[tokio::test]
async fn who_stops_to_follow_in_between_is_signed_in_by_the_openid() {
    let place = place().await;
    let mut desk = place.scanned_desk("ann").await;
    place.says("ann", &desk.number()).await;
    place.house.wechat.unfollow(ACCOUNT, "ann");
    assert!(desk.look().await.sent("code").is_some());
    assert_eq!(place.number("SELECT count(*) FROM openids").await, 1);
    assert_eq!(place.number("SELECT count(*) FROM unionids").await, 0);
    place.house.close().await;
}
