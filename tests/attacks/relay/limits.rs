//! How much a stranger gets: codes, guesses, rows.

use std::time::Duration;

use futures_util::future::join_all;
use harness::Browser;

use crate::scene::{Place, between};

/// QR-08, law 1: codes are bounded for an address, and with them the rows. Loopback stands for everybody behind a proxy
/// that nobody listed, and has ten times as many. Seen red with no budget asked.
#[tokio::test]
async fn an_address_that_shows_codes_without_end_is_asked_to_wait() {
    let place = Place::open().await;
    let start = place.house.application().authorize(&[]);
    let mut shown = 0;
    for _ in 0..130 {
        let page = Browser::new(&place.house).get(&start).await;
        if page.status == 200 {
            assert_eq!(page.marker(), "relay-code");
            shown += 1;
        } else {
            page.assert_error_page(429);
            assert!((1..=60).contains(&page.header("retry-after").parse::<u32>().unwrap()));
        }
    }
    assert!((100..=115).contains(&shown), "{shown}");
    assert_eq!(place.number("SELECT count(*) FROM relay_tickets").await, shown);
    place.house.close().await;
}

/// Reloading the page that shows a code makes no other one, and five in all are enough for one attempt. Seen red with
/// any number of departures.
#[tokio::test]
async fn one_attempt_shows_few_codes() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    for _ in 0..5 {
        assert_eq!(desk.look().await.marker(), "relay-code");
    }
    assert_eq!(place.number("SELECT count(*) FROM relay_tickets").await, 1);
    let action = desk.page.action();
    for _ in 0..4 {
        let page = desk.browser.post(&action, &[("step", "continue")]).await;
        assert_eq!(page.marker(), "relay-code", "{}", page.body);
    }
    desk.browser.post(&action, &[("step", "continue")]).await.assert_error_page(400);
    assert_eq!(place.number("SELECT count(*) FROM relay_tickets").await, 5);
    let waiting = "SELECT count(*) FROM relay_tickets WHERE answer IS NULL";
    assert_eq!(place.number(waiting).await, 1, "the older ones are void");
    place.house.close().await;
}

/// What the operator reads of the desktops that wait and of their windows.
async fn waiting(place: &Place) -> (u32, u32) {
    let management = place.house.management();
    let request = http::Request::get(format!("http://{management}/metrics"));
    let answer = harness::send(management, request.body(Vec::new()).unwrap()).await;
    let text = String::from_utf8(answer.into_body()).unwrap();
    let number = |name: &str| between(&text, &format!("\n{name} "), "\n").parse().unwrap();
    (number("magpie_relay_desktops"), number("magpie_relay_windows"))
}

/// Law 12: half of the connections may wait, however few the desktops are that open them, and the operator sees how many.
/// Seen red with desktops counted in the place of their windows.
#[tokio::test]
async fn half_of_the_connections_wait_and_no_more() {
    let place = Place::with("[limits]\nconnections = 10\n").await;
    let at = place.house.address();
    let (one, two, three, four) =
        (place.desk().await, place.desk().await, place.desk().await, place.desk().await);
    let late = async {
        while waiting(&place).await != (3, 5) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let crowded = four.listen(at, 1).await;
        assert!(crowded.starts_with("HTTP/1.1 503 "), "{crowded}");
    };
    let late = tokio::time::timeout(Duration::from_secs(3), late);
    let windows = [&one, &one, &two, &two, &three].map(|desk| desk.listen(at, 4));
    let (streams, late) = tokio::join!(join_all(windows), late);
    late.expect("five wait");
    assert!(streams.iter().all(|heard| heard.contains("event: waiting")), "{streams:?}");
    while waiting(&place).await != (0, 0) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    place.house.close().await;
}

/// QR-06: names of 128 bits are not guessed, and whoever tries is slowed down; desktops of the same address are not.
/// Seen red with misses that nobody counts.
#[tokio::test]
async fn who_guesses_tickets_finds_none_and_is_slowed_down() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    let mut guesser = Browser::of(&place.house, harness::WECHAT_PHONE);
    let mut slowed = 0;
    for guess in 0..3000_u32 {
        if slowed > 20 {
            break;
        }
        let ticket = format!("{guess:026}");
        for path in [format!("/relay/{ticket}"), format!("/oauth2/resume/{ticket}/news")] {
            let page = guesser.get(&path).await;
            match page.status.as_u16() {
                404 => {}
                429 => slowed += 1,
                other => panic!("{path}: {other} {}", page.body),
            }
        }
    }
    assert!(slowed > 20, "{slowed}");
    assert!(guesser.cookies.is_empty());
    assert!(!desk.has_news().await, "the desktop is answered all the same");
    place.house.close().await;
}

/// A configuration with other channels beside the relay: the website app's own QR page comes first. Seen red with the
/// relay offered first.
#[tokio::test]
async fn a_website_app_comes_before_the_relay() {
    let place = Place::with(harness::channels::WEBSITE).await;
    let page = Browser::new(&place.house).get(&place.house.application().authorize(&[])).await;
    assert!(page.location().contains("/connect/qrconnect"), "{}", page.location());
    assert_eq!(place.number("SELECT count(*) FROM relay_tickets").await, 0);
    place.house.close().await;
}
