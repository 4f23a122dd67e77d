//! A scan, the number, and everybody who is not the person.

use harness::{Browser, WECHAT_PHONE};

use crate::follow_scene::{
    ACCOUNT, assert_asked, assert_says, on_both_engines, on_postgres, place, wrong_number,
};
use crate::scene::assert_lost;

/// RFC 10027: who lures somebody into scanning gets nothing, though they follow and are known here. The scene is ours
/// and nobody can guess it. Seen red with a scan that counts as the answer, and with the number in the chat.
#[tokio::test]
async fn a_scan_alone_signs_nobody_in() {
    for place in on_both_engines().await {
        let mut desk = place.desk().await;
        let scene = place.house.wechat.scene_of(&desk.scanned()).unwrap();
        assert!(scene.len() == 33 && scene.starts_with("magpie_"), "{scene}");
        let before = place.picture().await;
        // A stranger to the account, then a follower: WeChat tells the two in different ways.
        for _ in 0..2 {
            let line = place.scans(&desk, "ann").await;
            assert_asked(&line);
            // The address has digits of its own.
            assert!(!line.replace("127.0.0.1", "").contains(&desk.number()), "{line}");
        }
        assert!(!desk.has_news().await);
        let page = desk.look().await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-code"));
        assert_eq!(place.picture().await, before);
        place.house.close().await;
    }
}

/// What comes of it: the person of the chat, by this way, once. Seen red with the audit row left out.
#[tokio::test]
async fn the_number_typed_by_who_scanned_signs_the_desktop_in() {
    for place in on_both_engines().await {
        let mut desk = place.scanned_desk("ann").await;
        assert_says(&place.says("ann", &desk.number()).await, "goes on by itself");
        assert!(desk.has_news().await);
        let page = desk.look().await;
        let application = place.house.application();
        let tokens = application.tokens(&page.sent("code").unwrap()).await;
        assert_eq!(tokens.id_token["amr"], serde_json::json!(["follow"]), "{}", tokens.id_token);
        let told = "SELECT count(*) FROM audit_events WHERE fact LIKE '%relay_approved%'";
        assert_eq!(place.number(told).await, 1);
        let claims = application.userinfo(&tokens.access_token).await.json();
        assert!(claims.get("name").is_none(), "{claims}");
        // The code of the application was used, so the answer is not repeated.
        desk.look().await.assert_error_page(400);
        place.house.close().await;
    }
}

/// QR-05. Seen red with five wrong numbers allowed.
#[tokio::test]
async fn three_wrong_numbers_cancel_the_code() {
    for place in on_both_engines().await {
        let mut desk = place.scanned_desk("ann").await;
        let wrong = wrong_number(&desk);
        assert_says(&place.says("ann", wrong).await, "Tries left: 2");
        // Two digits that no desktop shows count too, and digits of full width.
        assert_says(&place.says("ann", "０5").await, "Tries left: 1");
        assert!(!desk.has_news().await);
        assert_says(&place.says("ann", wrong).await, "Wrong three times");
        assert!(desk.has_news().await);
        assert_says(&place.says("ann", &desk.number()).await, "Wrong three times");
        assert_lost(&desk.look().await, "wrong-numbers");
        assert_eq!(place.number("SELECT count(*) FROM users").await, 0);
        place.house.close().await;
    }
}

/// The person says that it was not them. Seen red with a zero taken for a wrong number.
#[tokio::test]
async fn a_zero_refuses_and_the_desktop_hears_it() {
    let place = place().await;
    let mut desk = place.scanned_desk("ann").await;
    assert_says(&place.says("ann", "0").await, "Refused");
    assert_lost(&desk.look().await, "refused");
    // Answered is answered: what is said now is nobody's of ours.
    assert_eq!(place.says("ann", &desk.number()).await, "");
    assert_lost(&desk.look().await, "refused");
    place.house.close().await;
}

/// Who scans second, and who never scanned, cannot answer: neither rightly nor wrongly. Seen red with a second scan
/// that takes the code over.
#[tokio::test]
async fn nobody_but_the_first_who_scanned_can_answer() {
    for place in on_both_engines().await {
        let mut desk = place.scanned_desk("ann").await;
        let line = place.scans(&desk, "ben").await;
        assert_says(&line, "Somebody else has scanned");
        assert!(!line.contains("The application"), "{line}");
        for _ in 0..4 {
            assert_eq!(place.says("ben", &desk.number()).await, "");
            assert_eq!(place.says("ben", wrong_number(&desk)).await, "");
            assert_eq!(place.says("ben", "0").await, "");
        }
        assert!(!desk.has_news().await);
        let wrong = "SELECT CAST(sum(wrong_numbers) AS BIGINT) FROM relay_tickets";
        assert_eq!(place.number(wrong).await, 0);
        assert_says(&place.says("ann", &desk.number()).await, "goes on by itself");
        assert!(desk.look().await.sent("code").is_some());
        place.house.close().await;
    }
}

/// The latest code that a person scanned is the one that they answer. Seen red with the one scanned first meant.
#[tokio::test]
async fn who_scanned_two_codes_answers_the_latter() {
    let place = place().await;
    let (mut one, mut two) = (place.desk().await, place.desk().await);
    while one.number() == two.number() {
        two = place.desk().await;
    }
    assert_asked(&place.scans(&one, "ann").await);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_asked(&place.scans(&two, "ann").await);
    assert_says(&place.says("ann", &one.number()).await, "Tries left: 2");
    assert_says(&place.says("ann", &two.number()).await, "goes on by itself");
    assert!(!one.has_news().await);
    assert!(two.look().await.sent("code").is_some());
    place.house.close().await;
}

/// QR-01: who photographed the code, or knows every address of the page, gets nothing; and the relay's door is closed
/// to it. Seen red with the relay's door open to it, and with a stream for anybody.
#[tokio::test]
async fn a_browser_without_the_cookie_gets_nothing() {
    let place = place().await;
    let mut desk = place.scanned_desk("ann").await;
    let scene = place.house.wechat.scene_of(&desk.scanned()).unwrap();
    let ticket = scene.strip_prefix("magpie_").unwrap();
    let mut stranger = Browser::new(&place.house);
    for confirmed in [false, true] {
        if confirmed {
            place.says("ann", &desk.number()).await;
        }
        for path in [desk.address("news"), desk.address("events")] {
            assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        }
        stranger.get(&desk.address("next")).await.assert_error_page(400);
        stranger.get(&format!("/oauth2/resume/{ticket}")).await.assert_error_page(400);
        let mut phone = Browser::of(&place.house, WECHAT_PHONE);
        assert_eq!(phone.get(&format!("/relay/{ticket}")).await.status, 404);
        assert!(stranger.cookies.is_empty() && phone.cookies.is_empty());
    }
    assert!(desk.look().await.sent("code").is_some(), "the desktop's own result is still there");
    place.house.close().await;
}

/// A code that is too old says so, and so does a number that came too late. Seen red with numbers that are taken
/// however late, and with codes that are.
#[tokio::test]
async fn what_comes_late_is_told_so_and_changes_nothing() {
    for place in on_both_engines().await {
        let (mut unscanned, mut scanned) = (place.desk().await, place.scanned_desk("ann").await);
        place.pass(121).await;
        let before = place.picture().await;
        assert_says(&place.scans(&unscanned, "ben").await, "expired");
        assert_says(&place.scans(&scanned, "ann").await, "expired");
        assert_says(&place.says("ann", &scanned.number()).await, "expired");
        assert_eq!(place.picture().await, before);
        let bound = "SELECT count(scanned_openid) FROM relay_tickets";
        assert_eq!(place.number(bound).await, 1, "the late scan bound nothing");
        assert_lost(&scanned.look().await, "expired");
        assert_lost(&unscanned.look().await, "expired");
        place.house.close().await;
    }
}

/// QR-12: shown by one replica, scanned and answered at another, fetched at the first, and once. Seen red with replicas
/// that wake nobody for what another heard.
#[tokio::test]
async fn a_desktop_at_one_replica_hears_what_was_said_at_another() {
    let Some(place) = on_postgres().await else { return };
    let (replica, _stop) = place.house.replica().await;
    let mut desk = place.desk().await;
    let scan = place.scan_of(&desk, "ann");
    assert_asked(&place.pushed(replica, &scan, "ann").await);
    let waiting = desk.browser.clone();
    let events = desk.address("events");
    let heard = tokio::spawn(async move {
        let mut waiting = waiting;
        let page = waiting.get(&events).await;
        (page.body, std::time::Instant::now())
    });
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let number = magpie_simulator::Pushed::Text(desk.number());
    let number = place.written("ann", &number, magpie_simulator::Flaw::None);
    let said = std::time::Instant::now();
    assert_says(&place.pushed(replica, &number, "ann").await, "goes on by itself");
    let (body, when) = heard.await.unwrap();
    assert!(body.contains("event: look"), "{body}");
    assert!(when.duration_since(said) < std::time::Duration::from_secs(2));
    let (mut one, mut two) = (desk.clone(), desk.clone());
    two.browser = two.browser.at(replica);
    let (one, two) = tokio::join!(one.look(), two.look());
    assert_eq!(one.sent("code"), two.sent("code"), "{} {}", one.body, two.body);
    assert!(one.sent("code").is_some());
    assert_eq!(place.number("SELECT count(*) FROM users").await, 1);
    assert!(desk.look().await.sent("code").is_some());
    assert_eq!(place.house.wechat.world().account(ACCOUNT).unwrap().app_id, ACCOUNT);
    place.house.close().await;
}
