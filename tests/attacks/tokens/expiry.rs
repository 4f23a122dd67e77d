//! Access tokens at their end, shown wherever one is shown. Takes the shortest life that a token can be given.

use std::time::Duration;

use serde_json::json;

use crate::place::{Place, assert_json};
use crate::resources::{CLIENTS, reader};

/// U3, UI-01, N2, UI-05, E2; and E3: a token that was exchanged halfway ends with the one it was exchanged for. Seen red
/// with tokens that never end, and with a life of its own for what is exchanged.
#[tokio::test]
async fn an_access_token_that_has_expired_is_good_for_nothing() {
    let mut place = Place::with(&format!("[times]\naccess_token = \"60s\"\n{CLIENTS}")).await;
    let (app, reader) = (place.app(), reader(&place));
    let opaque = place.tokens().await.access_token;
    let code = place.code(&reader, &[]).await;
    let jwt = reader.tokens(&code).await.access_token;
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &*jwt),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("resource", "https://api.example/v1"),
    ];
    assert_eq!(reader.token(&exchange).await.status, 200, "before its end");
    for (app, token) in [(&app, &opaque), (&reader, &jwt)] {
        assert_eq!(app.userinfo(token).await.status, 200, "before its end");
    }
    tokio::time::sleep(Duration::from_secs(31)).await;
    let narrow = reader.token(&exchange).await.json();
    assert!((25..=30).contains(&narrow["expires_in"].as_i64().unwrap()), "{narrow}");
    let narrow = narrow["access_token"].as_str().unwrap().to_owned();
    let about = async |token: &str| {
        reader.post("/oauth2/introspect", &[("token", token)]).await.json()["active"].clone()
    };
    assert_eq!(about(&narrow).await, true);
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(about(&narrow).await, false);
    for (app, token) in [(&app, &opaque), (&reader, &jwt)] {
        let page = app.userinfo(token).await;
        assert_json(&page, 401, "invalid_token");
        assert!(page.header("www-authenticate").ends_with("error=\"invalid_token\""));
        let told = app.post("/oauth2/introspect", &[("token", token)]).await.json();
        assert_eq!(told, json!({ "active": false }));
    }
    assert_json(&reader.token(&exchange).await, 400, "invalid_request");
    place.close().await;
}
