//! The one place where a stranger hands us a signed token: `id_token_hint`. What is not exactly an ID token of ours
//! names nobody.

use serde_json::{Value, json};

use crate::jws::{Jws, forged_hs256, forged_rs256, part, rsa_key};
use crate::place::Place;

/// What a request with that hint is answered: `code`, or the error.
async fn answered(place: &mut Place, hint: &str) -> String {
    let app = place.app();
    let page =
        place.browser.get(&app.authorize(&[("prompt", "none"), ("id_token_hint", hint)])).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.sent("error")
        .unwrap_or_else(|| page.sent("code").map_or(String::new(), |_| "code".to_owned()))
}

fn with(value: &Value, name: &str, changed: Option<Value>) -> Value {
    let mut value = value.clone();
    match changed {
        Some(changed) => value[name] = changed,
        None => drop(value.as_object_mut().unwrap().remove(name)),
    }
    value
}

/// JW-04, JW-05, JW-06, B1, B2, B3, B5. Seen red with the signature not looked at, with parts behind the third passed
/// over, and with the JSON serialization read.
#[tokio::test]
async fn a_hint_that_we_did_not_sign_as_an_id_token_is_refused() {
    let mut place = Place::open().await;
    let tokens = place.tokens().await;
    let own = tokens.answer["id_token"].as_str().unwrap().to_owned();
    assert_eq!(answered(&mut place, &own).await, "code", "the person of the session is meant");
    let before = place.facts.picture().await;
    let jws = Jws::read(&own);
    let set = place.browser.get("/oauth2/jwks").await.json();
    let parts: Vec<_> = own.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let key = rsa_key(&set["keys"][0]);
    let (pem, der) = (key.public_key_to_pem().unwrap(), key.public_key_to_der().unwrap());
    let hs256 = with(&jws.header, "alg", Some(json!("HS256")));
    let none = with(&jws.header, "alg", Some(json!("none")));
    let own_key = with(&jws.header, "jwk", Some(set["keys"][0].clone()));
    let header = |name: &str, changed: Option<Value>| {
        let header = with(&jws.header, name, changed);
        format!("{}.{body}.{signature}", part(&header))
    };
    let later = with(&jws.claims, "exp", Some(json!(4_000_000_000_i64)));
    let nobody = with(&jws.claims, "sub", Some(json!("somebody-else-000000000000")));
    let forged = [
        format!("{}.{body}.", part(&none)),
        format!("{}.{body}.{signature}", part(&none)),
        format!("{}.{body}", part(&none)),
        forged_hs256(&hs256, &jws.claims, &pem),
        forged_hs256(&hs256, &jws.claims, &der),
        forged_hs256(&hs256, &jws.claims, jws.kid().as_bytes()),
        forged_rs256(&jws.header, &jws.claims),
        forged_rs256(&own_key, &jws.claims),
        format!("{head}.{}.{signature}", part(&later)),
        format!("{head}.{}.{signature}", part(&nobody)),
        header("alg", Some(json!("PS256"))),
        header("alg", Some(json!("rs256"))),
        header("alg", None),
        header("kid", None),
        header("kid", Some(json!("../../root.key"))),
        header("kid", Some(json!("' OR 1=1 --"))),
        header("typ", Some(json!("at+jwt"))),
        header("crit", Some(json!(["exp"]))),
        header("b64", Some(json!(false))),
        format!("{head}..{signature}"),
        format!("{own}."),
        format!(".{own}"),
        format!("{own}.{own}"),
        format!("{head}.{body}.{signature}.{signature}.{signature}"),
        format!("{head}.{body}.{}", &signature[..signature.len() - 4]),
        format!("{head}.{body}.{signature}="),
        json!({"payload": body, "protected": head, "signature": signature}).to_string(),
        tokens.access_token.clone(),
        "null".to_owned(),
        "..".to_owned(),
    ];
    for hint in &forged {
        assert_eq!(answered(&mut place, hint).await, "invalid_request", "{hint}");
    }
    assert_eq!(place.facts.picture().await, before);
    place.close().await;
}

/// JW-05: the same root key, another issuer, other signing keys.
#[tokio::test]
async fn a_hint_of_another_house_is_refused() {
    let (mut here, mut there) = (Place::open().await, Place::open().await);
    let foreign = there.tokens().await.answer["id_token"].as_str().unwrap().to_owned();
    assert_eq!(answered(&mut here, &foreign).await, "invalid_request");
    here.close().await;
    there.close().await;
}
