//! What a refresh token gives: never more than was granted, the same ID token, and nothing once somebody was shut out.

use harness::{Application, Browser, House, Plan, Tokens};

use crate::place::{OFFLINE, Place, VERIFIER, assert_json, redeem, refresh, refreshed};

/// RT-06, T19, U4. Seen red with scopes given that were not granted, with the wish for fewer passed over, with `openid` not
/// needed at userinfo, and with a challenge that names no scope (U4).
#[tokio::test]
async fn scopes_become_fewer_for_one_access_token_and_never_more() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let first = place.offline(&app).await;
        let before = place.facts.picture().await;
        for wider in ["openid profile wechat", "wechat", "openid groups", "zzz"] {
            let page = refresh(&app, &first.refresh_token, &[("scope", wider)]).await;
            assert_json(&page, 400, "invalid_scope");
        }
        assert_eq!(place.facts.picture().await, before, "a refusal does not step on");
        let page = refresh(&app, &first.refresh_token, &[("scope", "openid")]).await;
        let narrow = Tokens::read(&page);
        assert_eq!(narrow.answer["scope"], "openid");
        let claims = app.userinfo(&narrow.access_token).await.json();
        assert_eq!(claims, serde_json::json!({ "sub": first.subject() }));
        let page = refresh(&app, &narrow.refresh_token, &[("scope", "profile")]).await;
        let no_openid = Tokens::read(&page);
        assert!(no_openid.answer.get("id_token").is_none(), "{}", page.body);
        let page = app.userinfo(&no_openid.access_token).await;
        assert_json(&page, 403, "insufficient_scope");
        let challenge = page.header("www-authenticate");
        assert!(
            challenge.ends_with("error=\"insufficient_scope\", scope=\"openid\""),
            "{challenge}"
        );
        let whole = refreshed(&app, &no_openid.refresh_token).await;
        let claims = app.userinfo(&whole.access_token).await.json();
        assert!(claims["name"].is_string(), "the refresh token keeps what was granted: {claims}");
        place.close().await;
    }
}

/// RT-08, I3, I5: OIDC Core section 12.2. Seen red with the nonce repeated, and with the moment of the refresh as
/// `auth_time`.
#[tokio::test]
async fn the_new_id_token_is_of_the_same_sign_in_and_has_no_nonce() {
    let mut place = Place::open().await;
    let app = place.app();
    let challenge = harness::Application::challenge(VERIFIER);
    let more = [
        ("scope", OFFLINE),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
    ];
    let code = place.code(&app, &more).await;
    place.facts.run("UPDATE grants SET auth_time = auth_time - 500").await;
    let first = Tokens::read(&redeem(&app, &code, &[("code_verifier", VERIFIER)]).await);
    assert_eq!(first.id_token["nonce"], "n-0S6_WzA2Mj");
    let next = refreshed(&app, &first.refresh_token).await;
    for claim in ["iss", "sub", "aud", "azp", "auth_time", "sid", "acr"] {
        assert_eq!(next.id_token[claim], first.id_token[claim], "{claim}");
        assert!(!next.id_token[claim].is_null(), "{claim}");
    }
    assert!(next.id_token.get("nonce").is_none());
    assert!(next.id_token["iat"].as_i64() >= first.id_token["iat"].as_i64());
    assert_ne!(next.id_token["at_hash"], first.id_token["at_hash"]);
    place.close().await;
}

/// RT-12: the person.
#[tokio::test]
async fn a_blocked_person_gives_nothing_and_unblocked_it_goes_on() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let tokens = place.offline(&app).await;
        place.facts.run("UPDATE users SET state = 'blocked'").await;
        let before = place.facts.picture().await;
        assert_json(&refresh(&app, &tokens.refresh_token, &[]).await, 400, "invalid_grant");
        assert_eq!(place.facts.picture().await, before);
        place.facts.run("UPDATE users SET state = 'active'").await;
        refreshed(&app, &tokens.refresh_token).await;
        place.close().await;
    }
}

/// RT-12, RT-06: the client; an operator changes the configuration and starts again over the same database. Seen red
/// with scopes given that the client has lost.
#[tokio::test]
async fn a_client_that_was_narrowed_or_disabled_gets_as_much_less() {
    let mut place = Place::with(&shrinking("openid\", \"profile\", \"offline_access", "")).await;
    let database = harness::Database::Sqlite(place.house.folder().join("magpie.db"));
    let app = shrinking_at(&place.house);
    let mut tokens = place.offline(&app).await;
    for (more, expected) in [
        (shrinking("openid\", \"offline_access", ""), None),
        (shrinking("openid\", \"profile", ""), Some((400, "invalid_grant"))),
        (
            shrinking("openid\", \"offline_access", "grant_types = [\"authorization_code\"]"),
            Some((400, "unauthorized_client")),
        ),
        (String::new(), Some((401, "invalid_client"))),
    ] {
        let plan = Plan { more, database: Some(database.clone()), ..Plan::default() };
        let later = House::of(plan).await;
        let app = shrinking_at(&later);
        let page = refresh(&app, &tokens.refresh_token, &[]).await;
        match expected {
            Some((status, error)) => assert_json(&page, status, error),
            None => {
                tokens = Tokens::read(&page);
                assert_eq!(tokens.answer["scope"], "openid offline_access");
            }
        }
        later.close().await;
    }
    place.close().await;
}

fn shrinking_at(house: &House) -> Application {
    let mut app = house.application();
    app.client_id = "shrinking".to_owned();
    app.redirect_uri = "https://shrinking.example/cb".to_owned();
    app
}

fn shrinking(scopes: &str, more: &str) -> String {
    format!(
        r#"
[[clients]]
id = "shrinking"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://shrinking.example/cb"]
scopes = ["{scopes}"]
{more}
"#
    )
}

/// OIDC Core section 11: where people are asked, they are asked for this too, once, in words.
#[tokio::test]
async fn access_while_away_is_named_on_the_consent_page() {
    let mut place = Place::open().await;
    let app = place.house.asking_application();
    for (language, words) in [("en", "Access while you are away"), ("zh-CN", "在你离开时继续使用")]
    {
        let mut browser: Browser = place.browser.clone();
        let page =
            browser.get(&app.authorize(&[("scope", OFFLINE), ("ui_locales", language)])).await;
        assert_eq!(page.marker(), "consent", "{}", page.body);
        assert!(page.body.contains(r#"data-scope="offline_access""#) && page.body.contains(words));
    }
    let page = place.browser.get(&app.authorize(&[("scope", OFFLINE), ("prompt", "none")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("consent_required"));
    place.close().await;
}
