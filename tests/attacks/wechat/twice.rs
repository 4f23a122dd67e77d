//! The same callback more than once: one exchange, one account, one answer (law 7).

use std::time::Duration;

use harness::{Browser, House, Plan, until};
use magpie_simulator::{Endpoint, Fault};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::answer::{begin_get, bytes_of, code_of, in_wechat};
use crate::ledger::{Place, Rows};

/// Rows that one whole first login leaves behind.
#[track_caller]
fn assert_one_login(before: &Rows, after: &Rows) {
    for table in ["users", "openids", "unionids", "sessions", "grants", "claims"] {
        assert_eq!(after[table] - before[table], 1, "{table}: {before:?} {after:?}");
    }
}

async fn until_wechat_is_asked(house: &House) {
    until("WeChat is asked", || house.wechat.exchanges() > 0).await;
}

/// WX-09 on one process, both engines. Seen red with a claim that is always the first, and nobody waiting for another's
/// exchange.
#[tokio::test]
async fn two_callbacks_at_once_are_one_exchange_one_account_and_one_answer() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        let before = place.rows().await;
        let mut one = in_wechat(house);
        let callback = one.leave(house, &application.authorize(&[]), "xiaoyu").await;
        let mut other = one.clone();
        house.wechat.script().once(Endpoint::AccessToken, Fault::DelayMs(300));
        let (first, second) = tokio::join!(one.get(&callback), other.get(&callback));
        assert_eq!(bytes_of(&first), bytes_of(&second));
        assert_eq!(one.cookies, other.cookies);
        assert!(one.cookies.contains_key("magpie-session"), "{:?}", one.cookies.keys());
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
        assert_one_login(&before, &place.rows().await);
        let tokens = application.tokens(&code_of(&first)).await;
        assert!(!tokens.subject().is_empty());
        place.house.close().await;
    }
}

/// WX-09 on two replicas of one PostgreSQL: eight arrivals, each at the next replica. Seen red with a claim that is
/// always the first.
#[tokio::test]
async fn callbacks_at_once_on_two_replicas_are_one_exchange_one_account_and_one_answer() {
    let Some(place) = Place::on_postgres().await else { return };
    let house = &place.house;
    let (replica, _stop) = house.replica().await;
    let application = house.application();
    let before = place.rows().await;
    let mut browser = in_wechat(house);
    let callback = browser.leave(house, &application.authorize(&[]), "xiaoyu").await;
    house.wechat.script().once(Endpoint::AccessToken, Fault::DelayMs(500));
    let mut arrivals = JoinSet::new();
    for number in 0..8 {
        let address = if number % 2 == 0 { house.address() } else { replica };
        let (mut browser, callback) = (browser.clone().at(address), callback.clone());
        arrivals.spawn(async move { browser.get(&callback).await });
    }
    let answers = arrivals.join_all().await;
    for answer in &answers {
        assert_eq!(bytes_of(answer), bytes_of(&answers[0]));
    }
    assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
    assert_one_login(&before, &place.rows().await);
    let code = code_of(&answers[0]);
    application.clone().at(replica).tokens(&code).await;
    place.house.close().await;
}

/// WX-09: WeChat's older browser aborts the first of its two redirects; the exchange goes on for the second. Seen red
/// with a claim that is always the first.
#[tokio::test]
async fn the_first_of_two_callbacks_may_hang_up_and_the_second_is_answered() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        for still_running in [true, false] {
            house.wechat.forget_requests();
            let mut browser = in_wechat(house);
            let callback = browser.leave(house, &application.authorize(&[]), "ann").await;
            house.wechat.script().once(Endpoint::AccessToken, Fault::DelayMs(400));
            let first = begin_get(house.address(), &callback, &browser).await;
            until_wechat_is_asked(house).await;
            drop(first);
            if !still_running {
                sleep(Duration::from_millis(900)).await;
            }
            let second = browser.get(&callback).await;
            application.tokens(&code_of(&second)).await;
            assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
        }
        place.house.close().await;
    }
}

/// WX-09: as before, and the second callback reaches the other replica. Seen red with a claim that is always the first.
#[tokio::test]
async fn a_callback_that_hung_up_on_one_replica_is_answered_by_the_other() {
    let Some(place) = Place::on_postgres().await else { return };
    let house = &place.house;
    let (replica, _stop) = house.replica().await;
    let application = house.application();
    let mut browser = in_wechat(house);
    let callback = browser.leave(house, &application.authorize(&[]), "ann").await;
    house.wechat.script().once(Endpoint::AccessToken, Fault::DelayMs(600));
    let first = begin_get(replica, &callback, &browser).await;
    until_wechat_is_asked(house).await;
    drop(first);
    let second = browser.get(&callback).await;
    application.tokens(&code_of(&second)).await;
    assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
    place.house.close().await;
}

/// WX-09: a second arrival after the first is over gets the very same answer, until the application has used its code.
/// Seen red with a claim that is always the first.
#[tokio::test]
async fn a_callback_played_again_with_its_cookie_gets_the_identical_answer_and_writes_nothing() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        let mut browser = Browser::new(house);
        let callback = browser.leave(house, &application.authorize(&[]), "laowang").await;
        let mut late = browser.clone();
        let first = browser.get(&callback).await;
        let rows = place.rows().await;
        let second = late.get(&callback).await;
        assert_eq!(bytes_of(&first), bytes_of(&second));
        assert_eq!(late.cookies, browser.cookies);
        assert_eq!(rows, place.rows().await, "a replay writes nothing");
        let tokens = application.tokens(&code_of(&second)).await;
        // The application has its answer now: it is not repeated, and looking does no harm.
        let rows = place.rows().await;
        let mut later = late.clone();
        let third = later.get(&callback).await;
        third.assert_error_page(400);
        assert_eq!(third.marker(), "already-used");
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
        assert_eq!(rows, place.rows().await);
        assert_eq!(application.userinfo(&tokens.access_token).await.status, 200);
        let again = application.redeem(&code_of(&second)).await;
        assert_eq!((again.status.as_u16(), again.oauth_error().as_str()), (400, "invalid_grant"));
        // The session that the replay set is the one session there is.
        let silent = late.get(&application.authorize(&[("prompt", "none")])).await;
        code_of(&silent);
        place.house.close().await;
    }
}

/// The whole line: called twice at once, three hours later without the cookie, by HEAD, and by a scanner. Seen red with
/// a claim that is always the first, and nobody waiting for another's exchange.
#[tokio::test]
async fn whatever_else_calls_a_callback_there_is_one_exchange_one_account_and_the_person_is_signed_in()
 {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        let before = place.rows().await;
        let mut browser = in_wechat(house);
        let callback = browser.leave(house, &application.authorize(&[]), "ben").await;
        let mut scanner = Browser::of(house, "curl/8.5.0");
        assert_eq!(scanner.method("HEAD", &callback).await.status, 204);
        scanner.get(&callback).await.assert_error_page(400);
        assert_eq!(browser.method("HEAD", &callback).await.status, 204);
        assert_eq!((house.wechat.exchanges(), &before), (0, &place.rows().await));
        let mut twin = browser.clone();
        house.wechat.script().once(Endpoint::AccessToken, Fault::DelayMs(100));
        let (first, second) = tokio::join!(browser.get(&callback), twin.get(&callback));
        assert_eq!(bytes_of(&first), bytes_of(&second));
        let rows = place.rows().await;
        assert_one_login(&before, &rows);
        house.wechat.advance(Duration::from_secs(3 * 3600));
        for agent in ["curl/8.5.0", "Mozilla/5.0 (compatible; scanner/1.0)"] {
            let mut late = Browser::of(house, agent);
            let page = late.get(&callback).await;
            page.assert_error_page(400);
            assert_eq!(page.marker(), "sign-in-not-found");
            assert_eq!(late.method("HEAD", &callback).await.status, 204);
        }
        assert_eq!(rows, place.rows().await);
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
        application.tokens(&code_of(&first)).await;
        code_of(&browser.get(&application.authorize(&[("prompt", "none")])).await);
        place.house.close().await;
    }
}

/// WX-10 with the cookie: the answer is repeated for as long as `times.outcome` says; the code is never sent again.
/// Seen red with a claim that is always the first.
#[tokio::test]
async fn an_old_answer_is_not_repeated_and_its_code_is_not_sent_again() {
    let more = "[times]\noutcome = \"10s\"\n".to_owned();
    let place = Place::of(Plan { more, ..Plan::default() }).await;
    let house = &place.house;
    let application = house.application();
    let mut browser = Browser::new(house);
    let callback = browser.leave(house, &application.authorize(&[]), "ann").await;
    let mut late = browser.clone();
    let answer = browser.get(&callback).await;
    let rows = place.rows().await;
    sleep(Duration::from_secs(11)).await;
    for _ in 0..2 {
        let page = late.get(&callback).await;
        page.assert_error_page(400);
        assert_eq!(page.marker(), "already-used");
        assert!(!page.body.contains(&code_of(&answer)));
    }
    assert!(!late.cookies.contains_key("magpie-session"));
    assert_eq!((house.wechat.exchanges(), rows), (1, place.rows().await));
    // Whoever was signed in by it still is.
    code_of(&browser.get(&application.authorize(&[("prompt", "none")])).await);
    place.house.close().await;
}
