//! The desktop's side: from the code to the application's answer, and who is told nothing.

use harness::Browser;

use crate::scene::{Desk, Place, assert_end, assert_lost, between};

/// The whole way, with one service account alone: nothing follows from the scan, everything from the number. Seen red
/// with a yes by the scan and the sign-in alone.
#[tokio::test]
async fn a_desktop_signs_in_with_a_phone_by_a_number_and_by_nothing_less() {
    for place in Place::on_both_engines().await {
        let mut desk = place.desk().await;
        let mut phone = place.phone(&desk, "laowang").await;
        for part in ["The application", "老王", "127.0.0.1", "Chrome, Linux", " s ago"] {
            assert!(phone.question.body.contains(part), "{part}: {}", phone.question.body);
        }
        assert_eq!(phone.numbers().len(), 6);
        assert!(phone.numbers().contains(&desk.number()));
        assert!(!desk.has_news().await, "a scan and a sign-in alone say nothing");
        assert_eq!(desk.look().await.marker(), "relay-code", "the same code again");
        assert_eq!(place.number("SELECT count(*) FROM grants").await, 0);
        assert_end(&phone.choose(&desk.number()).await, "approved");
        assert!(desk.has_news().await);
        let page = desk.look().await;
        let app = place.house.application();
        assert!(page.location().starts_with(&app.redirect_uri), "{}", page.location());
        let tokens = app.tokens(&page.sent("code").unwrap()).await;
        assert_eq!(tokens.id_token["amr"], serde_json::json!(["relay"]), "{}", tokens.id_token);
        let at = "SELECT max(auth_time) - min(auth_time) FROM sessions";
        assert_eq!(place.number(at).await, 0, "the phone's sign-in is the desktop's");
        // The desktop is signed in from now on, as the very person that the phone is.
        let again = desk.browser.get(&app.authorize(&[])).await;
        let again = app.tokens(&again.sent("code").unwrap()).await;
        assert_eq!(again.subject(), tokens.subject());
        assert_eq!(place.number("SELECT count(*) FROM users").await, 1);
        place.house.close().await;
    }
}

/// QR-01: who photographed the code, or knows every address of the page, is told nothing without the cookie. Seen red
/// with an answer for who has no cookie.
#[tokio::test]
async fn the_public_half_alone_gets_no_answer_and_no_result() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    let mut stranger = Browser::new(&place.house);
    for approved in [false, true] {
        if approved {
            let mut phone = place.phone(&desk, "ann").await;
            assert_end(&phone.choose(&desk.number()).await, "approved");
        }
        let ticket = desk.ticket();
        for path in [
            desk.address("news"),
            desk.address("events"),
            format!("/oauth2/resume/{ticket}/news"),
            format!("/oauth2/resume/{ticket}/events"),
            "/oauth2/resume/x/news".to_owned(),
        ] {
            let page = stranger.get(&path).await;
            assert_eq!((page.status.as_u16(), &*page.body), (404, ""), "{path}");
            assert_eq!(page.header("cache-control"), "no-store");
        }
        stranger.get(&desk.address("next")).await.assert_error_page(400);
        stranger.get(&format!("/oauth2/resume/{ticket}")).await.assert_error_page(400);
        assert!(stranger.cookies.is_empty(), "{:?}", stranger.cookies);
    }
    assert_eq!(desk.look().await.status, 303, "the desktop's own result is still there");
    place.house.close().await;
}

/// QR-02: what desktop A holds is worth nothing under the name of B's attempt, and A loses nothing by it. Seen red with
/// a cookie that is good under every name.
#[tokio::test]
async fn the_cookie_of_one_desktop_opens_nothing_for_another() {
    let place = Place::open().await;
    let (mut one, other) = (place.desk().await, place.desk().await);
    let mut phone = place.phone(&one, "ann").await;
    assert_end(&phone.choose(&one.number()).await, "approved");
    let held = one.browser.cookies.values().next().unwrap().clone();
    let mut thief = other.clone();
    thief.browser.cookies.values_mut().for_each(|value| value.clone_from(&held));
    for path in [thief.address("news"), thief.address("events"), one.address("news")] {
        assert_eq!(thief.browser.get(&path).await.status, 404, "{path}");
    }
    thief.look().await.assert_error_page(400);
    let mut other = other;
    assert!(!other.has_news().await, "B waits on for a phone of its own");
    assert_eq!(other.look().await.marker(), "relay-code");
    assert!(one.look().await.sent("code").is_some());
    place.house.close().await;
}

/// Law 7: whoever holds the cookie gets the very same answer again, until the application has used its code. Seen red
/// with nothing repeated once the yes was taken.
#[tokio::test]
async fn a_desktop_that_looks_twice_gets_one_answer_and_one_session() {
    for place in Place::on_both_engines().await {
        let desk = place.desk().await;
        let mut phone = place.phone(&desk, "ann").await;
        assert_end(&phone.choose(&desk.number()).await, "approved");
        let (mut one, mut two) = (desk.clone(), desk.clone());
        let (first, second) = tokio::join!(one.look(), two.look());
        assert_eq!((first.status, first.location()), (second.status, second.location()));
        assert_eq!(one.browser.cookies, two.browser.cookies);
        assert_eq!(place.number("SELECT count(*) FROM sessions").await, 2, "a phone, a desktop");
        assert_eq!(place.number("SELECT count(*) FROM grants").await, 1);
        place.house.application().tokens(&first.sent("code").unwrap()).await;
        let mut late = desk.clone();
        assert_eq!(late.look().await.marker(), "already-used");
        place.house.close().await;
    }
}

/// A client whose people are asked asks them on the desktop, not on the phone. Seen red with nobody asked on the
/// desktop.
#[tokio::test]
async fn consent_is_asked_where_the_application_is() {
    let place = Place::open().await;
    let app = place.house.asking_application();
    let start = app.authorize(&[("prompt", "login")]);
    let mut desk = Desk::of(Browser::new(&place.house), &start).await;
    let mut phone = place.phone(&desk, "ann").await;
    assert_end(&phone.choose(&desk.number()).await, "approved");
    let resume = desk.look().await.location();
    let page = desk.browser.get(&resume).await;
    assert_eq!(page.marker(), "consent", "{}", page.body);
    let page = desk.browser.post(&page.action(), &[("step", "allow")]).await;
    app.tokens(&page.sent("code").unwrap()).await;
    place.house.close().await;
}

/// The time is over, and a new code is another ticket; an old one leads nowhere. Seen red with a ticket that never
/// expires.
#[tokio::test]
async fn a_code_ends_after_two_minutes_and_a_new_one_can_be_shown() {
    for place in Place::on_both_engines().await {
        let mut desk = place.desk().await;
        let left = between(&desk.page.body, "data-left=\"", "\"").parse::<i64>().unwrap();
        assert!((118..=120).contains(&left), "{left}");
        let mut phone = place.phone(&desk, "ann").await;
        let old = desk.scanned();
        place.pass(120).await;
        assert!(desk.has_news().await);
        assert_end(&phone.choose(&desk.number()).await, "late");
        let lost = desk.look().await;
        assert_lost(&lost, "expired");
        let page = desk.browser.post(&lost.action(), &[("step", "continue")]).await;
        assert_eq!(page.marker(), "relay-code", "{}", page.body);
        desk.page = page;
        assert_ne!(desk.scanned(), old);
        let mut browser = Browser::of(&place.house, harness::WECHAT_PHONE);
        let page = browser.get(&old).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (404, "relay-done"), "{}", page.body);
        let mut phone = place.phone(&desk, "ann").await;
        assert_end(&phone.choose(&desk.number()).await, "approved");
        assert!(desk.look().await.sent("code").is_some());
        place.house.close().await;
    }
}

/// A desktop that goes back to its application takes its code along. Seen red with nothing given up.
#[tokio::test]
async fn who_leaves_the_page_leaves_no_code_behind() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    let mut phone = place.phone(&desk, "ann").await;
    let page = desk.browser.post(&desk.page.action(), &[("step", "cancel")]).await;
    assert_eq!(page.sent("error").as_deref(), Some("access_denied"));
    assert_end(&phone.choose(&desk.number()).await, "late");
    place.house.close().await;
}

/// QR-09: nothing that the request or the browser said stands on the page, and no key but the application's name.
/// Seen red with the desktop's header shown as it came.
#[tokio::test]
async fn nothing_of_the_request_is_reflected() {
    let place = Place::open().await;
    let mark = "planted\"><script>alert(1)</script>";
    let start = place.house.application().authorize(&[
        ("state", mark),
        ("nonce", mark),
        ("login_hint", mark),
        ("display", mark),
        ("acr_values", mark),
    ]);
    let mut browser = Browser::of(&place.house, &format!("{} {}", harness::DESKTOP, mark));
    browser.headers.push(("x-forwarded-for".to_owned(), mark.to_owned()));
    let desk = Desk::of(browser, &start).await;
    let phone = place.phone(&desk, "ann").await;
    for page in [&desk.page, &phone.question] {
        assert!(!page.body.contains("planted") && !page.body.contains("alert"), "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-frame-options"), "DENY");
    }
    let policy = desk.page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("; connect-src 'self'"));
    assert!(!phone.question.header("content-security-policy").contains("connect-src"));
    // Neither the ticket nor the cookie of another page stands in the page that shows the code.
    let ticket = desk.ticket();
    assert!(!desk.page.body.contains(&ticket), "the code alone names the ticket");
    place.house.close().await;
}
