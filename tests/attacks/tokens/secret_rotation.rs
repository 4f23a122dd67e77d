//! Two secrets of one application: both count while it is moved from one to the other.

use crate::place::{Place, assert_json};

const MORE: &str = r#"
[[clients]]
id = "moving"
secret = "the-new-secret-of-the-moving-one-0123"
previous_secret = "the-old-secret-of-the-moving-one-0123"
redirect_uris = ["https://moving.example/cb"]
"#;

/// CA-14: a declared application, whose old secret counts for as long as it is configured.
#[tokio::test]
async fn both_secrets_of_a_declared_application_count_by_either_method() {
    let mut place = Place::with(MORE).await;
    let mut app = place.app();
    app.client_id = "moving".to_owned();
    app.redirect_uri = "https://moving.example/cb".to_owned();
    for (secret, is_right) in [
        ("the-new-secret-of-the-moving-one-0123", true),
        ("the-old-secret-of-the-moving-one-0123", true),
        ("the-old-secret-of-the-moving-one-0124", false),
        ("the-old-secret-of-the-moving-one-012", false),
    ] {
        app.secret = Some(secret.to_owned());
        let code = place.code(&app, &[]).await;
        let page = app.redeem(&code).await;
        if is_right {
            assert_eq!(page.status, 200, "{secret}: {}", page.body);
        } else {
            assert_json(&page, 401, "invalid_client");
        }
        app.secret = None;
        let code = place.code(&app, &[]).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", "https://moving.example/cb"),
            ("client_id", "moving"),
            ("client_secret", secret),
        ];
        let page = app.token_as(None, &fields).await;
        assert_eq!(page.status == 200, is_right, "{secret}: {}", page.body);
    }
    place.close().await;
}
