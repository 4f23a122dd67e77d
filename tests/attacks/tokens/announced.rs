//! Algorithms that discovery names, each driven: those of request objects, of signed answers and of introspection.

use serde_json::json;

use crate::assertions::now;
use crate::client_assertions::Keys;
use crate::jws::Jws;
use crate::place::Place;
use crate::signing::ClientKey;

const OIDC: &str = "/.well-known/openid-configuration";

/// D7: a request object is read with every algorithm that is announced, and with no other. Seen red with `EdDSA` refused.
#[tokio::test]
async fn request_objects_are_read_with_each_announced_algorithm() {
    let keys = Keys::new();
    let mut place = Place::with(&keys.configuration()).await;
    let document = place.browser.get(OIDC).await.json();
    let listed = document["request_object_signing_alg_values_supported"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    let object = |key: &ClientKey, issuer: &str| {
        key.sign(&json!({
            "iss": "keyed", "aud": issuer, "exp": now() + 60, "client_id": "keyed",
            "response_type": "code", "scope": "openid", "redirect_uri": "https://keyed.example/cb",
        }))
    };
    let issuer = place.house.issuer.clone();
    for algorithm in listed {
        let key = match algorithm.as_str().unwrap() {
            "RS256" => keys.rsa.clone(),
            "PS256" => keys.rsa.using("PS256"),
            "ES256" => keys.ec.clone(),
            _ => keys.ed.clone(),
        };
        let start = format!("/oauth2/authorize?client_id=keyed&request={}", object(&key, &issuer));
        let page = place.browser.get(&start).await;
        assert!(
            page.status == 303 && page.sent("code").is_some(),
            "{algorithm}: {} {}",
            page.status,
            page.body
        );
    }
    place.close().await;
}

/// D7, JARM §3, RFC 9701 §6: who registered an algorithm for signed answers and for introspection gets it. Seen red with
/// the algorithm of ID tokens for answers, and with the usual one for introspection.
#[tokio::test]
async fn answers_and_introspection_are_signed_as_the_client_registered() {
    let client = |id: &str, answers: &str, introspection: &str| {
        format!(
            "[[clients]]\nid = \"{id}\"\nsecret = \"s3cr3t-of-the-application-0123456789abcdef\"\n\
             redirect_uris = [\"https://{id}.example/cb\"]\n\
             authorization_signed_response_alg = \"{answers}\"\n\
             introspection_signed_response_alg = \"{introspection}\"\n"
        )
    };
    let more = client("one", "ES256", "PS256") + &client("two", "PS256", "ES256");
    let mut place = Place::with(&more).await;
    let set = place.browser.get("/oauth2/jwks").await.json();
    let document = place.browser.get(OIDC).await.json();
    for (id, answers, introspection) in [("one", "ES256", "PS256"), ("two", "PS256", "ES256")] {
        let app = place.house.own_application(id, &format!("https://{id}.example/cb"));
        let page = place.browser.get(&app.authorize(&[("response_mode", "jwt")])).await;
        let answer = Jws::read(&page.sent("response").unwrap());
        assert_eq!(answer.header["alg"], answers);
        assert!(answer.is_signed_by(&set));
        let tokens = app.tokens(answer.claims["code"].as_str().unwrap()).await;
        let body = format!("token={}", tokens.access_token);
        let kind = "application/token-introspection+jwt";
        let request = http::Request::post(format!("{}/oauth2/introspect", place.house.issuer))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", app.basic().unwrap())
            .header("accept", kind);
        let page = app.send(request.body(body.into_bytes()).unwrap()).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, kind));
        let told = Jws::read(&page.body);
        assert_eq!(told.header["alg"], introspection);
        assert!(told.is_signed_by(&set));
        for (list, used) in [
            ("authorization_signing_alg_values_supported", answers),
            ("introspection_signing_alg_values_supported", introspection),
        ] {
            assert!(document[list].as_array().unwrap().contains(&json!(used)), "{list}: {used}");
        }
    }
    place.close().await;
}
