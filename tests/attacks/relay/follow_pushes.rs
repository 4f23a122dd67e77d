//! Pushes around a code that are forged, come again, name nothing of ours, or are nobody's of ours.

use std::time::Duration;

use harness::Page;
use magpie_simulator::{Flaw, Pushed};

use crate::follow_scene::{
    ACCOUNT, assert_asked, assert_says, on_both_engines, place, place_with, pushed_to, wrong_number,
};
use crate::listener::{Listener, Manner};

#[track_caller]
fn assert_forged(page: &Page) {
    assert_eq!((page.status.as_u16(), &*page.body), (403, ""));
}

/// WP-01, WP-05: the number and the scan count from WeChat alone. Seen red with the signatures, the time or the
/// receiver not looked at, each by itself.
#[tokio::test]
async fn whoever_cannot_sign_for_the_account_neither_scans_nor_answers() {
    let place = place().await;
    let mut desk = place.scanned_desk("ann").await;
    let at = place.house.address();
    let before = place.picture().await;
    let number = Pushed::Text(desk.number());
    for flaw in [
        Flaw::OtherToken,
        Flaw::MsgSignature,
        Flaw::Old(301),
        Flaw::OtherReceiver("wx0000000000000002".to_owned()),
    ] {
        assert_forged(&pushed_to(at, &place.written("ann", &number, flaw)).await);
    }
    let true_one = place.written("ann", &number, Flaw::None);
    let mut other = true_one.clone();
    other.url = other.url.replace("/push/chat", "/push/inapp");
    assert_eq!(pushed_to(at, &other).await.status, 404, "that account has no pushes");
    assert!(!desk.has_news().await);
    assert_eq!(place.picture().await, before);
    place.house.close().await;
}

/// WP-04: WeChat says again what it had no answer to, perhaps to another replica; it counts once, and the person reads
/// the same. Seen red with the mark of a message not looked at.
#[tokio::test]
async fn a_message_that_comes_again_counts_once_and_is_answered_alike() {
    for place in on_both_engines().await {
        let (replica, _stop) = place.house.replica().await;
        let at = [place.house.address(), replica, place.house.address()];
        let mut desk = place.desk().await;
        let scan = place.scan_of(&desk, "ann");
        for at in at {
            assert_asked(&place.pushed(at, &scan, "ann").await);
        }
        let wrong = Pushed::Text(wrong_number(&desk).to_owned());
        let wrong = place.written("ann", &wrong, Flaw::None);
        for at in at {
            assert_says(&place.pushed(at, &wrong, "ann").await, "Tries left: 2");
        }
        let right = place.written("ann", &Pushed::Text(desk.number()), Flaw::None);
        for at in at {
            assert_says(&place.pushed(at, &right, "ann").await, "goes on by itself");
        }
        assert!(desk.look().await.sent("code").is_some());
        assert_says(&place.pushed(replica, &right, "ann").await, "goes on by itself");
        assert_eq!(place.number("SELECT count(*) FROM grants").await, 1);
        let wrong = "SELECT CAST(sum(wrong_numbers) AS BIGINT) FROM relay_tickets";
        assert_eq!(place.number(wrong).await, 1);
        place.house.close().await;
    }
}

/// A scene that is ours in form and names nothing, and scenes of the operator's own. Seen red with scenes taken for
/// ours without their beginning.
#[tokio::test]
async fn a_scene_from_nowhere_changes_nothing() {
    let place = place().await;
    let before = place.picture().await;
    let at = place.house.address();
    let invented = format!("magpie_{}", "0123456789abcdefghjkmnpqrs");
    for pushed in [Pushed::Scanned(invented.clone()), Pushed::Subscribed(Some(invented))] {
        let scan = place.written("ann", &pushed, Flaw::None);
        assert_says(&place.pushed(at, &scan, "ann").await, "expired");
    }
    for scene in ["shop_7", "magpie_", "magpie_x", "0123456789abcdefghjkmnpqrs"] {
        let scan = place.written("ann", &Pushed::Scanned(scene.to_owned()), Flaw::None);
        assert_eq!(place.pushed(at, &scan, "ann").await, "", "{scene}");
    }
    assert_eq!(place.picture().await, before);
    assert_eq!(place.number("SELECT count(*) FROM seen_once").await, 0);
    place.house.close().await;
}

/// What is not ours goes to the operator's other system, which answers it; what is ours is answered by us and goes
/// there too, once. Seen red with nothing of ours passed on, and with what was heard before passed on again.
#[tokio::test]
async fn everything_else_is_forwarded_as_before() {
    let listener = Listener::start(Manner::Says("text/plain", "success")).await;
    let place = place_with(&format!(", forward_to = \"{}\"", listener.url())).await;
    let at = place.house.address();
    let mut count = 0;
    for pushed in [
        Pushed::Subscribed(None),
        Pushed::Scanned("shop_7".to_owned()),
        Pushed::Text("42".to_owned()),
        Pushed::Text("你好".to_owned()),
        Pushed::Unsubscribed,
    ] {
        let page = pushed_to(at, &place.written("ben", &pushed, Flaw::None)).await;
        assert_eq!((page.status.as_u16(), &*page.body), (200, "success"), "{pushed:?}");
        count += 1;
        assert_eq!(listener.received().len(), count, "{pushed:?}");
    }
    let desk = place.desk().await;
    let scan = place.scan_of(&desk, "ann");
    assert_asked(&place.pushed(at, &scan, "ann").await);
    let right = place.written("ann", &Pushed::Text(desk.number()), Flaw::None);
    assert_says(&place.pushed(at, &right, "ann").await, "goes on by itself");
    listener.wait_for(count + 2).await;
    // Heard before.
    assert_asked_again(&place.pushed(at, &scan, "ann").await);
    assert_says(&place.pushed(at, &right, "ann").await, "goes on by itself");
    // A chat goes on in between.
    assert_eq!(place.says("ann", "你好").await, "");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(listener.received().len(), count + 3);
    assert_eq!(place.number("SELECT count(*) FROM seen_once").await, 1);
    assert_eq!(ACCOUNT.len(), 18);
    place.house.close().await;
}

/// The desktop has gone on by then.
#[track_caller]
fn assert_asked_again(line: &str) {
    assert_says(line, "goes on by itself");
}
