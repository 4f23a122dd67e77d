//! Synapse, a Matrix homeserver (PyPI `matrix-synapse[oidc]`), in `synapse/homeserver.yaml`.
//! A Matrix application sends the browser through the homeserver and gets a token back, which it redeems for an account.

use http::{Request, header};
use serde_json::{Value, json};

use crate::application::{Application, Script, Stock};
use crate::browser::Browser;
use crate::provider::{PLAIN_SECRET, Provider, STOCK};
use crate::received::{Received, is_user_name, text};
use crate::wire;

const SYNAPSE: Stock = Stock {
    name: "Synapse",
    script: Script::Python("synapse", &["run.py"]),
    callback: "/_synapse/client/oidc/callback",
    secret: PLAIN_SECRET,
    policy: "",
};

/// The account as a Matrix application knows it.
struct Account {
    user_id: String,
    access_token: String,
}

async fn ask(application: &Application, request: http::request::Builder, body: &Value) -> Value {
    let path = request.uri_ref().unwrap().to_string();
    let request = request.uri(application.at(&format!("/_matrix/client/v3{path}")));
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let answer = wire::send(request.body(body).unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status().is_success(), "{path}: {} {said}", answer.status());
    serde_json::from_str(&said).unwrap()
}

async fn sign_in(application: &Application, person: &str) -> Account {
    let back = application.at("/matrix-application");
    let mut start =
        url::Url::parse(&application.at("/_matrix/client/v3/login/sso/redirect/oidc-magpie"))
            .unwrap();
    start.query_pairs_mut().append_pair("redirectUrl", &back);
    let mut browser = Browser::new();
    let arrival =
        browser.sign_in_until(start.as_str(), person, |url| url.as_str().starts_with(&back)).await;
    assert!(
        arrival.url.as_str().starts_with(&back),
        "{} at {}: {}",
        arrival.status,
        arrival.url,
        arrival.body
    );
    let asked = |name| Received::asked_on(&arrival.way, name);
    assert_eq!(asked("client_id").as_deref(), Some(STOCK));
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    assert!(asked("nonce").is_some() && asked("state").is_some());

    let login = json!({ "type": "m.login.token", "token": arrival.parameter("loginToken") });
    let account = ask(application, Request::post("/login"), &login).await;
    Account {
        user_id: text(&account, "user_id").to_owned(),
        access_token: text(&account, "access_token").to_owned(),
    }
}

async fn assert_is(
    account: &Account,
    application: &Application,
    provider: &Provider,
    person: &str,
) {
    let name = account.user_id.strip_prefix('@').and_then(|rest| rest.strip_suffix(":localhost"));
    assert!(name.is_some_and(is_user_name), "{}", account.user_id);
    let profile =
        ask(application, Request::get(format!("/profile/{}", account.user_id)), &Value::Null).await;
    assert_eq!(text(&profile, "displayname"), provider.nickname_of(person));
    // The homeserver fetched the picture and keeps a copy.
    assert!(text(&profile, "avatar_url").starts_with("mxc://localhost/"), "{profile}");
    let bearer = format!("Bearer {}", account.access_token);
    let addresses = Request::get("/account/3pid").header(header::AUTHORIZATION, bearer);
    assert_eq!(ask(application, addresses, &Value::Null).await, json!({ "threepids": [] }));
}

#[tokio::test]
async fn synapse_registers_the_person_and_finds_the_account_again() {
    let Some((provider, application)) = SYNAPSE.start().await else { return };
    let first = sign_in(&application, "laowang").await;
    assert_is(&first, &application, &provider, "laowang").await;
    let again = sign_in(&application, "laowang").await;
    assert_eq!(again.user_id, first.user_id);
    let other = sign_in(&application, "xiaoyu").await;
    assert_is(&other, &application, &provider, "xiaoyu").await;
    assert_ne!(other.user_id, first.user_id, "two people, one account");
}
