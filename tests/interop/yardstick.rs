//! Who a person is at Magpie, asked by a client of the tests' own: what another client says of the same person is held
//! against it. That client must be among the clients which the test registers; [`client`] is its declaration.

use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::browser::Browser;
use crate::provider::Provider;
use crate::received::{assert_profile, text};
use crate::wire;

const ID: &str = "yardstick";
/// Nobody listens there: the answer is read off the browser's next step.
const CALLBACK: &str = "http://127.0.0.1:1/yardstick";

/// Its lines of the configuration.
pub(crate) fn client(secret: &str) -> String {
    format!("[[clients]]\nid = \"{ID}\"\nsecret = \"{secret}\"\nredirect_uris = [\"{CALLBACK}\"]\n")
}

/// What userinfo says of this person, who signs in for it in a browser of their own.
pub(crate) async fn person(provider: &Provider, person: &str) -> Value {
    let mut start = Url::parse(&format!("{}/oauth2/authorize", provider.issuer)).unwrap();
    start.query_pairs_mut().extend_pairs([
        ("client_id", ID),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile"),
    ]);
    let back = Browser::new()
        .sign_in_until(start.as_str(), person, |url| url.as_str().starts_with(CALLBACK))
        .await;
    let form = Serializer::new(String::new())
        .extend_pairs([("grant_type", "authorization_code"), ("redirect_uri", CALLBACK)])
        .extend_pairs([("client_id", ID), ("client_secret", provider.secret)])
        .append_pair("code", &back.parameter("code"))
        .finish();
    let request = Request::post(format!("{}/oauth2/token", provider.issuer))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let tokens = answer(request.body(form.into_bytes()).unwrap()).await;
    let claims = userinfo(provider, text(&tokens, "access_token")).await;
    assert_profile(&claims, provider, person).await;
    claims
}

/// What Magpie says of the bearer of this access token.
pub(crate) async fn userinfo(provider: &Provider, access_token: &str) -> Value {
    let request = Request::get(format!("{}/oauth2/userinfo", provider.issuer))
        .header(AUTHORIZATION, format!("Bearer {access_token}"));
    answer(request.body(Vec::new()).unwrap()).await
}

/// The JSON of an answer that must be a success.
pub(crate) async fn answer(request: Request<Vec<u8>>) -> Value {
    let url = request.uri().clone();
    let answer = wire::send(request).await.unwrap();
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status().is_success(), "{url}: {}: {body}", answer.status());
    serde_json::from_str(&body).unwrap()
}
