//! The page of a signed-in person: what it shows, and that nobody else can press its buttons.

use harness::Browser;

use crate::listener::{Listener, Manner};
use crate::scene::{Scene, assert_shown, client, field};

fn withdraw_token(body: &str) -> String {
    let form = body.split("/account/withdraw\"").nth(1).unwrap();
    form.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Seen red with a token that is good for every form.
#[tokio::test]
async fn a_person_sees_what_applications_hold_and_takes_it_back() {
    let scene = Scene::with(&client("bye", "consent = \"explicit\"")).await;
    let mut browser = Browser::new(&scene.house);
    assert_shown(&browser.get("/account").await, 200, "not-signed-in");
    let app = scene.house.application();
    let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
    let tokens = app.tokens(&page.sent("code").unwrap()).await;
    let asking = scene.house.asking_application();
    let page = browser.get(&asking.authorize(&[])).await;
    let page = browser.post(&page.action(), &[("step", "allow")]).await;
    let held = asking.tokens(&page.sent("code").unwrap()).await;
    let page = browser.get("/account").await;
    assert_shown(&page, 200, "account");
    for id in ["app", "asking"] {
        assert!(page.body.contains(&format!("data-client=\"{id}\"")), "{id}");
    }
    assert!(!page.body.contains("data-client=\"other\""));
    assert_eq!(page.header("cache-control"), "no-store");
    let token = withdraw_token(&page.body);
    let sign_out = field(&page, "form_token");
    for forged in ["", "x", &*sign_out] {
        let fields = [("form_token", forged), ("client_id", "asking")];
        browser.post("/account/withdraw", &fields).await.assert_error_page(403);
    }
    assert_eq!(asking.userinfo(&held.access_token).await.status, 200);
    let fields = [("form_token", &*token), ("client_id", "asking")];
    let page = browser.post("/account/withdraw", &fields).await;
    assert!(page.location().ends_with("/account"));
    assert_eq!(asking.userinfo(&held.access_token).await.status, 401);
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200, "nobody else loses anything");
    let page = browser.get("/account").await;
    assert!(
        !page.body.contains("data-client=\"asking\"") && page.body.contains("data-client=\"app\"")
    );
    // The remembered yes is gone: the person is asked again.
    assert_eq!(browser.get(&asking.authorize(&[])).await.marker(), "consent");
    // Taking back what is not there changes nothing and is written down once.
    browser.post("/account/withdraw", &fields).await;
    let audited = "SELECT count(*) FROM audit_events WHERE fact LIKE '%consent_withdrawn%'";
    assert_eq!(scene.number(audited).await, 1);
    scene.house.close().await;
}

/// LO-02: the button of the page ends the session everywhere it led to; a forged post does not. Seen red with a token
/// that is good for every form.
#[tokio::test]
async fn a_person_signs_out_everywhere_from_the_page_and_nobody_else_can() {
    let listener = Listener::start(Manner::Status(200)).await;
    let more = client("bye", &format!("backchannel_logout_uri = \"{}\"", listener.url()));
    let scene = Scene::with(&more).await;
    let mut browser = Browser::new(&scene.house);
    scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    let page = browser.get("/account").await;
    let (token, other) = (field(&page, "form_token"), withdraw_token(&page.body));
    for forged in ["", "x", &*other] {
        browser.post("/account/sign-out", &[("form_token", forged)]).await.assert_error_page(403);
    }
    let nobody =
        Browser::new(&scene.house).post("/account/sign-out", &[("form_token", &token)]).await;
    assert_shown(&nobody, 200, "not-signed-in");
    assert!(scene.is_signed_in(&mut browser).await);
    assert_eq!(browser.get("/account/sign-out").await.status, 405);
    let page = browser.post("/account/sign-out", &[("form_token", &token)]).await;
    assert_shown(&page, 200, "signed-out");
    assert!(!scene.is_signed_in(&mut browser).await);
    listener.wait_for(1).await;
    assert_shown(&browser.get("/account").await, 200, "not-signed-in");
    scene.house.close().await;
}
