//! The phone's side: nothing is answered by a scan, by a session, by a forged form or by guessing.

use harness::{Browser, DESKTOP, PHONE, WECHAT_DESKTOP, WECHAT_PHONE, WECOM};

use crate::scene::{Place, assert_end, assert_lost, form_token};

/// QR-05: three wrong numbers cancel, whoever chooses them on whichever phone, and the right one comes too late then.
/// Seen red with nine numbers allowed.
#[tokio::test]
async fn three_wrong_numbers_cancel_the_code() {
    for place in Place::on_both_engines().await {
        let mut desk = place.desk().await;
        let mut one = place.phone(&desk, "ann").await;
        let mut other = place.phone(&desk, "laowang").await;
        assert_eq!(one.numbers(), other.numbers(), "the same six on every phone");
        let wrong = one.wrong_number(&desk);
        for (phone, left) in [(&mut one, "2"), (&mut other, "1")] {
            let page = phone.choose(&wrong).await;
            assert_eq!(page.marker(), "relay-question", "{}", page.body);
            let told = format!("Tries left: {left}.");
            assert!(page.body.contains(&told), "{}", page.body);
        }
        assert!(!desk.has_news().await);
        assert_end(&one.choose(&wrong).await, "wrong-numbers");
        assert!(desk.has_news().await);
        assert_end(&other.choose(&desk.number()).await, "late");
        assert_lost(&desk.look().await, "wrong-numbers");
        let refused = "SELECT count(*) FROM audit_events WHERE fact LIKE '%relay_refused%'";
        assert_eq!(place.number(refused).await, 1);
        assert_eq!(place.number("SELECT count(*) FROM grants").await, 0);
        place.house.close().await;
    }
}

/// "This was not me" cancels at once, and is on record. Seen red with a no that ends the phone's attempt alone.
#[tokio::test]
async fn a_person_who_did_not_start_it_cancels_the_code() {
    for place in Place::on_both_engines().await {
        let mut desk = place.desk().await;
        let (mut phone, mut other) =
            (place.phone(&desk, "ann").await, place.phone(&desk, "laowang").await);
        assert_end(&phone.refuse().await, "refused");
        assert_end(&other.choose(&desk.number()).await, "late");
        assert_lost(&desk.look().await, "refused");
        let refused = "SELECT count(*) FROM audit_events WHERE fact LIKE '%relay_refused%'";
        assert_eq!(place.number(refused).await, 1);
        place.house.close().await;
    }
}

/// QR-05, LO-02: a yes without a number, a number that is none, and a form that is not the page's own change nothing.
/// Seen red with no form token looked at, with one that is good for every form, and with one that is good for every
/// session.
#[tokio::test]
async fn nothing_but_a_number_on_our_own_page_answers() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    let number = desk.number();
    let phone = place.phone(&desk, "ann").await;
    let other_desk = place.desk().await;
    let other = place.phone(&other_desk, "laowang").await;
    let (token, foreign) = (form_token(&phone.question), form_token(&other.question));
    let mut signed_in = phone.browser.clone();
    let account = form_token(&signed_in.get("/account").await);
    let action = phone.question.action();
    let before = place.picture().await;
    let attempts: [&[(&str, &str)]; 10] = [
        &[("step", "allow"), ("form_token", &token)],
        &[("step", "continue"), ("form_token", &token)],
        &[("step", "number"), ("form_token", &token)],
        &[("step", "number"), ("number", ""), ("form_token", &token)],
        &[("step", "number"), ("number", "4"), ("form_token", &token)],
        &[("step", "number"), ("number", &number), ("number", &number), ("form_token", &token)],
        &[("step", "number"), ("number", &number)],
        &[("step", "number"), ("number", &number), ("form_token", &foreign)],
        &[("step", "number"), ("number", &number), ("form_token", &account)],
        &[("step", "deny"), ("form_token", &account)],
    ];
    for fields in attempts {
        let mut copy = phone.browser.clone();
        let page = copy.post(&action, fields).await;
        let ended = page.status == 303 && page.location().ends_with("/relay/end/stopped");
        let went_on = ["relay-question", "error"].contains(&&*page.marker());
        let to_wechat =
            page.status == 303 && page.location().starts_with(&place.house.wechat.base_url());
        assert!(ended || went_on || to_wechat, "{fields:?}: {} {}", page.status, page.body);
    }
    // Without the attempt's cookie, or in a session that was not asked.
    let right = [("step", "number"), ("number", &*number), ("form_token", &*token)];
    Browser::of(&place.house, WECHAT_PHONE).post(&action, &right).await.assert_error_page(400);
    let mut switched = phone.browser.clone();
    let session = other.browser.cookies.get("magpie-session").unwrap().clone();
    switched.cookies.insert("magpie-session".to_owned(), session);
    assert_end(&switched.post(&action, &right).await, "stopped");
    assert_eq!(place.picture().await, before);
    assert!(!desk.has_news().await);
    place.house.close().await;
}

/// A session that the phone has answers nothing: every scan goes to WeChat, by the service account, with its dialog.
/// Seen red with the phone's session taken for the sign-in.
#[tokio::test]
async fn a_phone_that_is_signed_in_goes_to_wechat_all_the_same() {
    let place = Place::open().await;
    let desk = place.desk().await;
    let mut phone = place.phone(&desk, "ann").await;
    assert_end(&phone.choose(&desk.number()).await, "approved");
    let second = place.desk().await;
    let before = place.picture().await;
    let page = phone.browser.get(&second.scanned()).await;
    assert_eq!(page.marker(), "interstitial", "{}", page.body);
    let action = page.action();
    for step in ["allow", "number"] {
        let mut copy = phone.browser.clone();
        let number = second.number();
        let page = copy.post(&action, &[("step", step), ("number", &number)]).await;
        let stopped = page.status == 303 && page.location().ends_with("/relay/end/stopped");
        assert!(stopped || page.marker() == "interstitial", "{step}: {}", page.body);
    }
    // Another channel cannot be wished for.
    let page = phone.browser.post(&action, &[("step", "continue"), ("channel", "scan")]).await;
    let wechat = page.location();
    assert!(wechat.contains("/connect/oauth2/authorize?appid=wx0000000000000002"), "{wechat}");
    assert!(wechat.contains("forcePopup=true"), "{wechat}");
    assert_eq!(place.picture().await, before, "nothing is written before WeChat");
    place.house.close().await;
}

/// Opened elsewhere the code says what to do, begins nothing, and has no cookie. Seen red with every browser let in.
#[tokio::test]
async fn a_code_that_is_opened_elsewhere_than_in_wechat_on_a_phone_begins_nothing() {
    let place = Place::open().await;
    let desk = place.desk().await;
    let before = place.picture().await;
    for agent in [DESKTOP, PHONE, WECOM, WECHAT_DESKTOP] {
        let mut browser = Browser::of(&place.house, agent);
        let page = browser.get(&desk.scanned()).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-scan"), "{agent}");
        assert!(browser.cookies.is_empty());
        assert_eq!(browser.method("HEAD", &desk.scanned()).await.status, 204);
    }
    let mut browser = Browser::of(&place.house, WECHAT_PHONE);
    for path in ["/relay/", "/relay/x", "/relay/0123456789abcdefghjkmnpqrs", "/relay/end/x"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404, "{path}: {}", page.body);
    }
    assert_eq!(browser.get("/relay/end/approved?language=zh-CN").await.marker(), "relay-done");
    assert_eq!(place.picture().await, before);
    place.house.close().await;
}

/// Law 6: a snapshot page on the phone makes nobody, and the person begins again with the same code. Seen red with the
/// mark not looked at.
#[tokio::test]
async fn a_snapshot_page_on_the_phone_signs_nobody_in() {
    let place = Place::open().await;
    let mut desk = place.desk().await;
    let mut browser = Browser::of(&place.house, WECHAT_PHONE);
    place.house.wechat.change_world(|world| {
        world.people.iter_mut().for_each(|person| person.snapshot = true);
    });
    let callback = browser.leave(&place.house, &desk.scanned(), "ann").await;
    let again = browser.get(&callback).await.location();
    assert!(again.starts_with(&desk.scanned()), "{again}");
    assert_eq!(browser.get(&again).await.marker(), "snapshot-user");
    assert_eq!(place.number("SELECT count(*) FROM users").await, 0);
    assert!(!desk.has_news().await);
    place.house.close().await;
}
