//! Looking at a registration, replacing it, ending it: with its own token, and with every other one.

use harness::Browser;
use serde_json::json;

use crate::scene::{Scene, assert_refused, described};

/// C6.
#[tokio::test]
async fn a_client_sees_what_it_registered_but_not_its_secret() {
    for scene in Scene::on_both_engines().await {
        let client = scene.registered(json!({ "contacts": ["ops@new.example"] })).await;
        let page = scene.call("GET", client.uri(), client.token(), "").await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
        let mut expected = client.0.clone();
        // There is only its hash.
        let members = expected.as_object_mut().unwrap();
        members.remove("client_secret");
        members.remove("client_secret_expires_at");
        assert_eq!(page.json(), expected);
        scene.house.close().await;
    }
}

/// C6. Seen red with the token of any client taken.
#[tokio::test]
async fn a_wrong_token_and_a_client_that_is_not_there_are_the_same() {
    let scene = Scene::open().await;
    let (client, other) = (scene.registered(json!({})).await, scene.registered(json!({})).await);
    let body = described(json!({ "client_id": client.id() })).to_string();
    let unknown = format!("{}x", client.uri());
    // A declared client is managed in its file.
    let declared = format!("{}/oauth2/register/app", scene.house.issuer);
    let impossible = format!("{}/oauth2/register/%20%00", scene.house.issuer);
    for method in ["GET", "PUT", "DELETE"] {
        for (uri, token) in [
            (client.uri(), ""),
            (client.uri(), "wrong"),
            (client.uri(), other.token()),
            (client.uri(), client.text("client_secret")),
            (&*unknown, client.token()),
            (&*declared, client.token()),
            (&*impossible, client.token()),
        ] {
            let page = scene.call(method, uri, token, &body).await;
            assert_refused(&page, 401, "invalid_token");
            assert!(page.header("www-authenticate").starts_with("Bearer "), "{method} {uri}");
        }
    }
    assert_eq!(scene.call("GET", client.uri(), client.token(), "").await.status, 200);
    // An operator who disables it has the last word.
    scene.run(&format!("UPDATE clients SET enabled = 0 WHERE client_id = '{}'", client.id())).await;
    let page = scene.call("GET", client.uri(), client.token(), "").await;
    assert_refused(&page, 401, "invalid_token");
    scene.house.close().await;
}

/// C6, law 11. Seen red with the audit row left out.
#[tokio::test]
async fn a_replacement_replaces_everything_and_is_written_down() {
    for scene in Scene::on_both_engines().await {
        let client = scene
            .registered(json!({
                "initiate_login_uri": "https://new.example/login",
                "contacts": ["ops@new.example"],
            }))
            .await;
        let put = async |more: serde_json::Value| {
            let body = described(more).to_string();
            scene.call("PUT", client.uri(), client.token(), &body).await
        };
        for more in [
            json!({}),
            json!({ "client_id": "other" }),
            json!({ "client_id": client.id(), "client_secret": "wrong" }),
            json!({ "client_id": client.id(), "registration_access_token": client.token() }),
            json!({ "client_id": client.id(), "client_secret_expires_at": 0 }),
            json!({ "client_id": client.id(), "grant_types": ["implicit"] }),
        ] {
            assert_refused(&put(more).await, 400, "invalid_client_metadata");
        }
        let more = json!({ "client_id": client.id(), "redirect_uris": ["http://a.example/"] });
        assert_refused(&put(more).await, 400, "invalid_redirect_uri");
        assert_eq!(scene.audited("client_changed", client.id()).await, 0);
        let page = put(json!({
            "client_id": client.id(),
            "client_secret": client.text("client_secret"),
            "client_name": "Renamed",
            "redirect_uris": ["https://moved.example/cb"],
        }))
        .await;
        assert_eq!(page.status, 200, "{}", page.body);
        let told = page.json();
        assert_eq!(told["client_name"], "Renamed");
        assert_eq!(told["client_secret"], client.0["client_secret"]);
        assert!(told.get("initiate_login_uri").is_none() && told.get("contacts").is_none());
        assert_eq!(scene.audited("client_changed", client.id()).await, 1);
        // A method without a secret takes the secret away, and one with a secret makes a new one.
        let none = json!({ "client_id": client.id(), "token_endpoint_auth_method": "none" });
        assert!(put(none).await.json().get("client_secret").is_none());
        let page = put(json!({ "client_id": client.id() })).await.json();
        let made = page["client_secret"].as_str().unwrap();
        assert_ne!(made, client.text("client_secret"));
        assert_eq!(page["client_secret_expires_at"], 0);
        scene.house.close().await;
    }
}

/// Seen red with the grants left as they were: an old token told the `sub` of whatever sector the client moved to.
#[tokio::test]
async fn who_moves_to_another_sector_learns_nobodys_sub_there() {
    for scene in Scene::on_both_engines().await {
        for (first, moved, ends) in [
            (json!({ "subject_type": "pairwise" }), json!("https://victim.example/cb"), true),
            (json!({ "subject_type": "pairwise" }), json!("https://new.example/other"), false),
            // A person's public `sub` is the same everywhere.
            (json!({}), json!("https://victim.example/cb"), false),
        ] {
            let client = scene.registered(first.clone()).await;
            let token = scene.signed_in(&client).await;
            let app = client.application(&scene.house);
            assert_eq!(app.userinfo(&token).await.status, 200);
            let mut more = first;
            more["redirect_uris"] = json!([moved]);
            scene.replaced(&client, more.clone()).await;
            let status = if ends { 401 } else { 200 };
            assert_eq!(app.userinfo(&token).await.status, status, "{more}");
        }
        // Who turns pairwise is in a sector from then on.
        let client = scene.registered(json!({})).await;
        let token = scene.signed_in(&client).await;
        scene.replaced(&client, json!({ "subject_type": "pairwise" })).await;
        assert_eq!(client.application(&scene.house).userinfo(&token).await.status, 401);
        let yes = format!("SELECT count(*) FROM consents WHERE client_id = '{}'", client.id());
        assert_eq!(scene.number(&yes).await, 0);
        scene.house.close().await;
    }
}

/// C6. Seen red with the grants left as they were.
#[tokio::test]
async fn a_client_that_goes_takes_along_what_it_was_given() {
    for scene in Scene::on_both_engines().await {
        let client = scene.registered(json!({})).await;
        let app = client.application(&scene.house);
        let mut browser = Browser::new(&scene.house);
        let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
        let page = browser.get(&page.location()).await;
        assert_eq!(page.marker(), "consent");
        let page = browser.post(&page.action(), &[("step", "allow")]).await;
        let tokens = app.tokens(&page.sent("code").unwrap()).await;
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        let page = scene.call("DELETE", client.uri(), client.token(), "").await;
        assert_eq!((page.status.as_u16(), &*page.body), (204, ""));
        assert_eq!(scene.audited("client_removed", client.id()).await, 1);
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
        let live = format!(
            "SELECT count(*) FROM grants WHERE client_id = '{}' AND revoked_at IS NULL",
            client.id()
        );
        assert_eq!(scene.number(&live).await, 0, "whoever had its id next would inherit them");
        for method in ["GET", "DELETE"] {
            let page = scene.call(method, client.uri(), client.token(), "").await;
            assert_refused(&page, 401, "invalid_token");
        }
        browser.get(&app.authorize(&[])).await.assert_error_page(400);
        assert_eq!(scene.number("SELECT count(*) FROM consents").await, 0);
        assert_eq!(scene.audited("client_removed", client.id()).await, 1);
        scene.house.close().await;
    }
}
