//! The resume URL (WX-30): every step posted empty, repeated, out of order, by somebody else. None of it advances.

use harness::{Browser, House, Page, WECHAT_PHONE};

use crate::scene::{assert_code, assert_told, come_back, resume_of, rows, signed_in};

const TARGET: &str = "https://app.example/cb?keep=1";

/// A phone in WeChat, on the page before it leaves.
async fn before_leaving(house: &House) -> (Browser, Page) {
    let mut browser = Browser::of(house, WECHAT_PHONE);
    let page = browser.get(&house.application().authorize(&[])).await;
    assert_eq!(page.marker(), "interstitial");
    (browser, page)
}

/// WX-30: an empty or invented word is a page, and the attempt is where it was.
#[tokio::test]
async fn an_empty_or_invented_step_never_advances() {
    let house = House::open().await;
    let (mut browser, page) = before_leaving(&house).await;
    let before = rows(&house).await;
    let action = page.action();
    for fields in [
        &[][..],
        &[("step", "")],
        &[("step", "approve")],
        &[("step", "CONTINUE")],
        &[("step", "continue "), ("channel", "inapp")],
        &[("step", "continue"), ("step", "continue")],
        &[("step", "continue"), ("channel", "a"), ("channel", "b")],
        &[("channel", "inapp")],
        &[("code", "x"), ("state", "y")],
    ] {
        let refused = browser.post(&action, fields).await;
        refused.assert_error_page(400);
        assert!(refused.headers.get("set-cookie").is_none());
    }
    for query in ["?step=continue", "?step=allow", "?step=cancel", "?code=x&state=y"] {
        let shown = browser.get(&format!("{action}{query}")).await;
        assert_eq!((shown.status.as_u16(), &*shown.marker()), (200, "interstitial"), "{query}");
        browser.post(&format!("{action}{query}"), &[]).await.assert_error_page(400);
    }
    // A yes to a question that was not asked leaves the person where they were.
    let shown = browser.post(&action, &[("step", "allow")]).await;
    assert_eq!((shown.status.as_u16(), &*shown.marker()), (200, "interstitial"));
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// WX-30: a body that is no form says nothing.
#[tokio::test]
async fn a_step_that_is_no_form_never_advances() {
    let house = House::open().await;
    let (browser, page) = before_leaving(&house).await;
    let cookies: Vec<_> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for (kind, body, least) in [
        ("application/json", "{\"step\":\"allow\"}".to_owned(), 400),
        ("text/plain", "step=continue".to_owned(), 400),
        ("multipart/form-data; boundary=b", "step=continue".to_owned(), 400),
        ("application/x-www-form-urlencoded", "step=continue&x=%ff".to_owned(), 400),
        (
            "application/x-www-form-urlencoded",
            format!("step=continue&x={}", "x".repeat(70_000)),
            400,
        ),
    ] {
        let request = http::Request::post(format!("{}{}", house.issuer, page.action()))
            .header("content-type", kind)
            .header("cookie", cookies.join("; "))
            .body(body.into_bytes())
            .unwrap();
        let answered = house.application().send(request).await;
        assert!(answered.status.as_u16() >= least && answered.status.is_client_error(), "{kind}");
        assert!(answered.headers.get("location").is_none(), "{kind}");
    }
    house.close().await;
}

/// WX-30: without the attempt's own cookie there is no such attempt, whatever its id and whoever else is signed in.
#[tokio::test]
async fn an_attempt_is_nobody_elses_to_resume() {
    let house = House::open().await;
    let (victim, page) = before_leaving(&house).await;
    let (mut other, other_page) = before_leaving(&house).await;
    let mut stranger = Browser::new(&house);
    let before = rows(&house).await;
    let mut resumes = vec![page.action()];
    for id in [
        "0",
        "",
        "../authorize",
        "x".repeat(500).as_str(),
        "00000000000000000000000000",
        "%00",
        "' OR 1=1 --",
    ] {
        let id = id.replace(' ', "%20").replace('\'', "%27");
        resumes.push(format!("/oauth2/resume/{id}"));
    }
    for browser in [&mut stranger, &mut other] {
        for resume in &resumes {
            for step in ["", "continue", "allow", "cancel"] {
                let answered = if step.is_empty() {
                    browser.get(resume).await
                } else {
                    browser.post(resume, &[("step", step)]).await
                };
                assert!(
                    matches!(answered.status.as_u16(), 400 | 404),
                    "{resume} {}",
                    answered.status
                );
                assert!(answered.headers.get("location").is_none(), "{resume}");
                assert!(answered.headers.get("set-cookie").is_none(), "{resume}");
            }
        }
    }
    stranger.get(&page.action()).await.assert_error_page(400);
    assert_eq!(stranger.get(&page.action()).await.marker(), "sign-in-not-found");
    assert_eq!(rows(&house).await, before);
    // Theirs went on as if nothing had happened.
    for (mut browser, page, person) in [(victim, page, "ann"), (other, other_page, "xiaoyu")] {
        let left = browser.post(&page.action(), &[("step", "continue")]).await;
        assert_code(&come_back(&house, &mut browser, &left, person).await, &house, TARGET);
    }
    house.close().await;
}

/// WX-30: an attempt that its page answered is over; the page, opened or posted again, leads nowhere.
#[tokio::test]
async fn a_step_after_the_answer_of_its_page_leads_nowhere() {
    for house in House::on_both_engines().await {
        let mut browser = signed_in(&house, "xiaoyu").await;
        for last in ["allow", "deny"] {
            let asks = house.asking_application().authorize(&[("prompt", "consent")]);
            let page = browser.get(&asks).await;
            assert_eq!(page.marker(), "consent");
            let answered = browser.post(&page.action(), &[("step", last)]).await;
            assert!(answered.location().starts_with("https://asking.example/cb?"));
            for step in ["continue", "allow", "deny", "cancel"] {
                let late = browser.post(&page.action(), &[("step", step)]).await;
                late.assert_error_page(400);
            }
            browser.get(&page.action()).await.assert_error_page(400);
        }
        house.close().await;
    }
}

/// WX-30: an attempt that the callback answered keeps its cookie for a reload, which brings nothing that a fresh
/// request would not: no code without the session, none for a fresh login that took place once already.
#[tokio::test]
async fn a_step_after_the_answer_of_the_callback_brings_nothing_new() {
    let house = House::open().await;
    let mut browser = Browser::new(&house);
    let asks = house.application().authorize(&[("prompt", "login")]);
    let departure = browser.get(&asks).await;
    let resume = resume_of(&departure);
    assert_code(&come_back(&house, &mut browser, &departure, "xiaoyu").await, &house, TARGET);
    let grants = rows(&house).await["grants"];
    let mut signed_out = browser.clone();
    signed_out.cookies.remove("magpie-session");
    for browser in [&mut browser, &mut signed_out] {
        for step in ["", "continue", "allow"] {
            let late = if step.is_empty() {
                browser.get(&resume).await
            } else {
                browser.post(&resume, &[("step", step)]).await
            };
            assert!(!late.header("location").starts_with("https://"), "{step}");
        }
    }
    assert_eq!(rows(&house).await["grants"], grants);
    house.close().await;
}

/// WX-30: a second cookie jar with a copy from before the answer (a restored tab) gets no code by itself: without the
/// session it starts at WeChat again, and a no is only a no.
#[tokio::test]
async fn an_old_copy_of_the_attempt_without_the_session_gets_no_code() {
    let house = House::open().await;
    let (mut browser, page) = before_leaving(&house).await;
    let mut copy = browser.clone();
    let left = browser.post(&page.action(), &[("step", "continue")]).await;
    assert_code(&come_back(&house, &mut browser, &left, "xiaoyu").await, &house, TARGET);
    let grants = rows(&house).await["grants"];
    for step in ["allow", "continue"] {
        let answered = copy.post(&page.action(), &[("step", step)]).await;
        assert!(!answered.header("location").contains("app.example"), "{step}");
    }
    assert_told(
        &copy.post(&page.action(), &[("step", "cancel")]).await,
        &house,
        TARGET,
        "access_denied",
    );
    assert_eq!(rows(&house).await["grants"], grants);
    house.close().await;
}
