//! How much a stranger gets: codes, guesses, rows.

use harness::Browser;

use crate::scene::Place;

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
    let website = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
"#;
    let place = Place::with(website).await;
    let page = Browser::new(&place.house).get(&place.house.application().authorize(&[])).await;
    assert!(page.location().contains("/connect/qrconnect"), "{}", page.location());
    assert_eq!(place.number("SELECT count(*) FROM relay_tickets").await, 0);
    place.house.close().await;
}
