//! Guessing at codes and secrets: whoever fails too often is asked to wait, and nobody else is.

use harness::{Application, Page};

use crate::place::{Place, assert_json};
use crate::twin::twin;

/// A token request that a proxy forwards for somebody.
async fn ask(app: &Application, whom: &str, secret: &str, code: &str) -> Page {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "authorization_code"),
            ("client_id", &*app.client_id),
            ("client_secret", secret),
            ("redirect_uri", &*app.redirect_uri),
            ("code", code),
        ])
        .finish();
    let issuer = app.authorize(&[]);
    let (issuer, _) = issuer.split_once("/oauth2/").unwrap();
    let request = http::Request::post(format!("{issuer}/oauth2/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", whom);
    app.send(request.body(body.into_bytes()).unwrap()).await
}

/// TK-20: per address and application, failures alone, and a forged first hop counts for nothing.
#[tokio::test]
async fn who_fails_too_often_is_asked_to_wait_and_nobody_else_is() {
    let mut place = Place::open().await;
    let (address, stop) = twin(&place, "trusted_proxies = [\"127.0.0.0/8\"]", "").await;
    let app = place.app().at(address);
    let secret = app.secret.clone().unwrap();
    let mut limited = 0;
    for attempt in 0..100 {
        let (secret, code) =
            if attempt % 2 == 0 { (&*secret, "wrong") } else { ("wrong", "wrong") };
        let page = ask(&app, &format!("198.51.100.{attempt}, 203.0.113.9"), secret, code).await;
        if page.status == 429 {
            assert_eq!(page.oauth_error(), "temporarily_unavailable");
            assert_eq!(page.header("cache-control"), "no-store");
            assert!((1..=60).contains(&page.header("retry-after").parse::<u32>().unwrap()));
            limited += 1;
        } else if attempt % 2 == 0 {
            assert_json(&page, 400, "invalid_grant");
        } else {
            assert_json(&page, 401, "invalid_client");
        }
    }
    assert!((35..=40).contains(&limited), "60 a minute: {limited}");
    assert_json(&ask(&app, "203.0.113.10", &secret, "wrong").await, 400, "invalid_grant");
    let code = place.plain_code().await;
    let page = ask(&app, "203.0.113.9", &secret, &code).await;
    assert_eq!(page.status, 429, "a right guess is told like a wrong one: {}", page.body);
    let page = ask(&app, "203.0.113.10", &secret, &code).await;
    assert_eq!(page.status, 200, "the application works on elsewhere, its code untouched");
    let other = place.house.other_application().at(address);
    let code = place.code(&other, &[]).await;
    let page = ask(&other, "203.0.113.9", &secret, &code).await;
    assert_eq!(page.status, 200, "another application behind that address too: {}", page.body);
    stop.cancel();
    place.close().await;
}
