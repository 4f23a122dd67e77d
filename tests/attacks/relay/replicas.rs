//! The desktop at one replica, the phone at another.

use std::time::{Duration, Instant};

use harness::{Browser, WECHAT_PHONE};

use crate::scene::{Place, assert_end};

/// QR-12: approved at one replica, delivered at the other within two seconds; nobody is told by anything but the
/// database. Seen red with nobody looking into the database.
#[tokio::test]
async fn a_desktop_at_another_replica_hears_within_two_seconds() {
    let Some(place) = Place::on_postgres().await else { return };
    let (replica, _stop) = place.house.replica().await;
    let mut desk = place.desk().await;
    let mut phone = place.phone(&desk, "ann").await;
    let listening = desk.clone();
    let heard = tokio::spawn(async move {
        let text = listening.listen(replica, 20).await;
        (text, Instant::now())
    });
    // The other replica's watch has begun.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let said = Instant::now();
    assert_end(&phone.choose(&desk.number()).await, "approved");
    let (text, when) = heard.await.unwrap();
    assert!(text.contains("text/event-stream") && text.contains("event: look"), "{text}");
    let took = when.duration_since(said);
    assert!(took < Duration::from_secs(2), "{took:?}");
    desk.browser = desk.browser.at(replica);
    let page = desk.look().await;
    place.house.application().at(replica).tokens(&page.sent("code").unwrap()).await;
    place.house.close().await;
}

/// Scanned at one replica, signed in and confirmed at the other.
#[tokio::test]
async fn a_phone_may_change_replicas_on_its_way() {
    let Some(place) = Place::on_postgres().await else { return };
    let (replica, _stop) = place.house.replica().await;
    let mut desk = place.desk().await;
    let mut phone = Browser::of(&place.house, WECHAT_PHONE);
    let callback = phone.leave(&place.house, &desk.scanned(), "ann").await;
    let mut phone = phone.at(replica);
    let resume = phone.get(&callback).await.location();
    let question = phone.get(&resume).await;
    let mut phone = crate::scene::Phone { browser: phone.at(place.house.address()), question };
    assert_end(&phone.choose(&desk.number()).await, "approved");
    desk.browser = desk.browser.at(replica);
    assert!(desk.look().await.sent("code").is_some());
    place.house.close().await;
}

/// The stream: a word at once, another when the phone has answered, none for a phone that only scanned; it ends with the
/// process, so that nobody waits for a replica that is gone. Seen red with desktops that are not let go.
#[tokio::test]
async fn the_page_hears_at_once_and_is_let_go_when_the_process_ends() {
    let place = Place::open().await;
    let desk = place.desk().await;
    let mut phone = place.phone(&desk, "ann").await;
    let silent = desk.listen(place.house.address(), 2).await;
    assert!(silent.contains("event: waiting") && !silent.contains("event: look"), "{silent}");
    assert!(silent.to_lowercase().contains("x-accel-buffering: no"), "{silent}");
    let (listening, at) = (desk.clone(), place.house.address());
    let heard = tokio::spawn(async move { listening.listen(at, 20).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let said = Instant::now();
    assert_end(&phone.choose(&desk.number()).await, "approved");
    assert!(heard.await.unwrap().contains("event: look"));
    assert!(said.elapsed() < Duration::from_secs(1), "{:?}", said.elapsed());
    // Who comes after the answer is told at once.
    assert!(desk.listen(at, 5).await.contains("event: look"));
    let other = place.desk().await;
    let waiting = tokio::spawn(async move { other.listen(at, 20).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ended = Instant::now();
    place.house.close().await;
    assert!(!waiting.await.unwrap().contains("event: look"));
    assert!(ended.elapsed() < Duration::from_secs(5), "{:?}", ended.elapsed());
}
