//! Who may register: nobody, whoever holds the initial access token, or anybody.

use harness::Browser;
use serde_json::json;

use crate::scene::{OPEN, REGISTER, Registered, Scene, assert_refused, described};

const TOKEN: &str = "1n1t1al-access-t0ken-0123456789abcdef";

/// Seen red with the routes always there.
#[tokio::test]
async fn a_closed_house_has_no_such_endpoint_and_says_so() {
    let scene = Scene::with("").await;
    let body = described(json!({})).to_string();
    assert_eq!(scene.call("POST", REGISTER, "", &body).await.status, 404);
    for method in ["GET", "PUT", "DELETE"] {
        let page = scene.call(method, "/oauth2/register/app", "token", &body).await;
        assert_eq!(page.status, 404, "{method}");
    }
    let mut browser = Browser::new(&scene.house);
    let announced = browser.get("/.well-known/openid-configuration").await.json();
    assert!(announced.get("registration_endpoint").is_none());
    scene.house.close().await;
}

/// C7. Seen red with any token taken.
#[tokio::test]
async fn where_a_token_is_asked_for_nobody_registers_without_it() {
    let mode = format!("[registration]\nmode = \"token\"\ninitial_access_token = \"{TOKEN}\"\n");
    let scene = Scene::with(&mode).await;
    let mut browser = Browser::new(&scene.house);
    let announced = browser.get("/.well-known/openid-configuration").await.json();
    let endpoint = format!("{}/oauth2/register", scene.house.issuer);
    assert_eq!(announced["registration_endpoint"], endpoint.as_str());
    let body = described(json!({})).to_string();
    for (token, challenge) in [
        ("", "Bearer realm=\"magpie\""),
        ("wrong", "Bearer realm=\"magpie\", error=\"invalid_token\""),
        (&TOKEN[1..], "Bearer realm=\"magpie\", error=\"invalid_token\""),
    ] {
        let page = scene.call("POST", REGISTER, token, &body).await;
        assert_refused(&page, 401, "invalid_token");
        assert_eq!(page.header("www-authenticate"), challenge);
    }
    let in_query = format!("{REGISTER}?access_token={TOKEN}");
    assert_refused(&scene.call("POST", &in_query, "", &body).await, 401, "invalid_token");
    assert_eq!(scene.number("SELECT count(*) FROM clients").await, 0);
    let page = scene.call("POST", REGISTER, TOKEN, &body).await;
    assert_eq!(page.status, 201, "{}", page.body);
    // The initial token registers and does not manage, and what it let in is not swept.
    let client = Registered(page.json());
    let page = scene.call("GET", client.uri(), TOKEN, "").await;
    assert_refused(&page, 401, "invalid_token");
    let swept = "SELECT count(*) FROM clients WHERE unused_until IS NOT NULL";
    assert_eq!(scene.number(swept).await, 0);
    scene.house.close().await;
}

/// Law 1: a page of somebody else cannot register anything in passing, since JSON needs a preflight that nobody answers.
#[tokio::test]
async fn what_a_foreign_page_can_send_registers_nothing() {
    let scene = Scene::open().await;
    let body = described(json!({})).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [("content-type", kind), ("origin", "https://evil.example")];
        let page = scene.call_as(("POST", REGISTER), &headers, &body).await;
        assert_refused(&page, 400, "invalid_client_metadata");
    }
    let preflight = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let page = scene.call_as(("OPTIONS", REGISTER), &preflight, "").await;
    assert!(page.headers.get("access-control-allow-origin").is_none());
    assert_eq!(scene.number("SELECT count(*) FROM clients").await, 0);
    scene.house.close().await;
}

/// C7. Seen red without the limit.
#[tokio::test]
async fn one_address_cannot_call_without_end() {
    let scene = Scene::with(OPEN).await;
    let mut statuses = Vec::new();
    // Everybody on loopback together has ten times the limit of an address, and more of it as time goes by.
    for _ in 0..5000 {
        let page = scene.call("POST", REGISTER, "", "{}").await;
        statuses.push(page.status.as_u16());
        if page.status == 429 {
            assert_eq!(page.oauth_error(), "temporarily_unavailable");
            assert!(page.header("retry-after").parse::<u64>().unwrap() >= 1);
            break;
        }
    }
    assert_eq!(statuses.last(), Some(&429), "{}", statuses.len());
    assert!(statuses.len() > 500, "{}", statuses.len());
    scene.house.close().await;
}
