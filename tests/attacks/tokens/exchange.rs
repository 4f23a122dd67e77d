//! Token exchange (RFC 8693): an access token becomes a narrower one, and never a wider or longer one.

use harness::{Application, Page, Tokens};

use crate::jws::Jws;
use crate::place::{Place, assert_json, redeem};
use crate::resources::{CLIENTS, reader};
use crate::twin::twin;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const API: &str = "https://api.example/v1";
const OTHER: &str = "https://other.example";

async fn exchange(app: &Application, token: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("grant_type", GRANT),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", API),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    app.token(&fields).await
}

async fn signed_in(place: &mut Place, app: &Application) -> Tokens {
    let code = place.code(app, &[]).await;
    Tokens::read(&redeem(app, &code, &[]).await)
}

/// E3, E6: for the resource, with fewer scopes, not a second longer, and it dies with its grant.
#[tokio::test]
async fn a_token_is_narrowed_to_a_resource_and_ends_with_its_grant() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    let tokens = signed_in(&mut place, &app).await;
    let page = exchange(&app, &tokens.access_token, &[("scope", "openid")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let answer = page.json();
    assert_eq!(answer["issued_token_type"], ACCESS_TOKEN);
    assert_eq!((&answer["token_type"], &answer["scope"]), (&"Bearer".into(), &"openid".into()));
    assert!(answer.get("id_token").is_none() && answer.get("refresh_token").is_none());
    let (first, narrow) =
        (Jws::read(&tokens.access_token), Jws::read(answer["access_token"].as_str().unwrap()));
    assert_eq!((&narrow.claims["aud"], &narrow.claims["scope"]), (&API.into(), &"openid".into()));
    assert_eq!(narrow.claims["sub"], first.claims["sub"]);
    assert!(narrow.claims["exp"].as_i64() <= first.claims["exp"].as_i64());
    assert!(narrow.claims.get("act").is_none(), "its own token: nobody acts for anybody");
    let narrow = answer["access_token"].as_str().unwrap();
    // Aimed at one, it cannot be turned to another, nor widened again.
    assert_json(&exchange(&app, narrow, &[("resource", OTHER)]).await, 400, "invalid_target");
    assert_json(
        &exchange(&app, narrow, &[("scope", "openid profile")]).await,
        400,
        "invalid_scope",
    );
    place.facts.run("UPDATE grants SET revoked_at = 1").await;
    assert_json(&exchange(&app, &tokens.access_token, &[]).await, 400, "invalid_request");
    place.close().await;
}

/// E1, E2: `invalid_request` for every bad token, `invalid_target` for every bad target. Seen red with the type of the
/// token not demanded, and with an actor overlooked.
#[tokio::test]
async fn what_cannot_be_exchanged_is_refused_in_the_words_of_the_rfc() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    let tokens = signed_in(&mut place, &app).await;
    let id_token = tokens.answer["id_token"].as_str().unwrap().to_owned();
    for (more, error) in [
        (vec![("subject_token", "")], "invalid_request"),
        (vec![("subject_token", "garbage")], "invalid_request"),
        (vec![("subject_token", &*id_token)], "invalid_request"),
        (vec![("subject_token_type", "")], "invalid_request"),
        (
            vec![("subject_token_type", "urn:ietf:params:oauth:token-type:id_token")],
            "invalid_request",
        ),
        (vec![("actor_token", "x")], "invalid_request"),
        (
            vec![("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
            "invalid_request",
        ),
        (vec![("resource", "")], "invalid_target"),
        (vec![("resource", "https://evil.example")], "invalid_target"),
        (vec![("audience", "app")], "invalid_target"),
    ] {
        let page = exchange(&app, &tokens.access_token, &more).await;
        assert_json(&page, 400, error);
    }
    // Another application's token is none of this one's business, and a client must be allowed the grant.
    let other = place.tokens().await;
    assert_json(&exchange(&app, &other.access_token, &[]).await, 400, "invalid_request");
    let page = exchange(&place.app(), &other.access_token, &[]).await;
    assert_json(&page, 400, "unauthorized_client");
    place.facts.run("UPDATE users SET state = 'blocked'").await;
    assert_json(&exchange(&app, &tokens.access_token, &[]).await, 400, "invalid_request");
    place.close().await;
}

/// E6, RFC 8693 §4.1: a resource server that passes on what it was shown is named as who acts, for the same person.
/// Seen red with nobody named.
#[tokio::test]
async fn a_resource_server_that_passes_a_token_on_is_named_as_who_acts() {
    let mut place = Place::with(CLIENTS).await;
    let (app, api) = (reader(&place), place.house.own_application("api", ""));
    let code = place.code(&app, &[("resource", API)]).await;
    let shown = Tokens::read(&redeem(&app, &code, &[]).await);
    let page = exchange(&api, &shown.access_token, &[("resource", OTHER)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let passed = Jws::read(page.json()["access_token"].as_str().unwrap());
    assert_eq!(passed.claims["act"], serde_json::json!({ "sub": "api" }));
    assert_eq!(
        (&passed.claims["aud"], &passed.claims["client_id"]),
        (&OTHER.into(), &"api".into())
    );
    assert_eq!(passed.claims["sub"], shown.id_token["sub"]);
    // What was not shown to it is none of its business.
    let code = place.code(&app, &[("resource", OTHER)]).await;
    let single = place.house.own_application("single", "");
    let other = Tokens::read(&redeem(&app, &code, &[]).await);
    let page = exchange(&single, &other.access_token, &[]).await;
    assert_json(&page, 400, "unauthorized_client");
    place.close().await;
}

/// RT-12: client x exchange. A client that was taken out of the configuration, or may exchange no longer, gets nothing for
/// a token that is good until its end. Seen red with any grant type for any client.
#[tokio::test]
async fn a_client_that_was_taken_out_exchanges_nothing() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    let token = signed_in(&mut place, &app).await.access_token;
    let may_not = CLIENTS.replace(
        "grant_types = [\"authorization_code\", \"urn:ietf:params:oauth:grant-type:token-exchange\"]",
        "grant_types = [\"authorization_code\"]",
    );
    assert_ne!(may_not, CLIENTS);
    for (clients, refused) in [
        (CLIENTS, None),
        (&*may_not, Some((400, "unauthorized_client"))),
        ("", Some((401, "invalid_client"))),
    ] {
        let (address, stop) = twin(&place, "", clients).await;
        let page = exchange(&app.clone().at(address), &token, &[]).await;
        match refused {
            Some((status, error)) => assert_json(&page, status, error),
            None => assert_eq!(page.status, 200, "{}", page.body),
        }
        stop.cancel();
    }
    place.close().await;
}
