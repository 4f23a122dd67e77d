//! Tokens that are handed back (RFC 7009), by whom they belong to and by others.

use harness::{Application, Page};

use crate::place::{Place, assert_json, refresh, refreshed};

const REVOKE: &str = "/oauth2/revoke";

async fn revoke(app: &Application, token: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![("token", token)];
    fields.extend(more);
    app.post(REVOKE, &fields).await
}

/// 200, empty and kept by nobody: whatever the token was.
#[track_caller]
fn assert_done(page: &Page) {
    assert_eq!((page.status.as_u16(), &*page.body), (200, ""));
    assert_eq!(page.header("cache-control"), "no-store");
}

/// R5, R4, UI-06: any token of the family, by any hint, twice; for public clients too. Seen red with the hint believed
/// (R4), and with refresh tokens that nobody takes back.
#[tokio::test]
async fn a_refresh_token_takes_everything_along_that_came_with_it() {
    for mut place in Place::on_both_engines().await {
        for app in [place.app(), place.house.public_application()] {
            for (old, hint) in [(false, ""), (true, "access_token"), (false, "zzz")] {
                let first = place.offline(&app).await;
                let second = refreshed(&app, &first.refresh_token).await;
                let token = if old { &first.refresh_token } else { &second.refresh_token };
                for _ in 0..2 {
                    assert_done(&revoke(&app, token, &[("token_type_hint", hint)]).await);
                }
                for tokens in [&first, &second] {
                    let page = refresh(&app, &tokens.refresh_token, &[]).await;
                    assert_json(&page, 400, "invalid_grant");
                    assert_json(&app.userinfo(&tokens.access_token).await, 401, "invalid_token");
                }
            }
        }
        let sql = "SELECT count(*) FROM audit_events WHERE fact LIKE '%grant_revoked%'";
        assert_eq!(place.facts.number(sql).await, 6, "once for each");
        place.close().await;
    }
}

/// R5, UI-01: the access tokens that were issued, and neither the refresh token nor what it gives in the same second.
#[tokio::test]
async fn an_access_token_ends_access_and_not_the_refresh_token() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let unharmed = place.tokens().await;
        let first = place.offline(&app).await;
        for _ in 0..3 {
            let page = revoke(&app, &first.access_token, &[("token_type_hint", "refresh_token")]);
            assert_done(&page.await);
            assert_json(&app.userinfo(&first.access_token).await, 401, "invalid_token");
        }
        let mut tokens = refreshed(&app, &first.refresh_token).await;
        for _ in 0..3 {
            assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
            assert_done(&revoke(&app, &tokens.access_token, &[]).await);
            assert_json(&app.userinfo(&tokens.access_token).await, 401, "invalid_token");
            tokens = refreshed(&app, &tokens.refresh_token).await;
        }
        assert_eq!(app.userinfo(&unharmed.access_token).await.status, 200, "of another login");
        place.close().await;
    }
}

/// R2, R3, R6, UI-06: one answer, so that nobody learns whose a token is; and nothing changes. Seen red with anybody's
/// refresh token ended, with anybody's access token, and with the thief told that it is another's (R3).
#[tokio::test]
async fn what_is_not_the_callers_is_answered_alike_and_lives_on() {
    for mut place in Place::on_both_engines().await {
        let (app, other) = (place.app(), place.house.other_application());
        let tokens = place.offline(&app).await;
        let code = place.plain_code().await;
        let secret = tokens.refresh_token.split('.').nth(2).unwrap();
        let id = tokens.refresh_token.split('.').next().unwrap();
        let before = place.facts.picture().await;
        for token in [&*tokens.refresh_token, &tokens.access_token] {
            for thief in [&other, &place.house.public_application()] {
                assert_done(&revoke(thief, token, &[]).await);
            }
        }
        // Nobody's script is called back (R6).
        assert_done(&revoke(&app, "x", &[("callback", "f")]).await);
        for unknown in [
            "x",
            &code,
            id,
            secret,
            &format!("{id}.0.{}", "A".repeat(43)),
            &format!("0123456789abcdefghjkmnpqrs.0.{secret}"),
            tokens.answer["id_token"].as_str().unwrap(),
            &"a".repeat(6000),
        ] {
            assert_done(&revoke(&app, unknown, &[]).await);
        }
        assert_eq!(place.facts.picture().await, before);
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        refreshed(&app, &tokens.refresh_token).await;
        place.close().await;
    }
}

/// R1, R6, G2, G5, CA-06. Seen red with any secret taken (R1), with a missing token taken for an
/// unknown one (R6), with the query passed over, and with every method taken (G5).
#[tokio::test]
async fn who_does_not_prove_itself_or_asks_wrongly_is_told_so() {
    let mut place = Place::open().await;
    let app = place.app();
    let tokens = place.offline(&app).await;
    let token = ("token", &*tokens.refresh_token);
    let before = place.facts.picture().await;
    assert_json(&app.post_as(REVOKE, None, &[token]).await, 401, "invalid_client");
    let mut wrong = app.clone();
    wrong.secret = Some("s3cr3t-of-somebody-else".to_owned());
    let page = wrong.post(REVOKE, &[token]).await;
    assert_json(&page, 401, "invalid_client");
    assert!(page.header("www-authenticate").starts_with("Basic "));
    let named = app.post_as(REVOKE, None, &[token, ("client_id", "app")]).await;
    assert_json(&named, 401, "invalid_client");
    assert_json(&app.post(REVOKE, &[]).await, 400, "invalid_request");
    assert_json(&app.post(REVOKE, &[("token", "")]).await, 400, "invalid_request");
    assert_json(&app.post(REVOKE, &[token, token]).await, 400, "invalid_request");
    let page = app.post(&format!("{REVOKE}?token=x"), &[token]).await;
    assert_json(&page, 400, "invalid_request");
    let page = app.post(REVOKE, &[("token", &*"a".repeat(1_000_000))]).await;
    assert_eq!(page.status, 413, "{}", page.body);
    for method in ["GET", "PUT", "DELETE"] {
        let page = place.browser.method(method, REVOKE).await;
        assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST"), "{method}");
    }
    assert_eq!(place.facts.picture().await, before);
    place.close().await;
}

/// R5, UI-01: a JWT too, for whoever asks us; and what was revoked cannot be exchanged for something that was not.
#[tokio::test]
async fn a_revoked_token_that_resource_servers_read_is_dead_for_everybody_who_asks() {
    let mut place = Place::with(crate::resources::CLIENTS).await;
    let reader = crate::resources::reader(&place);
    let code = place.code(&reader, &[]).await;
    let token = reader.tokens(&code).await.access_token;
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &*token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("resource", "https://api.example/v1"),
    ];
    let page = reader.token(&exchange).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let exchanged = page.json()["access_token"].as_str().unwrap().to_owned();
    assert_done(&revoke(&reader, &token, &[]).await);
    for dead in [&token, &exchanged] {
        assert_json(&reader.userinfo(dead).await, 401, "invalid_token");
        let page = reader.post("/oauth2/introspect", &[("token", dead)]).await;
        assert_eq!(page.json(), serde_json::json!({"active": false}));
    }
    let page = reader.token(&exchange).await;
    assert_ne!(page.status, 200, "{}", page.body);
    place.close().await;
}

/// R6 (RFC 7009 section 2.2.1): what cannot be ended is not said to be. Seen red with it answered like any other.
#[tokio::test]
async fn a_clients_own_token_is_named_as_what_cannot_be_revoked() {
    let place = Place::with(crate::resources::CLIENTS).await;
    let service = place.house.own_application("single", "");
    let page = service.token(&[("grant_type", "client_credentials")]).await;
    let token = page.json()["access_token"].as_str().unwrap().to_owned();
    assert_json(&revoke(&service, &token, &[]).await, 400, "unsupported_token_type");
    assert_done(&revoke(&place.app(), &token, &[]).await);
    place.close().await;
}
