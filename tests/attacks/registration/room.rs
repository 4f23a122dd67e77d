//! How many there may be (law 12): rows do not grow with what strangers send.

use std::time::Duration;

use harness::Browser;
use serde_json::json;

use crate::scene::{Scene, assert_refused, described};

/// Seen red with the count left out, and with a place given back by DELETE.
#[tokio::test]
async fn strangers_fill_their_places_and_no_more_until_people_come() {
    let scene =
        Scene::with("[registration]\nmode = \"open\"\nmax_unused = 2\nmax_clients = 3\n").await;
    let used = scene.registered(json!({})).await;
    let other = scene.registered(json!({})).await;
    let full = async || {
        let page = scene.post(&described(json!({}))).await;
        assert_refused(&page, 503, "temporarily_unavailable");
        assert!(!page.header("retry-after").is_empty());
    };
    full().await;
    // Registering and going in a loop gains nothing.
    let page = scene.call("DELETE", other.uri(), other.token(), "").await;
    assert_eq!(page.status, 204);
    let page = scene.call("GET", other.uri(), other.token(), "").await;
    assert_refused(&page, 401, "invalid_token");
    full().await;
    // A person comes to the first, which makes room for one; and then there are as many as there may be.
    let app = used.application(&scene.house);
    let mut browser = Browser::new(&scene.house);
    let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
    let page = browser.get(&page.location()).await;
    let page = browser.post(&page.action(), &[("step", "allow")]).await;
    app.tokens(&page.sent("code").unwrap()).await;
    scene.registered(json!({})).await;
    full().await;
    scene.house.close().await;
}

/// Law 11, law 12. Seen red with grants and consents left behind. Waits for a sweep, which comes every minute.
#[tokio::test]
async fn who_signs_nobody_in_is_swept_with_what_it_was_given_and_the_trail_says_so() {
    let scene = Scene::open().await;
    let (stays, goes) = (scene.registered(json!({})).await, scene.registered(json!({})).await);
    // Used, but long ago: what people gave it goes too.
    let token = scene.signed_in(&goes).await;
    let app = goes.application(&scene.house);
    assert_eq!(app.userinfo(&token).await.status, 200);
    assert_eq!(scene.number("SELECT count(*) FROM consents").await, 1);
    let past = format!("UPDATE clients SET unused_until = 1 WHERE client_id = '{}'", goes.id());
    scene.run(&past).await;
    for _ in 0..150 {
        if scene.audited("client_removed", goes.id()).await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(scene.audited("client_removed", goes.id()).await, 1);
    assert_eq!(app.userinfo(&token).await.status, 401);
    assert_eq!(scene.number("SELECT count(*) FROM consents").await, 0);
    let live = "SELECT count(*) FROM grants WHERE revoked_at IS NULL";
    assert_eq!(scene.number(live).await, 0);
    let gone = scene.call("GET", goes.uri(), goes.token(), "").await;
    assert_refused(&gone, 401, "invalid_token");
    assert_eq!(scene.call("GET", stays.uri(), stays.token(), "").await.status, 200);
    scene.house.close().await;
}

/// Seen red with every code noted that was shown: a stranger's own browser would then do for a person.
#[tokio::test]
async fn a_use_is_a_code_that_is_shown_rightly_and_a_refresh_renews_it() {
    for scene in Scene::on_both_engines().await {
        let grants = json!({ "grant_types": ["authorization_code", "refresh_token"] });
        let client = scene.registered(grants).await;
        let app = client.application(&scene.house);
        let used = "SELECT count(*) FROM clients WHERE unused_until > created_at + 89 * 86400";
        let mut browser = Browser::new(&scene.house);
        let offline = [("scope", "openid offline_access"), ("prompt", "consent")];
        let page = browser.sign_in(&scene.house, &app.authorize(&offline), "xiaoyu").await;
        let page = browser.get(&page.location()).await;
        let page = browser.post(&page.action(), &[("step", "allow")]).await;
        let mut wrong = client.application(&scene.house);
        wrong.redirect_uri = "https://new.example/other".to_owned();
        assert_eq!(wrong.redeem(&page.sent("code").unwrap()).await.status, 400);
        assert_eq!(scene.number(used).await, 0);
        let page = browser.get(&app.authorize(&offline)).await;
        let page = browser.post(&page.action(), &[("step", "allow")]).await;
        let tokens = app.tokens(&page.sent("code").unwrap()).await;
        assert_eq!(scene.number(used).await, 1);
        // As if it were two days later.
        scene.run("UPDATE clients SET unused_until = unused_until - 2 * 86400").await;
        assert_eq!(scene.number(used).await, 0);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh_token)];
        assert_eq!(app.token(&fields).await.status, 200);
        assert_eq!(scene.number(used).await, 1);
        scene.house.close().await;
    }
}

/// Seen red with the rows left behind when an unused client takes itself back.
#[tokio::test]
async fn who_goes_before_anybody_came_leaves_neither_a_yes_nor_a_code() {
    for scene in Scene::on_both_engines().await {
        let client = scene.registered(json!({})).await;
        let app = client.application(&scene.house);
        let mut browser = Browser::new(&scene.house);
        let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
        let page = browser.get(&page.location()).await;
        let page = browser.post(&page.action(), &[("step", "allow")]).await;
        assert!(page.sent("code").is_some());
        let page = scene.call("DELETE", client.uri(), client.token(), "").await;
        assert_eq!(page.status, 204);
        assert_eq!(scene.number("SELECT count(*) FROM consents").await, 0);
        let live = "SELECT count(*) FROM grants WHERE revoked_at IS NULL";
        assert_eq!(scene.number(live).await, 0);
        scene.house.close().await;
    }
}
