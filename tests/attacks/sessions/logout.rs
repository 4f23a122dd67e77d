//! Who can end a session, and where the browser goes afterwards.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::Browser;

use crate::scene::{BYE, Scene, assert_shown, client, end_session, field, id_token};

/// L1, L2, L3, L5, L6, LO-05, and the module oidcc-rp-initiated-logout: by GET and by POST. Seen red with the state
/// written as it came, and with every post turned into a GET.
#[tokio::test]
async fn an_application_with_its_id_token_signs_its_person_out_and_gets_the_browser_back() {
    let scene = Scene::open().await;
    let state = format!("{}\r\nSet-Cookie: x=1\"><b>&=", "s".repeat(128));
    for by_post in [false, true] {
        let mut browser = Browser::new(&scene.house);
        let tokens = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        assert!(scene.is_signed_in(&mut browser).await);
        let hint = id_token(&tokens);
        let pairs =
            [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE), ("state", &state)];
        let page = if by_post {
            browser.post("/oauth2/logout", &pairs).await
        } else {
            browser.get(&end_session(&pairs)).await
        };
        assert_eq!(page.status, 303, "{}", page.body);
        assert!(page.location().starts_with(&format!("{BYE}&state=")), "{}", page.location());
        assert_eq!(page.sent("state").as_deref(), Some(&*state));
        assert!(page.headers.get("set-cookie").unwrap().to_str().unwrap().contains("Max-Age=0"));
        assert!(!browser.cookies.contains_key("magpie-session"));
        assert!(!scene.is_signed_in(&mut browser).await);
        let userinfo = scene.house.application().userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 401, "what the session gave has ended");
        // The application's link, followed again: nobody is signed in, and the way back is the same.
        let again = browser.get(&end_session(&pairs)).await;
        assert_eq!(again.location(), page.location());
        assert!(again.headers.get("set-cookie").is_none(), "another site could take a cookie away");
    }
    let audited = "SELECT count(*) FROM audit_events WHERE fact LIKE '%signed_out%'";
    assert_eq!(scene.number(audited).await, 2);
    scene.house.close().await;
}

/// L4, LO-01, LO-02: a link on another site asks; only our own page's form ends the session. Seen red with any form token.
#[tokio::test]
async fn without_a_hint_of_this_session_the_person_is_asked() {
    let scene = Scene::open().await;
    let mut browser = Browser::new(&scene.house);
    scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    let pairs = [("client_id", "bye"), ("post_logout_redirect_uri", BYE), ("state", "s")];
    for query in [&pairs[..], &[], &[("state", "s")], &pairs[1..]] {
        let page = browser.get(&end_session(query)).await;
        assert_shown(&page, 200, "confirm-sign-out");
        assert!(page.headers.get("set-cookie").is_none());
        assert!(scene.is_signed_in(&mut browser).await);
    }
    let page = browser.get(&end_session(&pairs)).await;
    let token = field(&page, "form_token");
    let mut stranger = Browser::new(&scene.house);
    scene.sign_in(&mut stranger, "bye", "laowang").await;
    let foreign = field(&stranger.get("/oauth2/logout").await, "form_token");
    let account = browser.get("/account").await;
    let withdrawing = account.body.split("/account/withdraw").nth(1).unwrap();
    let withdrawing = withdrawing.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    for forged in ["", "x", &*foreign, withdrawing, &token[1..]] {
        let mut fields = vec![("step", "continue"), ("form_token", forged)];
        fields.extend(pairs);
        let page = browser.post("/oauth2/logout/confirm", &fields).await;
        page.assert_error_page(403);
        assert!(page.headers.get("set-cookie").is_none());
        assert!(scene.is_signed_in(&mut browser).await, "{forged}");
    }
    let cancelled = browser.post("/oauth2/logout/confirm", &[("step", "cancel")]).await;
    assert!(cancelled.location().ends_with("/account"));
    assert!(scene.is_signed_in(&mut browser).await);
    // What the page carried is not believed either.
    let evil = [
        ("form_token", &*token),
        ("client_id", "bye"),
        ("post_logout_redirect_uri", "https://evil.example/"),
    ];
    browser.post("/oauth2/logout/confirm", &evil).await.assert_error_page(400);
    assert!(scene.is_signed_in(&mut browser).await);
    let mut fields = vec![("step", "continue"), ("form_token", &*token)];
    fields.extend(pairs);
    let page = browser.post("/oauth2/logout/confirm", &fields).await;
    assert_eq!(page.location(), format!("{BYE}&state=s"));
    assert!(!scene.is_signed_in(&mut browser).await);
    assert!(scene.is_signed_in(&mut stranger).await, "nobody else is signed out");
    scene.house.close().await;
}

/// L2, L3, LO-04, and the modules bad-id-token-hint, modified-id-token-hint, bad-post-logout-redirect-uri,
/// query-added-to-post-logout-redirect-uri: nobody is sent anywhere, and nobody is signed out.
#[tokio::test]
async fn what_does_not_hold_leads_nowhere_and_ends_nothing() {
    let more = client("bye", "") + &client("two", "");
    let scene = Scene::with(&more).await;
    let other_house = Scene::with(&more).await;
    let mut browser = Browser::new(&scene.house);
    let own = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    let mut elsewhere = Browser::new(&scene.house);
    let others = id_token(&scene.sign_in(&mut elsewhere, "bye", "laowang").await);
    let mut same_person = Browser::new(&scene.house);
    let other_session = id_token(&scene.sign_in(&mut same_person, "bye", "xiaoyu").await);
    let foreign = {
        let mut browser = Browser::new(&other_house.house);
        id_token(&other_house.sign_in(&mut browser, "bye", "xiaoyu").await)
    };
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let body = own.split('.').nth(1).unwrap();
    let unsigned = format!("{none}.{body}.");
    let modified = format!("{}AAAA", &own[..own.len() - 4]);
    for (hint, way) in [
        (&*unsigned, false),
        (&*modified, false),
        (&*foreign, false),
        ("null", false),
        (&*others, true),
        (&*other_session, true),
    ] {
        let pairs =
            [("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("client_id", "bye")];
        let page = browser.get(&end_session(&pairs)).await;
        assert_shown(&page, 200, "confirm-sign-out");
        // The question about somebody else's token can still lead back; a forged one leads nowhere at all.
        assert_eq!(page.body.contains("bye.example"), way, "{hint}");
        assert!(scene.is_signed_in(&mut browser).await);
    }
    let long = "https://bye.example/".to_owned() + &"x".repeat(400);
    for (uri, client_id) in [
        ("https://evil.example/", "bye"),
        ("https://bye.example/out?from=magpie&foo=bar", "bye"),
        ("https://bye.example/out", "bye"),
        ("https://bye.example/cb", "bye"),
        ("HTTPS://bye.example/out?from=magpie", "bye"),
        ("javascript:alert(1)", "bye"),
        (&*long, "bye"),
        (BYE, "two"),
        (BYE, "nobody"),
    ] {
        let hinted =
            [("id_token_hint", &*own), ("post_logout_redirect_uri", uri), ("client_id", client_id)];
        for pairs in [&hinted[..], &hinted[1..]] {
            let page = browser.get(&end_session(pairs)).await;
            page.assert_error_page(400);
            assert_eq!(page.cause(), "sign_out_refused", "{uri} {client_id}");
            assert!(!page.body.contains("evil"));
        }
    }
    let twice = format!("{}&state=a&state=b", end_session(&[("id_token_hint", &own)]));
    browser.get(&twice).await.assert_error_page(400);
    assert!(scene.is_signed_in(&mut browser).await);
    other_house.house.close().await;
    scene.house.close().await;
}

/// L1 and L11: a post from another site brings no cookie and becomes a GET; looks end nothing; without an address to
/// return to our own page says what WeChat does not do. Seen red with a post answered without its cookie, and with a
/// page that does not speak of WeChat.
#[tokio::test]
async fn a_post_without_a_cookie_becomes_a_get_and_a_look_ends_nothing() {
    let scene = Scene::open().await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    let url = end_session(&[("id_token_hint", &hint)]);
    assert_eq!(browser.method("HEAD", &url).await.status, 204);
    let ahead = browser.clone().with_header("sec-purpose", "prefetch").get(&url).await;
    assert_eq!(ahead.status, 204);
    assert!(scene.is_signed_in(&mut browser).await);
    let mut bare = Browser::new(&scene.house);
    let posted = bare.post("/oauth2/logout", &[("id_token_hint", &hint)]).await;
    assert_eq!(posted.status, 303);
    let page = browser.get(&posted.location()).await;
    assert_shown(&page, 200, "signed-out");
    assert!(page.body.contains(r#"id="wechat""#));
    assert!(!page.header("content-security-policy").contains("frame-src"));
    assert!(!scene.is_signed_in(&mut browser).await);
    scene.house.close().await;
}

/// TK-16: a code that was given before the logout is worth nothing after it. Seen red with a logout that revokes nothing.
#[tokio::test]
async fn a_code_of_a_session_that_ended_is_refused() {
    let scene = Scene::open().await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    let app = scene.house.application();
    let code = browser.get(&app.authorize(&[])).await.sent("code").unwrap();
    browser.get(&end_session(&[("id_token_hint", &hint)])).await;
    let page = app.redeem(&code).await;
    assert_eq!((page.status.as_u16(), &*page.oauth_error()), (400, "invalid_grant"));
    scene.house.close().await;
}

/// LO-09: what ends on one replica has ended on the other. Seen red with replicas that remember the sessions they have
/// seen.
#[tokio::test]
async fn a_logout_counts_on_every_replica_at_once() {
    let mut scenes = vec![Scene::open().await];
    scenes.extend(Scene::on_postgres(&client("bye", "")).await);
    for scene in scenes {
        let (other, _stop) = scene.house.replica().await;
        let mut browser = Browser::new(&scene.house);
        let tokens = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let mut there = browser.clone().at(other);
        assert!(scene.is_signed_in(&mut there).await);
        let hint = id_token(&tokens);
        browser.get(&end_session(&[("id_token_hint", &hint)])).await;
        assert!(!scene.is_signed_in(&mut there).await);
        let userinfo = scene.house.application().at(other).userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 401);
        scene.house.close().await;
    }
}

/// LO-08: whoever comes next on the same machine is themselves, whatever cookies were left behind. Seen red with ended
/// sessions that count.
#[tokio::test]
async fn the_next_person_on_a_shared_machine_is_nobody_but_themselves() {
    let scene = Scene::open().await;
    let mut browser = Browser::new(&scene.house);
    let first = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    let kept = browser.cookies.clone();
    browser.get(&end_session(&[("id_token_hint", &id_token(&first))])).await;
    // The browser kept the dead cookie.
    browser.cookies = kept;
    let second = scene.sign_in(&mut browser, "bye", "laowang").await;
    assert_ne!(first.subject(), second.subject());
    assert_ne!(first.id_token["sid"], second.id_token["sid"]);
    // The browser lost the cookie without a logout.
    browser.cookies.clear();
    let third = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    assert_eq!(third.subject(), first.subject());
    assert_ne!(third.id_token["sid"], first.id_token["sid"]);
    scene.house.close().await;
}

/// L3, LO-04: an old token still says which session is meant. Takes the shortest life a token can be given.
/// Seen red with hints of the past refused.
#[tokio::test]
async fn a_hint_that_has_expired_still_signs_its_person_out() {
    let more = format!("[times]\nid_token = \"60s\"\n{}", client("bye", ""));
    let scene = Scene::with(&more).await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    tokio::time::sleep(std::time::Duration::from_secs(62)).await;
    let pairs = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE)];
    let page = browser.get(&end_session(&pairs)).await;
    assert_eq!(page.location(), BYE, "{}", page.body);
    assert!(!scene.is_signed_in(&mut browser).await);
    scene.house.close().await;
}

/// T20, L6: what was given for the person's absence outlives the session; what was given for the session does not.
/// Seen red with a logout that ends every grant.
#[tokio::test]
async fn offline_access_outlives_the_session_that_gave_it() {
    let mut scenes = vec![Scene::open().await];
    scenes.extend(Scene::on_postgres(&client("bye", "")).await);
    for scene in scenes {
        let mut browser = Browser::new(&scene.house);
        let tokens = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let app = scene.house.application();
        let start = app.authorize(&[("scope", "openid offline_access")]);
        let kept = app.tokens(&browser.get(&start).await.sent("code").unwrap()).await;
        let hint = id_token(&tokens);
        let pairs = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE)];
        assert_eq!(browser.get(&end_session(&pairs)).await.location(), BYE);
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 401, "of the session");
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &*kept.refresh_token)];
        let page = app.post("/oauth2/token", &fields).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(!scene.is_signed_in(&mut browser).await);
        scene.house.close().await;
    }
}
