//! WeChat refuses the exchange: what the person sees, what the log says, what the application hears.

use harness::{Browser, Page};
use magpie_simulator::{Endpoint, Fault};
use serde_json::Value;

use crate::answer::{code_of, log_line, reference_of, retry_of, turn_of};
use crate::ledger::Place;

/// G3: whatever WeChat writes beside its number, in Chinese, with quotes, line ends or control characters, escaped or raw:
/// none of it reaches a page, a log line, or the application, which is told in plain English that the person said no. Seen red with a
/// request id of any characters.
#[tokio::test]
async fn the_words_of_wechats_refusals_reach_nobody() {
    let place = Place::open().await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    let said = "用户\\\"拒绝\\\" \\\\ of-wechats-own-words";
    for words in [
        said.to_owned(),
        format!("{said}\\u0007\\r\\nSet-Cookie: a=b"),
        format!("{said}\u{7}\u{1b}[31m"),
        format!("{said}, rid: 拒绝\\u0007"),
    ] {
        for (errcode, status) in [(40_125, 502), (50_001, 400), (99_999, 502)] {
            let body = format!("{{\"errcode\":{errcode},\"errmsg\":\"{words}\"}}");
            let fault = Fault::Body(body.into_bytes());
            house.wechat.script().once(Endpoint::AccessToken, fault);
            let mut browser = Browser::new(house);
            let page = browser.sign_in(house, &start, "ann").await;
            page.assert_error_page(status);
            assert_unsaid(&page);
            let line = log_line(house, &reference_of(&page));
            assert_eq!(line["wechat.errcode"], errcode);
            // The person gives up at WeChat: only now is the application told anything.
            let departure = browser.get(&start).await;
            let denied = house.wechat.deny(&departure.location()).unwrap();
            let told = browser.get(&denied).await;
            assert_eq!(told.sent("error").as_deref(), Some("access_denied"), "{}", told.body);
            let description = told.sent("error_description").unwrap();
            let plain = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(!description.is_empty() && description.bytes().all(plain), "{description}");
            assert_unsaid(&told);
        }
    }
    let log = house.log();
    assert!(!log.contains("of-wechats-own-words") && !log.contains("拒绝"));
    place.house.close().await;
}

#[track_caller]
fn assert_unsaid(page: &Page) {
    for words in ["拒绝", "of-wechats-own-words", "Set-Cookie: a", "errmsg"] {
        assert!(!page.body.contains(words), "{}", page.body);
    }
    assert!(!page.header("location").contains("wechats-own"), "{}", page.header("location"));
}

/// WX-13: the page of a refusal that passes leads to WeChat again, and the same login succeeds.
#[tokio::test]
async fn trying_again_after_a_refusal_that_passes_signs_the_person_in() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        let mut browser = Browser::new(house);
        house.wechat.script().once(Endpoint::AccessToken, Fault::Errcode(-1));
        let callback = browser.leave(house, &application.authorize(&[]), "ann").await;
        let failed = browser.get(&callback).await;
        failed.assert_error_page(503);
        // A reload shows the same page and asks nobody.
        let reloaded = browser.get(&callback).await;
        assert_eq!(reference_of(&reloaded), reference_of(&failed));
        assert_eq!(house.wechat.exchanges(), 1);
        let answer = browser.sign_in(house, &retry_of(&failed), "ann").await;
        application.tokens(&code_of(&answer)).await;
        assert_eq!(answer.sent("state").unwrap(), "state-of-the-application");
        place.house.close().await;
    }
}

/// WX-13, 40029 and its like: the code is lost and the person is not. Once to WeChat again by itself; then a page.
#[tokio::test]
async fn a_lost_code_restarts_once_and_then_shows_a_page() {
    let place = Place::open().await;
    let house = &place.house;
    let application = house.application();
    for (errcode, cause) in
        [(40_029, "code_invalid"), (40_163, "code_used"), (42_003, "code_expired")]
    {
        house.wechat.forget_requests();
        let mut browser = Browser::new(house);
        let first = browser.leave(house, &application.authorize(&[]), "ann").await;
        house.wechat.script().once(Endpoint::AccessToken, Fault::Errcode(errcode));
        let mut twin = browser.clone();
        let again = browser.get(&first).await;
        assert_eq!(again.status, 303, "{}", again.body);
        assert!(again.location().starts_with(&house.wechat.base_url()));
        assert_ne!(again.sent("state"), state_of(&first), "a fresh handle");
        assert_eq!(twin.get(&first).await.location(), again.location(), "the same restart");
        let line = last_line_with(&house.log(), errcode);
        assert_eq!((&line["wechat.help"], &line["outcome"]), (&cause.into(), &"restarted".into()));
        // The old callback is nobody's now.
        browser.clone().get(&first).await.assert_error_page(400);

        let second = house.wechat.approve(&again.location(), "ann").unwrap();
        house.wechat.script().once(Endpoint::AccessToken, Fault::Errcode(errcode));
        let page = browser.get(&second).await;
        page.assert_error_page(400);
        assert_eq!(turn_of(&page), "person");
        assert_eq!(house.wechat.exchanges(), 2);
        assert_eq!(log_line(house, &reference_of(&page))["wechat.errcode"], errcode);
        let answer = browser.sign_in(house, &retry_of(&page), "ann").await;
        application.tokens(&code_of(&answer)).await;
    }
    place.house.close().await;
}

/// A login does not go to and fro for ever: the sixth departure of one attempt is refused.
#[tokio::test]
async fn an_attempt_leaves_for_wechat_five_times_at_most() {
    let place = Place::open().await;
    let house = &place.house;
    house.wechat.script().always(Endpoint::AccessToken, Fault::Errcode(-1));
    let mut browser = Browser::new(house);
    let mut page = browser.sign_in(house, &house.application().authorize(&[]), "ann").await;
    for _ in 0..4 {
        page.assert_error_page(503);
        page = browser.sign_in(house, &retry_of(&page), "ann").await;
    }
    let refused = browser.get(&retry_of(&page)).await;
    refused.assert_error_page(400);
    assert_eq!(refused.cause(), "expired");
    assert_eq!(house.wechat.exchanges(), 5);
}

/// A profile that cannot be had costs nobody their login: who came back is known already.
#[tokio::test]
async fn a_refused_or_broken_profile_does_not_stop_a_login() {
    let place = Place::open().await;
    let house = &place.house;
    let application = house.application();
    for fault in [
        Fault::Errcode(-1),
        Fault::Errcode(40_003),
        Fault::Errcode(48_001),
        Fault::Body(b"<html>".to_vec()),
        Fault::Body(Vec::new()),
        Fault::Truncate(20),
        Fault::HangUpBefore,
        Fault::HangUpAfter,
        Fault::Redirect("http://127.0.0.1:1/".to_owned()),
        Fault::Nickname("x".repeat(1 << 20)),
    ] {
        house.wechat.script().once(Endpoint::UserInfo, fault.clone());
        let answer = Browser::new(house).sign_in(house, &application.authorize(&[]), "ann").await;
        let tokens = application.tokens(&code_of(&answer)).await;
        let claims = application.userinfo(&tokens.access_token).await.json();
        assert_eq!(claims.get("name"), None, "{fault:?}");
        assert_eq!(house.wechat.script().remaining(), 0);
    }
    // What was learnt once stays when WeChat has nothing to say.
    let answer = Browser::new(house).sign_in(house, &application.authorize(&[]), "ann").await;
    code_of(&answer);
    house.wechat.script().once(Endpoint::UserInfo, Fault::Errcode(-1));
    let answer = Browser::new(house).sign_in(house, &application.authorize(&[]), "ann").await;
    let tokens = application.tokens(&code_of(&answer)).await;
    let claims = application.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims["name"], "Ann Example");
    assert_eq!(place.count("users").await, 1);
    place.house.close().await;
}

fn state_of(callback: &str) -> Option<String> {
    let callback = url::Url::parse(callback).unwrap();
    callback.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned())
}

/// The latest refusal with this number: a restart has no page and so no incident number.
fn last_line_with(log: &str, errcode: i64) -> Value {
    let lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let fields = lines.map(|line| line["fields"].clone());
    fields.into_iter().find(|fields| fields["wechat.errcode"] == errcode).expect("a line")
}
