//! Guessing at codes and secrets: whoever fails too often is asked to wait, and nobody else is.

use futures_util::future::join_all;
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

/// TK-20: a thousand addresses that guess at one application are a thousand shares; who has none left waits alone, and
/// the application works on. What is remembered of them is bounded (`crates/web/src/kit/throttle/tests.rs`).
/// Seen red without a limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_addresses_that_guess_keep_nobody_waiting_but_who_has_used_up_his_share() {
    let mut place = Place::open().await;
    let (address, stop) = twin(&place, "trusted_proxies = [\"127.0.0.0/8\"]", "").await;
    let app = place.app().at(address);
    let code = place.plain_code().await;
    let before = place.facts.picture().await;
    let whom = |number: usize| format!("198.18.{}.{}", number / 250, number % 250);
    for hundred in 0..10 {
        let guesses = (0..100).map(async |number| {
            // Half of them guess at the secret, half at the code.
            let secret = if number % 2 == 0 { "wrong" } else { app.secret.as_deref().unwrap() };
            ask(&app, &whom(hundred * 100 + number), secret, "wrong").await
        });
        for (number, page) in join_all(guesses).await.iter().enumerate() {
            let expected =
                if number % 2 == 0 { (401, "invalid_client") } else { (400, "invalid_grant") };
            assert_json(page, expected.0, expected.1);
        }
    }
    let greedy = join_all((0..70).map(async |_| ask(&app, &whom(7), "wrong", "wrong").await)).await;
    assert!(greedy.iter().any(|page| page.status == 429), "one more than a share");
    assert_eq!(ask(&app, &whom(7), "wrong", "wrong").await.status, 429);
    assert_json(&ask(&app, &whom(8), "wrong", "wrong").await, 401, "invalid_client");
    assert_eq!(place.facts.picture().await, before, "a guess leaves no row");
    let secret = app.secret.clone().unwrap();
    let page = ask(&app, &whom(9), &secret, &code).await;
    assert_eq!(page.status, 200, "{}", page.body);
    stop.cancel();
    place.close().await;
}
