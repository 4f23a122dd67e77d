//! Clients of the FAPI 2.0 Security Profile, whatever the operator set for all the others.

use crate::assertions::{KIND, application, claims};
use crate::client_assertions::Keys;
use crate::place::{Place, VERIFIER};

/// B8, T11, FAPI 2.0 §5.3.2.1: a code lives for a minute at most. Seen red with `[times] code` for everybody.
#[tokio::test]
async fn a_code_of_a_fapi_client_lives_for_a_minute_whatever_the_operator_set() {
    let keys = Keys::new();
    let mut place = Place::with(&format!("[times]\ncode = \"5m\"\n{}", keys.configuration())).await;
    let life = "SELECT max(code_expires_at - created_at) FROM grants";
    assert_eq!(place.facts.number(life).await, 300, "the person's own sign-in, at another client");
    let app = application(&place, "strict");
    let assertion = keys.ec.sign(&claims(&place, "strict"));
    let challenge = harness::Application::challenge(VERIFIER);
    let fields = [
        ("client_assertion_type", KIND),
        ("client_assertion", &*assertion),
        ("response_type", "code"),
        ("scope", "openid"),
        ("redirect_uri", &app.redirect_uri),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let page = app.post_as("/oauth2/par", None, &fields).await;
    assert_eq!(page.status, 201, "{}", page.body);
    let uri = page.json()["request_uri"].as_str().unwrap().to_owned();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", "strict").append_pair("request_uri", &uri);
    let page = place.browser.get(&format!("/oauth2/authorize?{}", query.finish())).await;
    assert!(page.sent("code").is_some(), "{}", page.body);
    assert_eq!(place.facts.number(&format!("{life} WHERE client_id = 'strict'")).await, 60);
    place.close().await;
}
