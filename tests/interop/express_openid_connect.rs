//! express-openid-connect (npm) in `npm/express_openid_connect.mjs`: the code flow, and what its defaults meet.

use http::StatusCode;

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{ODD_SECRET, Provider, STOCK};
use crate::received::{Received, assert_profile};

const SCRIPT: &str = "express_openid_connect.mjs";
const EXPRESS: Stock = Stock {
    name: "express-openid-connect",
    script: Script::Node("npm", &[SCRIPT]),
    callback: "/callback",
    secret: ODD_SECRET,
    policy: r#"preset = "express-openid-connect""#,
};

async fn assert_is(received: &Received, provider: &Provider, person: &str) {
    received.assert_id_token(provider, STOCK);
    assert!(received.asked("nonce").is_some());
    assert_eq!(received.asked("code_challenge_method").as_deref(), Some("S256"));
    // It never asks userinfo: the user is what the ID token says.
    assert_profile(&received.environment, provider, person).await;
}

#[tokio::test]
async fn express_openid_connect_with_the_code_flow_has_the_person_in_its_session() {
    let Some((provider, application)) = EXPRESS.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login", "laowang").await;
    assert_is(&first, &provider, "laowang").await;
    let other = application.sign_in(&mut Browser::new(), "/login", "xiaoyu").await;
    assert_is(&other, &provider, "xiaoyu").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}

/// Its defaults ask for `response_type=id_token` by form post, which is refused where and how it asked (OAuth 2.0 Form
/// Post Response Mode): the person comes back to the application, which shows our words.
#[tokio::test]
async fn express_openid_connect_with_its_defaults_is_told_that_there_is_only_the_code_flow() {
    let defaults = Stock { script: Script::Node("npm", &[SCRIPT, "defaults"]), ..EXPRESS };
    let Some((provider, application)) = defaults.start().await else { return };
    let arrival = application.visit(&mut Browser::new(), "/login", "laowang").await;
    let asked = |name| Received::asked_on(&arrival.way, name);
    assert_eq!(asked("response_type").as_deref(), Some("id_token"));
    assert_eq!(asked("response_mode").as_deref(), Some("form_post"));

    assert!(arrival.url.as_str().ends_with("/callback"), "{:#?}", arrival.way_in_words());
    assert_eq!(arrival.url.query(), None, "the answer was to be posted");
    assert_eq!(arrival.status, StatusCode::BAD_REQUEST, "{}", arrival.body);
    let shown: serde_json::Value = serde_json::from_str(&arrival.body).unwrap();
    assert_eq!(shown.get("code"), Some(&"unsupported_response_type".into()), "{shown}");
    let words = "only response_type=code is supported";
    assert_eq!(shown.get("description"), Some(&words.into()), "{shown}");
    assert_eq!(provider.wechat.exchanges(), 0, "WeChat was asked for nothing");
}
