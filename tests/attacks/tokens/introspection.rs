//! Questions about tokens (RFC 7662): who may ask, what is told, and that everything else sounds the same.

use harness::{Application, Page};
use serde_json::{Value, json};

use crate::jws::Jws;
use crate::place::{Place, assert_json, refreshed};

const INTROSPECT: &str = "/oauth2/introspect";
const API: &str = "https://api.example/v1";
const SIGNED: &str = "application/token-introspection+jwt";

async fn ask(app: &Application, token: &str) -> Page {
    app.post(INTROSPECT, &[("token", token)]).await
}

async fn told(app: &Application, token: &str) -> Value {
    let page = ask(app, token).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!((page.header("cache-control"), page.header("pragma")), ("no-store", "no-cache"));
    page.json()
}

/// N2: that and nothing else.
async fn assert_inactive(app: &Application, token: &str) {
    assert_eq!(told(app, token).await, json!({"active": false}));
}

/// The same question with an `Accept` header.
async fn signed(place: &Place, app: &Application, token: &str, accept: &str) -> Page {
    let body =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
    let request = http::Request::post(format!("{}{INTROSPECT}", place.house.issuer))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", app.basic().unwrap())
        .header("accept", accept)
        .body(body.into_bytes());
    app.send(request.unwrap()).await
}

/// N3, N4, G4. Seen red with the client left out, with a time as text, and with an answer that caches may keep.
#[tokio::test]
async fn the_client_of_a_token_is_told_what_it_says() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let tokens = place.offline(&app).await;
        let answer = told(&app, &tokens.access_token).await;
        let (issued, expires) = (answer["iat"].as_i64().unwrap(), answer["exp"].as_i64().unwrap());
        assert_eq!(expires - issued, 3600);
        let common = json!({
            "active": true, "iss": place.house.issuer, "client_id": "app", "sub": tokens.subject(),
            "aud": place.house.issuer, "scope": "openid profile offline_access",
        });
        let mut expected = common.clone();
        expected["token_type"] = json!("Bearer");
        expected["iat"] = json!(issued);
        expected["exp"] = json!(expires);
        assert_eq!(answer, expected);
        let answer = told(&app, &tokens.refresh_token).await;
        let mut expected = common;
        expected["iat"] = answer["iat"].clone();
        expected["exp"] = json!(answer["iat"].as_i64().unwrap() + 30 * 86_400);
        assert_eq!(answer, expected);
        place.close().await;
    }
}

/// N2, N4, UI-05: another client's, garbage, expired, revoked, rotated away, of a blocked person. Seen red with a
/// refresh token told to another client (N4).
#[tokio::test]
async fn everything_else_is_inactive_and_nothing_more() {
    for mut place in Place::on_both_engines().await {
        let (app, other) = (place.app(), place.house.other_application());
        let tokens = place.offline(&app).await;
        let code = place.plain_code().await;
        let before = place.facts.picture().await;
        for token in [&*tokens.access_token, &tokens.refresh_token] {
            assert_inactive(&other, token).await;
        }
        let id = tokens.refresh_token.split('.').next().unwrap();
        for garbage in [
            "x",
            &code,
            id,
            &format!("{id}.0.{}", "A".repeat(43)),
            tokens.answer["id_token"].as_str().unwrap(),
            &place.browser.cookies["magpie-session"].clone(),
            &"a".repeat(6000),
        ] {
            assert_inactive(&app, garbage).await;
        }
        assert_eq!(place.facts.picture().await, before, "a question is no use of a token");
        let next = refreshed(&app, &tokens.refresh_token).await;
        let before = place.facts.picture().await;
        assert_inactive(&app, &tokens.refresh_token).await;
        assert_eq!(place.facts.picture().await, before, "and no theft");
        for (bend, mend) in [
            ("UPDATE users SET state = 'blocked'", "UPDATE users SET state = 'active'"),
            (
                "UPDATE grants SET revoked_at = 1 WHERE code_used_at IS NOT NULL",
                "UPDATE grants SET revoked_at = NULL",
            ),
        ] {
            place.facts.run(bend).await;
            for token in [&next.access_token, &next.refresh_token] {
                assert_inactive(&app, token).await;
            }
            place.facts.run(mend).await;
            assert_eq!(told(&app, &next.access_token).await["active"], true);
        }
        place
            .facts
            .run("UPDATE grants SET refresh_expires_at = 1, access_revoked_at = 4000000000")
            .await;
        for token in [&next.access_token, &next.refresh_token] {
            assert_inactive(&app, token).await;
        }
        place.close().await;
    }
}

/// N1, UI-05: nobody asks without a proof, and a public client has none.
#[tokio::test]
async fn who_cannot_prove_itself_is_not_answered() {
    let mut place = Place::open().await;
    let app = place.app();
    let native = place.house.public_application();
    let tokens = place.offline(&native).await;
    let token = ("token", &*tokens.access_token);
    assert_json(&app.post_as(INTROSPECT, None, &[token]).await, 401, "invalid_client");
    assert_json(&ask(&native, &tokens.access_token).await, 401, "invalid_client");
    let mut wrong = app.clone();
    wrong.secret = Some("s3cr3t-of-somebody-else".to_owned());
    assert_json(&ask(&wrong, &tokens.access_token).await, 401, "invalid_client");
    assert_json(&app.post(INTROSPECT, &[]).await, 400, "invalid_request");
    assert_json(&app.post(INTROSPECT, &[token, token]).await, 400, "invalid_request");
    assert_eq!(ask(&app, &"a".repeat(1_000_000)).await.status, 413);
    let page = place.browser.method("GET", INTROSPECT).await;
    assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST"));
    place.close().await;
}

/// RFC 9701 sections 4 and 5.
#[tokio::test]
async fn who_asks_for_a_signed_answer_gets_it_for_itself_alone() {
    let mut place = Place::open().await;
    let app = place.app();
    let tokens = place.offline(&app).await;
    for (token, active) in [(&*tokens.access_token, true), ("x", false)] {
        let page = signed(&place, &app, token, SIGNED).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, SIGNED));
        assert_eq!(page.header("cache-control"), "no-store");
        let keys = place.browser.get("/oauth2/jwks").await.json();
        let jws = Jws::read(&page.body);
        assert_eq!(jws.header["typ"], "token-introspection+jwt");
        assert_eq!(jws.header["alg"], "RS256");
        assert!(jws.is_signed_by(&keys));
        let members: Vec<_> = jws.claims.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["iss", "aud", "iat", "token_introspection"]);
        assert_eq!(jws.claims["iss"], place.house.issuer.as_str());
        assert_eq!(jws.claims["aud"], "app");
        let inside = &jws.claims["token_introspection"];
        assert_eq!(inside["active"], active);
        assert_eq!(*inside, told(&app, token).await);
        // It is a statement about a token and no token itself.
        assert_json(&app.userinfo(&page.body).await, 401, "invalid_token");
        assert_inactive(&app, &page.body).await;
    }
    let page = signed(&place, &app, &tokens.access_token, "application/json, */*;q=0.1").await;
    assert_eq!(page.header("content-type"), "application/json");
    place.close().await;
}

/// N2, N3: a resource server learns of the tokens that are for it, of people and of services, and of no others. Seen
/// red with tokens told to their holders alone, and with a refresh token told to anybody.
#[tokio::test]
async fn a_resource_server_is_told_of_the_tokens_that_are_for_it() {
    let mut place = Place::with(crate::resources::CLIENTS).await;
    let reader = crate::resources::reader(&place);
    let code = place.code(&reader, &[("resource", API)]).await;
    let tokens = reader.tokens(&code).await;
    // `single` is registered for that resource alone, `app` for none.
    let server = place.house.own_application("single", "");
    for caller in [&reader, &server] {
        let answer = told(caller, &tokens.access_token).await;
        assert_eq!(answer["aud"], json!([API, place.house.issuer]));
        let who = (answer["client_id"].as_str(), answer["sub"].as_str());
        assert_eq!(who, (Some("reader"), tokens.id_token["sub"].as_str()));
    }
    assert_inactive(&place.app(), &tokens.access_token).await;
    let service = place.house.own_application("service", "");
    let fields = [("grant_type", "client_credentials"), ("resource", API)];
    let own = service.token(&fields).await.json()["access_token"].as_str().unwrap().to_owned();
    for caller in [&service, &server] {
        let answer = told(caller, &own).await;
        assert_eq!((&answer["sub"], &answer["client_id"]), (&json!("service"), &json!("service")));
        assert_eq!((&answer["aud"], answer.get("scope")), (&json!(API), None));
    }
    assert_inactive(&place.app(), &own).await;
    let kept = place.offline(&place.app()).await;
    assert_inactive(&server, &kept.refresh_token).await;
    place.close().await;
}
