//! Who is first, and only who is first.

use crate::scene::{Place, assert_end};

/// QR-04: two phones at once: one signs the desktop in, the other is told that it was too late. Seen red with a yes
/// over an answer.
#[tokio::test]
async fn two_phones_at_once_are_one_answer() {
    for place in Place::on_both_engines().await {
        for _ in 0..5 {
            let mut desk = place.desk().await;
            let number = desk.number();
            let mut one = place.phone(&desk, "ann").await;
            let mut two = place.phone(&desk, "laowang").await;
            let (first, second) = tokio::join!(one.choose(&number), two.choose(&number));
            let ends = [first.location(), second.location()];
            let count = |end: &str| ends.iter().filter(|location| location.ends_with(end)).count();
            assert_eq!((count("/approved"), count("/late")), (1, 1), "{ends:?}");
            let page = desk.look().await;
            let app = place.house.application();
            let tokens = app.tokens(&page.sent("code").unwrap()).await;
            let name = app.userinfo(&tokens.access_token).await.json()["name"].clone();
            let expected = if ends[0].ends_with("/approved") { "Ann Example" } else { "老王" };
            assert_eq!(name, expected);
        }
        let approved = "SELECT count(*) FROM audit_events WHERE fact LIKE '%relay_approved%'";
        assert_eq!(place.number(approved).await, 5);
        place.house.close().await;
    }
}

/// QR-05: wrong numbers at once are counted one by one: no number of phones guesses more than three times. Seen red
/// with wrong numbers counted after the end.
#[tokio::test]
async fn wrong_numbers_at_once_are_each_counted() {
    for place in Place::on_both_engines().await {
        let desk = place.desk().await;
        let phone = place.phone(&desk, "ann").await;
        let wrong = phone.wrong_number(&desk);
        let mut copies = vec![phone; 6];
        let tries = copies.iter_mut().map(|phone| phone.choose(&wrong));
        let pages = futures_util::future::join_all(tries).await;
        let asked = pages.iter().filter(|page| page.marker() == "relay-question").count();
        let ended = |end: &str| {
            let at = |page: &&harness::Page| {
                page.status == 303 && page.location().ends_with(&format!("/relay/end/{end}"))
            };
            pages.iter().filter(at).count()
        };
        // Whoever was counted before the last one may be shown the question, or hear that it is over meanwhile.
        assert_eq!(ended("wrong-numbers"), 1);
        assert!(asked <= 2 && asked + ended("late") == 5, "{asked} {}", ended("late"));
        let counted = "SELECT CAST(max(wrong_numbers) AS BIGINT) FROM relay_tickets";
        assert_eq!(place.number(counted).await, 3);
        place.house.close().await;
    }
}

/// A refusal and a yes at once: whichever stands, both are told the same story. Seen red with either written over the
/// other.
#[tokio::test]
async fn a_no_and_a_yes_at_once_are_one_answer() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    let number = desk.number();
    let mut one = place.phone(&desk, "ann").await;
    let mut two = place.phone(&desk, "laowang").await;
    let (yes, no) = tokio::join!(one.choose(&number), two.refuse());
    if yes.location().ends_with("/approved") {
        assert_end(&no, "late");
        assert!(desk.look().await.sent("code").is_some());
    } else {
        assert_end(&yes, "late");
        assert_end(&no, "refused");
        assert_eq!(desk.look().await.marker(), "relay-lost");
    }
    place.house.close().await;
}
