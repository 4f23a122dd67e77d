//! A WeChat that is slow, silent, away or sends us elsewhere.

use std::time::Duration;

use harness::{Browser, until};
use magpie_simulator::{Endpoint, Fault, Simulator, World};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::answer::{code_of, log_line, reference_of, retry_of};
use crate::ledger::Place;

/// WX-37: longer than this nobody waits for WeChat; connecting and reading have five seconds in all.
const PATIENCE: Duration = Duration::from_secs(7);

fn code_in(callback: &str) -> String {
    let callback = url::Url::parse(callback).unwrap();
    callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

/// WX-37, PR-02: a page within the deadline, the code is not sent twice, and the log names the class of failure only.
#[tokio::test]
async fn no_reply_from_wechat_is_a_page_in_time_and_the_code_is_sent_once() {
    let place = Place::open().await;
    let house = &place.house;
    let start = house.application().authorize(&[]);
    for (fault, class) in [
        (Fault::Hang, "deadline"),
        (Fault::DelayMs(8_000), "deadline"),
        (Fault::HangUpAfter, "interrupted"),
        (Fault::HangUpBefore, "interrupted"),
        (Fault::Truncate(10), "interrupted"),
    ] {
        house.wechat.script().once(Endpoint::AccessToken, fault.clone());
        let mut browser = Browser::new(house);
        let callback = browser.leave(house, &start, "ann").await;
        let began = Instant::now();
        let page = browser.get(&callback).await;
        assert!(began.elapsed() < PATIENCE, "{fault:?}: {:?}", began.elapsed());
        page.assert_error_page(503);
        assert_eq!(page.cause(), "unreachable", "{fault:?}");
        // A reload does not send the code again either.
        assert_eq!(browser.get(&callback).await.cause(), "unreachable");
        assert_eq!(house.wechat.exchanges_of(&code_in(&callback)), 1, "{fault:?}");
        let line = log_line(house, &reference_of(&page));
        assert_eq!(line["upstream.failure"], class, "{fault:?}");
        let line = line.to_string();
        for secret in [house.wechat.base_url().as_str(), "secret", "sns", &code_in(&callback)] {
            assert!(!line.contains(secret), "{line}");
        }
        let answer = browser.sign_in(house, &retry_of(&page), "ann").await;
        code_of(&answer);
    }
    place.house.close().await;
}

/// WX-38: the secret goes nowhere else.
#[tokio::test]
async fn a_redirecting_wechat_is_not_followed() {
    let place = Place::open().await;
    let house = &place.house;
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/sns/oauth2/access_token", canary.local_addr().unwrap());
    for endpoint in [Endpoint::AccessToken, Endpoint::UserInfo] {
        house.wechat.script().once(endpoint, Fault::Redirect(elsewhere.clone()));
    }
    let start = house.application().authorize(&[]);
    let page = Browser::new(house).sign_in(house, &start, "ann").await;
    page.assert_error_page(503);
    let line = log_line(house, &reference_of(&page));
    assert_eq!(line["upstream.failure"], "redirected");
    assert!(!line.to_string().contains(&elsewhere), "{line}");
    code_of(&Browser::new(house).sign_in(house, &start, "ann").await);
    let visited = timeout(Duration::from_millis(200), canary.accept()).await;
    assert!(visited.is_err(), "somebody followed");
    place.house.close().await;
}

/// WX-37: nobody listens at WeChat's address; later somebody does.
#[tokio::test]
async fn logins_work_again_when_wechat_is_back() {
    let mut place = Place::open().await;
    let address = place.house.wechat.address();
    let start = place.house.application().authorize(&[]);
    let mut browser = Browser::new(&place.house);
    let callback = browser.leave(&place.house, &start, "ann").await;
    let elsewhere = Simulator::start(World::demo("127.0.0.1"), ([127, 0, 0, 1], 0).into()).await;
    drop(std::mem::replace(&mut place.house.wechat, elsewhere.unwrap()));
    while TcpStream::connect(address).await.is_ok() {
        sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    let page = browser.get(&callback).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    page.assert_error_page(503);
    assert_eq!(page.cause(), "unreachable");
    let line = log_line(&place.house, &reference_of(&page));
    assert_eq!(line["upstream.failure"], "connect");
    place.house.wechat = Simulator::start(World::demo("127.0.0.1"), address).await.unwrap();
    let answer = browser.sign_in(&place.house, &retry_of(&page), "ann").await;
    place.house.application().tokens(&code_of(&answer)).await;
}

/// Law 3: thirty exchanges hang, and the one writer of SQLite is free for somebody else's whole login.
#[tokio::test]
async fn while_wechat_hangs_for_some_others_sign_in() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let application = house.application();
        let start = application.authorize(&[]);
        house.wechat.script().times(Endpoint::AccessToken, 30, Fault::DelayMs(4_000));
        let mut hanging = JoinSet::new();
        for _ in 0..30 {
            let mut browser = Browser::new(house);
            let callback = browser.leave(house, &start, "ann").await;
            hanging.spawn(async move { browser.get(&callback).await });
        }
        until("thirty exchanges hang", || house.wechat.exchanges() >= 30).await;
        let answer = Browser::new(house).sign_in(house, &start, "ben").await;
        application.tokens(&code_of(&answer)).await;
        assert_eq!(hanging.try_join_next().map(|done| done.unwrap().status), None);
        for answer in hanging.join_all().await {
            code_of(&answer);
        }
        assert_eq!(place.count("users").await, 2);
        place.house.close().await;
    }
}
