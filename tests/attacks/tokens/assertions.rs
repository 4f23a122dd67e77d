//! How an application that has keys asks for tokens, and what its assertions say.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use harness::{Application, Page};
use serde_json::{Value, json};

use crate::place::Place;
use crate::signing::ClientKey;

/// The one `client_assertion_type`.
pub(crate) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Seconds since 1970, by the server's clock, which is this machine's.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The claims of a good assertion of the client, with a `jti` of its own.
pub(crate) fn claims(place: &Place, client: &str) -> Value {
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    json!({
        "iss": client,
        "sub": client,
        "aud": place.house.issuer,
        "exp": now() + 60,
        "iat": now(),
        "jti": format!("assertion-{number}"),
    })
}

/// An application by another name, without a secret.
pub(crate) fn application(place: &Place, id: &str) -> Application {
    let mut app = place.app();
    app.client_id = id.to_owned();
    app.secret = None;
    app.redirect_uri = format!("https://{id}.example/cb");
    app
}

/// A token request for a code that never was: 400 `invalid_grant` to a proved client, 401 to everybody else.
pub(crate) async fn show(app: &Application, assertion: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", "never.was"),
        ("redirect_uri", &*app.redirect_uri),
        ("client_assertion_type", KIND),
        ("client_assertion", assertion),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    app.token_as(None, &fields).await
}

/// Shows what a key signs under the usual header.
pub(crate) async fn show_signed(app: &Application, key: &ClientKey, claims: &Value) -> Page {
    show(app, &key.sign(claims), &[]).await
}

/// The client was believed: what is wrong is the code.
#[track_caller]
pub(crate) fn assert_proved(page: &Page, case: &str) {
    assert_eq!((page.status.as_u16(), &*page.oauth_error()), (400, "invalid_grant"), "{case}");
}
