//! What people see of an application that registered itself.

use harness::Browser;
use serde_json::json;

use crate::scene::{OPEN, Scene};

/// C8. Seen red with the note left out.
#[tokio::test]
async fn people_are_asked_and_told_that_nobody_vouches_for_it() {
    let scene = Scene::open().await;
    let client = scene
        .registered(json!({
            "client_name": "<b>Bank & Co</b>",
            "consent": "implicit",
            "client_uri": "https://new.example/\"onclick=x",
            "logo_uri": "https://new.example/logo.png",
            "policy_uri": "https://new.example/policy?a=1&b=2",
            "tos_uri": "https://new.example/tos",
        }))
        .await;
    let app = client.application(&scene.house);
    let mut browser = Browser::new(&scene.house);
    let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
    let page = browser.get(&page.location()).await;
    assert_eq!(page.marker(), "consent");
    assert!(page.body.contains("id=\"unvouched\"") && page.body.contains("https://new.example"));
    assert!(!page.body.contains("<b>Bank") && !page.body.contains("\"onclick"));
    assert!(!page.body.contains("<img"), "a picture of a stranger would speak for him");
    for id in ["home", "logo", "policy", "terms"] {
        let link = page.body.split("<a ").find(|link| link.contains(&format!("id=\"{id}\"")));
        let link = link.unwrap_or_else(|| panic!("no {id}: {}", page.body));
        assert!(link.contains("href=\"https://new.example/"), "{link}");
        assert!(link.contains("rel=\"noopener noreferrer nofollow\""), "{link}");
    }
    let policy = page.header("content-security-policy");
    assert!(!policy.contains("img-src https"), "{policy}");
    // A declared client that asks has no such note.
    let page = browser.get(&scene.house.asking_application().authorize(&[])).await;
    assert_eq!(page.marker(), "consent");
    assert!(!page.body.contains("id=\"unvouched\""));
    // Without a yes nothing goes out, not even silently.
    let page = browser.get(&app.authorize(&[("prompt", "none")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("consent_required"));
    scene.house.close().await;
}

/// OIDC Core §4: from the page of a signed-in person back to the application, which is told who signs in.
#[tokio::test]
async fn a_person_opens_an_application_from_the_account_page() {
    let more = format!(
        "{OPEN}[[clients]]\nid = \"plain\"\nsecret = \"s3cr3t-of-the-application-0123456789abcdef\"\nredirect_uris = [\"https://plain.example/cb\"]\n"
    );
    let scene = Scene::with(&more).await;
    let start = json!({ "initiate_login_uri": "https://new.example/login?from=list" });
    let client = scene.registered(start).await;
    let (app, plain) = (
        client.application(&scene.house),
        scene.house.own_application("plain", "https://plain.example/cb"),
    );
    let mut browser = Browser::new(&scene.house);
    let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
    let page = browser.get(&page.location()).await;
    let page = browser.post(&page.action(), &[("step", "allow")]).await;
    app.tokens(&page.sent("code").unwrap()).await;
    let page = browser.get(&plain.authorize(&[])).await;
    plain.tokens(&page.sent("code").unwrap()).await;
    let page = browser.get("/account").await;
    let link = format!("data-start=\"{}\"", client.id());
    let link = page.body.split("<a ").find(|one| one.contains(&link)).unwrap();
    let issuer: String =
        url::form_urlencoded::byte_serialize(scene.house.issuer.as_bytes()).collect();
    let to = format!("https://new.example/login?from=list&amp;iss={issuer}");
    assert!(link.replace("&#38;", "&amp;").contains(&to), "{link}");
    assert!(!page.body.contains("data-start=\"plain\""));
    scene.house.close().await;
}

/// A yes was one to the origin that was shown, so it is not remembered where there are two. Seen red with it remembered.
#[tokio::test]
async fn a_yes_to_one_of_two_origins_is_for_this_sign_in_alone() {
    let scene = Scene::open().await;
    let uris = json!({ "redirect_uris": ["https://new.example/cb", "https://other.example/cb"] });
    let client = scene.registered(uris).await;
    let app = client.application(&scene.house);
    let mut elsewhere = client.application(&scene.house);
    elsewhere.redirect_uri = "https://other.example/cb".to_owned();
    let mut browser = Browser::new(&scene.house);
    let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
    let page = browser.get(&page.location()).await;
    let page = browser.post(&page.action(), &[("step", "allow")]).await;
    app.tokens(&page.sent("code").unwrap()).await;
    for (app, origin) in [(&elsewhere, "https://other.example"), (&app, "https://new.example")] {
        let page = browser.get(&app.authorize(&[("prompt", "none")])).await;
        assert_eq!(page.sent("error").as_deref(), Some("consent_required"), "{origin}");
        let page = browser.get(&app.authorize(&[])).await;
        assert_eq!(page.marker(), "consent");
        assert!(page.body.contains(origin), "{}", page.body);
    }
    scene.house.close().await;
}

/// Of an application with one origin the yes is remembered, until it is another application. Seen red with nothing
/// remembered, and with a replacement that forgets nothing.
#[tokio::test]
async fn a_yes_to_the_only_origin_holds_until_the_application_is_another() {
    for scene in Scene::on_both_engines().await {
        let client = scene.registered(json!({})).await;
        let app = client.application(&scene.house);
        let mut browser = Browser::new(&scene.house);
        let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
        let page = browser.get(&page.location()).await;
        let page = browser.post(&page.action(), &[("step", "allow")]).await;
        app.tokens(&page.sent("code").unwrap()).await;
        let silent = [("prompt", "none")];
        let page = browser.get(&app.authorize(&silent)).await;
        assert!(page.sent("code").is_some(), "{}", page.location());
        let both = json!(["https://new.example/cb", "https://new.example/other"]);
        scene.replaced(&client, json!({ "redirect_uris": both })).await;
        let page = browser.get(&app.authorize(&silent)).await;
        assert_eq!(page.sent("error").as_deref(), Some("consent_required"));
        scene.house.close().await;
    }
}

/// Seen red with the rows left as they were.
#[tokio::test]
async fn a_replacement_that_people_would_not_recognise_forgets_what_they_said() {
    for scene in Scene::on_both_engines().await {
        let client = scene.registered(json!({})).await;
        scene.signed_in(&client).await;
        let rows = "SELECT count(*) FROM consents";
        scene.replaced(&client, json!({ "contacts": ["ops@new.example"] })).await;
        assert_eq!(scene.number(rows).await, 1, "the same application to whoever sees it");
        scene.replaced(&client, json!({ "client_name": "Bank" })).await;
        assert_eq!(scene.number(rows).await, 0);
        scene.signed_in(&client).await;
        assert_eq!(scene.number(rows).await, 1);
        let moved = json!(["https://new.example/cb", "https://moved.example/cb"]);
        scene.replaced(&client, json!({ "client_name": "Bank", "redirect_uris": moved })).await;
        assert_eq!(scene.number(rows).await, 0);
        scene.house.close().await;
    }
}

/// A yes is one to the origin that was shown, and the page of a device shows none: an operator may let a registered
/// application onto devices, and its pages ask all the same. Seen red with that yes remembered.
#[tokio::test]
async fn a_yes_for_a_device_says_nothing_of_the_pages_of_a_registered_application() {
    for scene in Scene::on_both_engines().await {
        let client = scene.registered(json!({})).await;
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        scene
            .run(&format!(
                "UPDATE clients SET details = replace(details, '\"authorization_code\"', '\"authorization_code\",\"{device}\"') WHERE client_id = '{}'",
                client.id()
            ))
            .await;
        let app = client.application(&scene.house);
        let mut browser = Browser::new(&scene.house);
        browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
        let page = app.post("/oauth2/device", &[("scope", "openid profile")]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let code = page.json()["user_code"].as_str().unwrap().to_owned();
        let question = browser.post("/device", &[("user_code", &code)]).await;
        let token = question.body.split(r#"name="form_token" value=""#).nth(1).unwrap();
        let token = token.split('"').next().unwrap().to_owned();
        let yes = [("form_token", &*token), ("step", "allow")];
        let page = browser.post(&question.action(), &yes).await;
        assert!(page.location().ends_with("allowed"), "{}", page.location());
        assert_eq!(scene.number("SELECT count(*) FROM consents").await, 0);
        let page = browser.get(&app.authorize(&[("prompt", "none")])).await;
        assert_eq!(page.sent("error").as_deref(), Some("consent_required"));
        scene.house.close().await;
    }
}
