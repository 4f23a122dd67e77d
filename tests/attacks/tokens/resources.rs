//! Tokens for resource servers: which may be named (RFC 8707), what such a token says (RFC 9068), and who may have one
//! without a person (RFC 6749 §4.4).

use harness::{Application, Page, Tokens};

use crate::jws::Jws;
use crate::place::{Place, assert_json, redeem, refresh, refreshed};

const API: &str = "https://api.example/v1";
const OTHER: &str = "https://other.example";

pub(crate) const CLIENTS: &str = r#"
[[clients]]
id = "reader"
name = "Reads its tokens"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://reader.example/cb"]
scopes = ["openid", "profile"]
access_token_format = "jwt"
resources = ["https://api.example/v1", "https://other.example"]
grant_types = ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"]
[[clients]]
id = "lasting"
name = "Reads its tokens while people are away"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://lasting.example/cb"]
scopes = ["openid", "profile", "offline_access"]
access_token_format = "jwt"
resources = ["https://api.example/v1", "https://other.example"]
[[clients]]
id = "api"
name = "A resource server that asks others"
secret = "s3cr3t-of-the-application-0123456789abcdef"
scopes = ["openid", "profile"]
access_token_format = "jwt"
resources = ["https://api.example/v1", "https://other.example"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
[[clients]]
id = "service"
name = "Speaks for itself"
secret = "s3cr3t-of-the-application-0123456789abcdef"
scopes = []
grant_types = ["client_credentials"]
resources = ["https://api.example/v1", "https://other.example"]
[[clients]]
id = "single"
name = "Speaks for itself to one"
secret = "s3cr3t-of-the-application-0123456789abcdef"
scopes = []
grant_types = ["client_credentials"]
resources = ["https://api.example/v1"]
"#;

pub(crate) fn reader(place: &Place) -> Application {
    place.house.own_application("reader", "https://reader.example/cb")
}

async fn service(place: &Place, id: &str, more: &[(&str, &str)]) -> Page {
    let app = place.house.own_application(id, "");
    let mut fields = vec![("grant_type", "client_credentials")];
    fields.extend_from_slice(more);
    app.token(&fields).await
}

/// E4, E5, I5, design §4: one token for several resources, narrowed at the token endpoint, in the shape of RFC 9068.
#[tokio::test]
async fn a_token_is_for_the_resources_that_were_named_and_for_no_others() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    // A URL takes one value a name here, so the second resource is written behind.
    let start = format!("{}&resource={API}&resource={OTHER}", app.authorize(&[]));
    let code = place.browser.get(&start).await.sent("code").unwrap();
    let tokens = Tokens::read(&redeem(&app, &code, &[]).await);
    let token = Jws::read(&tokens.access_token);
    let set = place.browser.clone().get("/oauth2/jwks").await.json();
    assert!(token.is_signed_by(&set));
    assert_eq!(token.header["typ"], "at+jwt");
    assert_eq!(token.claims["aud"], serde_json::json!([API, OTHER, place.house.issuer]));
    assert_eq!(token.claims["sub"], tokens.id_token["sub"]);
    assert_eq!(
        (&token.claims["client_id"], &token.claims["scope"]),
        (&"reader".into(), &"openid profile".into())
    );
    let exp = token.claims["exp"].as_i64().unwrap() - token.claims["iat"].as_i64().unwrap();
    assert_eq!((exp, &tokens.answer["token_type"]), (3600, &"Bearer".into()));
    // It names openid and us, so userinfo takes it.
    assert_eq!(app.userinfo(&tokens.access_token).await.json()["sub"], tokens.id_token["sub"]);

    let code = place.browser.get(&start).await.sent("code").unwrap();
    let narrow = Tokens::read(&redeem(&app, &code, &[("resource", OTHER)]).await);
    assert_eq!(Jws::read(&narrow.access_token).claims["aud"], OTHER);
    let refused = app.userinfo(&narrow.access_token).await;
    assert_eq!(refused.status, 401, "a token for others is not for us");
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    place.close().await;
}

/// E4, TK-22: a refresh narrows what was granted and never widens it, and the next one has everything again. Seen red
/// with the resources of a refresh ignored.
#[tokio::test]
async fn a_refresh_narrows_the_audience_for_one_token_and_never_widens_it() {
    let mut place = Place::with(CLIENTS).await;
    let app = place.house.own_application("lasting", "https://lasting.example/cb");
    let asked = app.authorize(&[("scope", "openid offline_access")]);
    let start = format!("{asked}&resource={API}&resource={OTHER}");
    let code = place.browser.get(&start).await.sent("code").unwrap();
    let tokens = Tokens::read(&redeem(&app, &code, &[]).await);
    let page = refresh(&app, &tokens.refresh_token, &[("resource", OTHER)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let narrow = Tokens::read(&page);
    assert_eq!(Jws::read(&narrow.access_token).claims["aud"], OTHER);
    for wrong in ["https://evil.example", "relative", "https://api.example/v1#x"] {
        let page = refresh(&app, &narrow.refresh_token, &[("resource", wrong)]).await;
        assert_json(&page, 400, "invalid_target");
    }
    // Nothing of that stepped on, and nothing was given up for good.
    let whole = refreshed(&app, &narrow.refresh_token).await;
    let all = serde_json::json!([API, OTHER, place.house.issuer]);
    assert_eq!(Jws::read(&whole.access_token).claims["aud"], all);
    place.close().await;
}

/// E4, TK-22, A5.
#[tokio::test]
async fn a_resource_that_may_not_be_had_is_an_invalid_target_and_burns_nothing() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    for wrong in
        ["https://api.example", "relative", "https://api.example/v1%23x", "https://evil.example"]
    {
        let page = place.browser.get(&format!("{}&resource={wrong}", app.authorize(&[]))).await;
        assert_eq!(page.sent("error").as_deref(), Some("invalid_target"), "{wrong}");
        assert_eq!(page.sent("iss").as_deref(), Some(&*place.house.issuer));
    }
    let code = place.code(&app, &[("resource", API)]).await;
    for wrong in [OTHER, "relative", "https://evil.example", "https://api.example/v1#x"] {
        assert_json(&redeem(&app, &code, &[("resource", wrong)]).await, 400, "invalid_target");
    }
    assert_eq!(redeem(&app, &code, &[("resource", API)]).await.status, 200, "the code still works");
    // A client without resources has none to name.
    let page = place.browser.get(&place.app().authorize(&[("resource", API)])).await;
    assert_eq!(page.sent("error").as_deref(), Some("invalid_target"));
    place.close().await;
}

/// T21, E5, and RFC 9068 §2.2: `sub` is the client. Seen red with a refresh token beside it.
#[tokio::test]
async fn a_service_gets_a_token_for_a_named_resource_and_nothing_else() {
    let place = Place::with(CLIENTS).await;
    let page = service(&place, "single", &[("scope", "openid profile")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    let answer = page.json();
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["access_token", "expires_in", "token_type"]);
    let token = Jws::read(answer["access_token"].as_str().unwrap());
    assert!(token.is_signed_by(&place.browser.clone().get("/oauth2/jwks").await.json()));
    assert_eq!((&token.claims["aud"], &token.claims["sub"]), (&API.into(), &"single".into()));
    let app = place.app();
    let userinfo = app.userinfo(answer["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.status, 401, "nobody signed in");

    assert_json(&service(&place, "service", &[]).await, 400, "invalid_target");
    let named = service(&place, "service", &[("resource", OTHER)]).await.json();
    assert_eq!(Jws::read(named["access_token"].as_str().unwrap()).claims["aud"], OTHER);
    assert_json(&service(&place, "single", &[("resource", OTHER)]).await, 400, "invalid_target");
    assert_json(&service(&place, "app", &[]).await, 400, "unauthorized_client");
    let wrong = place.house.own_application("single", "");
    let page =
        wrong.token_as(Some("Basic c2luZ2xlOndyb25n"), &[("grant_type", "client_credentials")]);
    assert_json(&page.await, 401, "invalid_client");
    place.close().await;
}

/// T10: who has no use for the code grant cannot begin one.
#[tokio::test]
async fn a_service_cannot_send_people() {
    let mut place = Place::with(CLIENTS).await;
    let page = place.browser.get(&place.app().authorize(&[("client_id", "single")])).await;
    page.assert_error_page(400);
    place.close().await;
}

/// JW-05, B2, TK-14: neither token passes for the other, and a bent one passes for nothing.
#[tokio::test]
async fn an_id_token_is_no_access_token_and_a_bent_token_is_none_at_all() {
    let mut place = Place::with(CLIENTS).await;
    let app = reader(&place);
    let code = place.code(&app, &[]).await;
    let tokens = Tokens::read(&redeem(&app, &code, &[]).await);
    let id_token = tokens.answer["id_token"].as_str().unwrap().to_owned();
    assert_eq!(app.userinfo(&id_token).await.status, 401);
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
    let bent = |at: usize| {
        let mut bytes = tokens.access_token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    for at in [4, tokens.access_token.len() / 2, tokens.access_token.len() - 9] {
        assert_eq!(app.userinfo(&bent(at)).await.status, 401, "{at}");
    }
    let hint = place.browser.get(&app.authorize(&[("id_token_hint", &tokens.access_token)])).await;
    assert_eq!(
        hint.sent("error").as_deref(),
        Some("invalid_request"),
        "an access token is no hint"
    );
    place.close().await;
}
