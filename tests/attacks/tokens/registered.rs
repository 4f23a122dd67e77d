//! What a client registered of its tokens: its own algorithm, signed userinfo, a `sub` of its sector.

use harness::{Application, Tokens};

use crate::jws::Jws;
use crate::place::{Place, redeem};

const CLIENTS: &str = r#"
[[clients]]
id = "signed"
name = "Wants signatures"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://signed.example/cb"]
scopes = ["openid", "profile"]
id_token_signed_response_alg = "ES256"
userinfo_signed_response_alg = "PS256"
[[clients]]
id = "pair-a"
name = "Of one sector"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://sector.example/a"]
scopes = ["openid", "profile"]
subject_type = "pairwise"
[[clients]]
id = "pair-b"
name = "Of the same sector"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://sector.example/b"]
scopes = ["openid", "profile"]
subject_type = "pairwise"
id_token_claims = "fat"
[[clients]]
id = "pair-c"
name = "Of another sector"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://elsewhere.example/c"]
scopes = ["openid", "profile"]
subject_type = "pairwise"
access_token_format = "jwt"
"#;

async fn signed_in(place: &mut Place, app: &Application) -> Tokens {
    let code = place.code(app, &[]).await;
    Tokens::read(&redeem(app, &code, &[]).await)
}

/// I7, U9, D7: each algorithm that was registered is used, has its key, and is announced. B2, JW-05: what is signed of
/// the person is no ID token. Seen red with signed userinfo taken for a hint, and without its `aud`.
#[tokio::test]
async fn a_client_gets_the_algorithms_that_it_registered() {
    let mut place = Place::with(CLIENTS).await;
    let app = place.house.own_application("signed", "https://signed.example/cb");
    let tokens = signed_in(&mut place, &app).await;
    let set = place.browser.clone().get("/oauth2/jwks").await.json();
    let id_token = Jws::read(tokens.answer["id_token"].as_str().unwrap());
    assert_eq!(id_token.header["alg"], "ES256");
    assert!(id_token.is_signed_by(&set));
    let page = app.userinfo(&tokens.access_token).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "application/jwt"));
    assert_eq!(page.header("cache-control"), "no-store");
    let userinfo = Jws::read(&page.body);
    assert_eq!(userinfo.header["alg"], "PS256");
    assert!(userinfo.is_signed_by(&set));
    assert_eq!(userinfo.claims["iss"], place.house.issuer.as_str());
    assert_eq!(
        (&userinfo.claims["aud"], &userinfo.claims["sub"]),
        (&"signed".into(), &tokens.id_token["sub"])
    );
    assert_eq!(userinfo.claims["name"].as_str().map(str::is_empty), Some(false));
    let silent = [("prompt", "none"), ("id_token_hint", &*page.body)];
    let hinted = place.browser.get(&app.authorize(&silent)).await;
    assert_eq!(hinted.sent("error").as_deref(), Some("invalid_request"), "userinfo is no ID token");
    // Everybody else keeps the default.
    let plain = place.tokens().await;
    assert_eq!(Jws::read(plain.answer["id_token"].as_str().unwrap()).header["alg"], "RS256");
    let announced = place.browser.clone().get("/.well-known/openid-configuration").await.json();
    for name in ["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"] {
        assert_eq!(announced[name], serde_json::json!(["RS256", "PS256", "ES256"]));
    }
    place.close().await;
}

/// I8, U8: one `sub` in a sector, another in the next, the same in every token, and never the public one. Seen red with
/// the public subject for everybody, and with one for each client.
#[tokio::test]
async fn a_person_is_the_same_in_one_sector_and_somebody_else_in_another() {
    let mut place = Place::with(CLIENTS).await;
    let of = |id: &str, uri: &str| place.house.own_application(id, uri);
    let apps = [
        of("pair-a", "https://sector.example/a"),
        of("pair-b", "https://sector.example/b"),
        of("pair-c", "https://elsewhere.example/c"),
    ];
    let mut subjects = vec![place.tokens().await.subject()];
    for app in &apps {
        let tokens = signed_in(&mut place, app).await;
        let userinfo = app.userinfo(&tokens.access_token).await.json();
        assert_eq!(userinfo["sub"], tokens.id_token["sub"]);
        subjects.push(tokens.subject());
        // The hint of a client names its own person, and nobody else's does.
        let hint = tokens.answer["id_token"].as_str().unwrap().to_owned();
        let silent = [("prompt", "none"), ("id_token_hint", &*hint)];
        let page = place.browser.get(&app.authorize(&silent)).await;
        assert!(page.sent("code").is_some(), "{}", page.location());
        let page = place.browser.get(&place.house.application().authorize(&silent)).await;
        assert_eq!(page.sent("error").as_deref(), Some("login_required"));
    }
    let [public, a, b, c] = subjects.try_into().unwrap();
    assert_eq!(a, b);
    assert!(a != c && a != public && c != public);
    let again = signed_in(&mut place, &apps[0]).await;
    assert_eq!(again.subject(), a, "it never changes");
    place.close().await;
}
