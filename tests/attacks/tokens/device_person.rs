//! The person with a device's code (RFC 8628 §3.3 and §5): asked every time, by our own page, and never by a link.

use harness::{Browser, PHONE, WECHAT_PHONE};

use crate::device_scene::{
    Codes, DEVICES, answer, assert_end, bring, codes, form_token, poll, say,
};
use crate::place::{Place, assert_json};
use crate::twin::twin;

/// V4: from the device's QR code to its tokens, by a person who was not signed in anywhere. Seen red with nobody asked,
/// and with a link that begins by itself.
#[tokio::test]
async fn a_person_comes_by_the_qr_code_signs_in_is_asked_and_the_device_goes_on() {
    for agent in [harness::DESKTOP, WECHAT_PHONE] {
        let place = Place::with_devices().await;
        let app = place.public_device("tv");
        let one = codes(&app, &[("scope", "openid profile")]).await;
        let before = place.facts.picture().await;
        let mut browser = Browser::of(&place.house, agent);
        let page = browser.get(&format!("/device?user_code={}", one.user)).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "device"));
        assert!(page.body.contains(&format!("value=\"{}\"", one.user)), "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let mut page = bring(&mut browser, &one.user).await;
        if page.marker() == "interstitial" {
            let action = page.action();
            page = browser.post(&action, &[("step", "continue")]).await;
        }
        let wechat = page.location();
        assert!(wechat.starts_with(&place.house.wechat.base_url()), "{wechat}");
        assert_eq!(place.facts.picture().await, before, "nobody has signed in yet");
        let callback = place.house.wechat.approve(&wechat, "laowang").unwrap();
        let question = browser.get(&callback).await.location();
        assert!(question.contains("/oauth2/resume/"), "{question}");
        let question = browser.get(&question).await;
        for part in ["A television", one.user.as_str(), "老王", "data-scope=\"profile\""] {
            assert!(question.body.contains(part), "{part}: {}", question.body);
        }
        assert!(!question.body.contains("data-scope=\"offline_access\""));
        assert_json(&poll(&app, &one).await, 400, "authorization_pending");
        assert_end(&answer(&mut browser, &question, "allow").await, "allowed");
        assert_eq!(poll(&app, &one).await.status, 200);
        place.close().await;
    }
}

/// V4: a link fills in and confirms nothing, whoever is signed in, whatever was agreed before, and whatever it carries.
/// Seen red with nobody asked, and with a link that begins by itself.
#[tokio::test]
async fn neither_a_link_nor_an_earlier_yes_answers_for_a_device() {
    let mut place = Place::with_devices().await;
    for id in ["tv", "frame"] {
        let app = place.public_device(id);
        let first = codes(&app, &[]).await;
        assert_end(&place.say(&first, "allow").await, "allowed");
        let one = codes(&app, &[]).await;
        let before = place.facts.picture().await;
        for more in ["", "&step=allow", "&step=continue&form_token=x"] {
            let page = place.browser.get(&format!("/device?user_code={}{more}", one.user)).await;
            assert_eq!(page.marker(), "device", "{}", page.body);
        }
        let page =
            place.browser.post("/device", &[("user_code", &one.user), ("step", "allow")]).await;
        assert_eq!(page.marker(), "device-consent", "asked every time: {}", page.body);
        assert_eq!(place.facts.picture().await, before);
        assert_json(&poll(&app, &one).await, 400, "authorization_pending");
    }
    let remembered = place.facts.number("SELECT count(*) FROM consents").await;
    assert_eq!(remembered, 1, "of the client whose people are asked once");
    place.close().await;
}

/// LO-02, WX-30: an answer counts with the token of the page, in the session whose person was asked. Seen red with a
/// token that is good for every form, and with one that is good for every session.
#[tokio::test]
async fn an_answer_that_is_not_from_our_page_changes_nothing() {
    let mut place = Place::with_devices().await;
    let app = place.device();
    let one = codes(&app, &[]).await;
    let question = bring(&mut place.browser, &one.user).await;
    let action = question.action();
    let account = place.browser.get("/account").await;
    let other_form = form_token(&account);
    let mut other = Browser::new(&place.house);
    let start = place.app().authorize(&[]);
    other.sign_in(&place.house, &start, "laowang").await;
    let other_question = bring(&mut other, &one.user).await;
    let other_token = form_token(&other_question);
    let before = place.facts.picture().await;
    for token in ["", "x", &*other_form, &*other_token] {
        let yes = [("step", "allow"), ("form_token", token)];
        let page = place.browser.post(&action, &yes).await;
        assert_eq!(page.marker(), "device-consent", "asked again: {}", page.body);
        let mut copy = place.browser.clone();
        let no = [("step", "deny"), ("form_token", token)];
        assert_end(&copy.post(&action, &no).await, "stopped");
    }
    // The attempt's address in a browser without its cookie leads nowhere.
    let token = form_token(&question);
    let yes = [("step", "allow"), ("form_token", &*token)];
    Browser::new(&place.house).post(&action, &yes).await.assert_error_page(400);
    other.post(&action, &yes).await.assert_error_page(400);
    // Somebody else signs in where the person was asked: nobody has said yes.
    let mut switched = place.browser.clone();
    switched.cookies.extend(other.cookies.clone());
    let page = switched.post(&action, &yes).await;
    assert_eq!(page.marker(), "device-consent", "{}", page.body);
    assert_eq!(place.facts.picture().await, before);
    assert_json(&poll(&app, &one).await, 400, "authorization_pending");
    assert_end(&answer(&mut place.browser, &question, "allow").await, "allowed");
    place.close().await;
}

/// Law 1: whoever is not signed in can end his own attempt, and the device goes on waiting.
#[tokio::test]
async fn a_stranger_with_a_code_changes_no_row() {
    let place = Place::with_devices().await;
    let app = place.device();
    let one = codes(&app, &[]).await;
    let before = place.facts.picture().await;
    for agent in [WECHAT_PHONE, PHONE] {
        let mut browser = Browser::of(&place.house, agent);
        let page = bring(&mut browser, &one.user).await;
        assert!(["interstitial", "open-in-wechat"].contains(&&*page.marker()), "{}", page.body);
        if agent == PHONE {
            let link = format!("{}/device?user_code={}", place.house.issuer, one.user);
            assert!(page.body.contains(&link), "the link begins the same elsewhere: {}", page.body);
            assert!(page.body.contains(r#"id="waits""#), "{}", page.body);
        }
        assert!(!page.body.contains("Back to "), "there is no application: {}", page.body);
        for step in ["allow", "deny", "cancel"] {
            let mut copy = browser.clone();
            let page = copy.post(&page.action(), &[("step", step)]).await;
            if step == "allow" {
                assert!(["interstitial", "open-in-wechat"].contains(&&*page.marker()));
            } else {
                assert_end(&page, "stopped");
                let end = copy.get(&page.location()).await;
                assert_eq!((end.status.as_u16(), &*end.marker()), (200, "device-done"));
            }
        }
    }
    // At WeChat the person says no: the callback comes without a code.
    let mut browser = Browser::new(&place.house);
    let wechat = bring(&mut browser, &one.user).await.location();
    let state = url::Url::parse(&wechat).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = browser.get(&format!("/callback/desktop?state={state}")).await;
    assert_end(&page, "stopped");
    assert_eq!(place.facts.picture().await, before);
    assert_json(&poll(&app, &one).await, 400, "authorization_pending");
    place.close().await;
}

/// V4: what is typed, and what finds nothing. Seen red with small letters refused, and with codes found that do not
/// wait any more.
#[tokio::test]
async fn a_code_is_found_however_it_is_typed_and_only_while_it_waits() {
    let mut place = Place::with_devices().await;
    let app = place.device();
    let one = codes(&app, &[]).await;
    let letters = one.user.replace('-', "");
    let spaced: String = letters.chars().flat_map(|letter| [letter, ' ']).collect();
    for typed in [&*letters, &one.user.to_lowercase(), &spaced, &one.user.replace('-', "—")] {
        let page = bring(&mut place.browser, typed).await;
        assert_eq!(page.marker(), "device-consent", "{typed}: {}", page.body);
    }
    let wrong_letter = if letters.starts_with('B') { "C" } else { "B" };
    let wrong = format!("{wrong_letter}{}", &letters[1..]);
    let gone = codes(&app, &[]).await;
    assert_end(&place.say(&gone, "deny").await, "refused");
    let late = codes(&app, &[]).await;
    let question = bring(&mut place.browser, &late.user).await;
    place.pass(&late, 601).await;
    for typed in [&*wrong, "", "AEIOUAEI", "<script>", &gone.user, &late.user, &one.device] {
        let page = bring(&mut place.browser, typed).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (400, "device"), "{typed}");
        assert!(page.body.contains("id=\"wrong\"") && !page.body.contains("<script>"));
    }
    for filled in ["%3Cscript%3E", "AEIOUAEI", "%00", "%ff"] {
        let page = place.browser.get(&format!("/device?user_code={filled}")).await;
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "device"));
        assert!(page.body.contains(" value=\"\""), "{}", page.body);
    }
    // The question was open while the time ran out.
    assert_end(&answer(&mut place.browser, &question, "allow").await, "late");
    place.browser.get("/device/elsewhere").await.assert_error_page(404);
    place.close().await;
}

/// V3: one answer; who comes second is told. Seen red with answers that do not ask whether there is one.
#[tokio::test]
async fn the_first_answer_stands() {
    let mut place = Place::with_devices().await;
    let app = place.device();
    let one = codes(&app, &[]).await;
    let mut other = Browser::new(&place.house);
    let start = place.app().authorize(&[]);
    other.sign_in(&place.house, &start, "laowang").await;
    let theirs = bring(&mut other, &one.user).await;
    let again = bring(&mut other, &one.user).await;
    assert_end(&place.say(&one, "deny").await, "refused");
    let before = place.facts.picture().await;
    assert_end(&answer(&mut other, &theirs, "allow").await, "late");
    assert_end(&answer(&mut other, &again, "deny").await, "late");
    assert_eq!(place.facts.picture().await, before);
    assert_json(&poll(&app, &one).await, 400, "access_denied");
    place.close().await;
}

/// V4, law 12: whoever guesses is asked to wait, with a right guess too, and only who guesses. Seen red with guesses
/// without number.
#[tokio::test]
async fn who_guesses_codes_is_locked_out_and_nobody_else_is() {
    let place = Place::with_devices().await;
    let (address, stop) = twin(&place, "trusted_proxies = [\"127.0.0.0/8\"]", DEVICES).await;
    let app = place.device();
    let one = codes(&app, &[]).await;
    let at =
        |whom: &str| Browser::new(&place.house).at(address).with_header("x-forwarded-for", whom);
    let mut limited = 0;
    for attempt in 0..40_u8 {
        let guess =
            format!("BBBBBBB{}", char::from(b"BCDFGHJKLMNPQRSTVWXZ"[usize::from(attempt % 20)]));
        let mut guesser = at(&format!("198.51.100.{attempt}, 203.0.113.9"));
        let page = bring(&mut guesser, &guess).await;
        if page.status == 429 {
            assert!((1..=60).contains(&page.header("retry-after").parse::<u32>().unwrap()));
            limited += 1;
        } else {
            assert_eq!((page.status.as_u16(), &*page.marker()), (400, "device"));
        }
    }
    assert!((18..=20).contains(&limited), "20 a minute: {limited}");
    let page = bring(&mut at("203.0.113.9"), &one.user).await;
    assert_eq!(page.status, 429, "a right guess is told like a wrong one: {}", page.body);
    let page = bring(&mut at("203.0.113.10"), &one.user).await;
    assert_eq!(page.status, 303, "a person elsewhere goes on: {}", page.body);
    stop.cancel();
    place.close().await;
}

/// LO-02: a page of somebody else's begins nothing and counts for nothing. Our own page asks for no referrer, so its posts
/// come with `Origin: null`. Seen red without the check.
#[tokio::test]
async fn a_code_that_another_sites_page_brings_begins_nothing() {
    let place = Place::with_devices().await;
    let (address, stop) = twin(&place, "trusted_proxies = [\"127.0.0.0/8\"]", DEVICES).await;
    let one = codes(&place.device(), &[]).await;
    let from = |headers: &[(&str, &str)]| {
        let browser = Browser::new(&place.house).at(address);
        headers.iter().fold(browser.with_header("x-forwarded-for", "203.0.113.9"), |b, (n, v)| {
            b.with_header(n, v)
        })
    };
    let elsewhere: [&[(&str, &str)]; 4] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ];
    for headers in elsewhere.iter().cycle().take(40) {
        let mut browser = from(headers);
        bring(&mut browser, &one.user).await.assert_error_page(400);
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    }
    let own: [&[(&str, &str)]; 3] = [
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        &[("origin", "null")],
        &[("sec-fetch-site", "none")],
    ];
    for headers in own {
        let page = bring(&mut from(headers), &one.user).await;
        assert_eq!(page.status, 303, "{headers:?}: {}", page.body);
    }
    stop.cancel();
    place.close().await;
}

/// Law 12: rows grow with a limit, also for a client that proves nothing.
#[tokio::test]
async fn a_client_that_asks_for_codes_without_end_is_asked_to_wait() {
    let place = Place::with_devices().await;
    let (address, stop) = twin(&place, "trusted_proxies = [\"127.0.0.0/8\"]", DEVICES).await;
    let app = place.public_device("tv").at(address);
    let ask = |whom: &'static str| {
        let request = http::Request::post(format!("{}/oauth2/device", place.house.issuer))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", whom);
        app.send(request.body(b"client_id=tv".to_vec()).unwrap())
    };
    let mut given = 0;
    for _ in 0..80 {
        let page = ask("203.0.113.9").await;
        if page.status == 200 {
            given += 1;
        } else {
            assert_eq!(page.status, 429, "{}", page.body);
            assert_json(&page, 429, "temporarily_unavailable");
        }
    }
    assert!((60..=62).contains(&given), "60 a minute: {given}");
    assert_eq!(place.facts.number("SELECT count(*) FROM devices").await, given);
    assert_eq!(ask("203.0.113.10").await.status, 200);
    stop.cancel();
    place.close().await;
}

/// The person took the access back, or signed out, while the question was open: the answer is theirs all the same.
#[tokio::test]
async fn a_device_that_was_let_in_loses_its_access_on_the_account_page() {
    let mut place = Place::with_devices().await;
    let app = place.device();
    let (fetched, unfetched): (Codes, Codes) = (codes(&app, &[]).await, codes(&app, &[]).await);
    for one in [&fetched, &unfetched] {
        assert_end(&say(&mut place.browser, one, "allow").await, "allowed");
    }
    let tokens = harness::Tokens::read(&poll(&app, &fetched).await);
    let account = place.browser.get("/account").await;
    let form = account.body.split("/account/withdraw\"").nth(1).unwrap();
    let token = form.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("form_token", &*token), ("client_id", "box")];
    assert_eq!(place.browser.post("/account/withdraw", &fields).await.status, 303);
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
    assert_json(&poll(&app, &unfetched).await, 400, "invalid_grant");
    place.close().await;
}
