//! The ID token as an application must read it: signature, every claim's type and value, and what stays the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Application, Page};
use sha2::{Digest as _, Sha256, Sha512};

use crate::jws::Jws;
use crate::place::{Place, redeem};
use crate::twin::twin;

async fn redeemed(place: &mut Place, app: &Application, more: &[(&str, &str)]) -> (Page, Jws) {
    let code = place.code(app, more).await;
    let page = redeem(app, &code, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let token = Jws::read(page.json()["id_token"].as_str().unwrap());
    (page, token)
}

fn now() -> i64 {
    i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

/// JW-01, JW-02, I4, I7: each algorithm verifies with OpenSSL against the published key, and with nothing else. Seen
/// red with the signature of P-256 in DER, with the whole hash as `at_hash`, and with that of another algorithm.
#[tokio::test]
async fn every_algorithm_verifies_with_another_library_against_the_key_set() {
    let mut place = Place::open().await;
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let keys = format!("default_algorithm = \"{algorithm}\"");
        let (address, stop) = twin(&place, "", &keys).await;
        let app = place.app().at(address);
        let (page, token) = redeemed(&mut place, &app, &[]).await;
        let set = place.browser.clone().at(address).get("/oauth2/jwks").await.json();
        assert_eq!(token.header["alg"], algorithm);
        assert_eq!(token.header["typ"], "JWT");
        assert!(token.is_signed_by(&set));
        let mut spoilt = token.clone();
        spoilt.signature[5] ^= 1;
        assert!(!spoilt.is_signed_by(&set), "the check can fail");
        let answer = page.json();
        let access = answer["access_token"].as_str().unwrap();
        let half = if algorithm == "EdDSA" {
            URL_SAFE_NO_PAD.encode(&Sha512::digest(access)[..32])
        } else {
            URL_SAFE_NO_PAD.encode(&Sha256::digest(access)[..16])
        };
        assert_eq!(token.claims["at_hash"], half.as_str());
        stop.cancel();
    }
    place.close().await;
}

/// JW-01, I1, I6, G4, G9: types and values. Seen red with `exp` as a text (G4), with another spelling of `iss`, with `aud`
/// as a list, with a blank nonce where none was sent, and with the profile in it.
#[tokio::test]
async fn every_claim_has_its_type_and_nothing_is_null() {
    let mut place = Place::open().await;
    let app = place.app();
    let before = now();
    let (_, token) = redeemed(&mut place, &app, &[("nonce", "n-1"), ("max_age", "1000")]).await;
    let claims = token.claims.as_object().unwrap().clone();
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "exp",
        "iat",
        "iss",
        "nonce",
        "sid",
        "sub",
    ];
    assert_eq!(names, expected, "no profile: it is for userinfo");
    assert_eq!(claims["iss"], place.house.issuer.as_str());
    assert_eq!((&claims["aud"], &claims["azp"]), (&"app".into(), &"app".into()));
    assert_eq!(claims["amr"], serde_json::json!(["website"]));
    assert_eq!(claims["acr"], "urn:magpie:acr:wechat");
    let subject = claims["sub"].as_str().unwrap();
    assert!((22..=255).contains(&subject.len()) && subject.is_ascii());
    let [iat, exp, auth_time] =
        ["iat", "exp", "auth_time"].map(|name| claims[name].as_i64().unwrap());
    assert!((before..=now()).contains(&iat) && exp == iat + 3600 && auth_time <= iat);
    let (_, other) = redeemed(&mut place, &app, &[]).await;
    assert!(other.claims.get("nonce").is_none(), "no nonce was sent");
    place.close().await;
}

/// I2. Seen red with a nonce cut after 255 characters, and with one escaped for HTML.
#[tokio::test]
async fn a_nonce_comes_back_to_the_byte() {
    let mut place = Place::open().await;
    let app = place.app();
    let long = "n".repeat(384);
    for nonce in ["x", "n-0S6_WzA2Mj.~", &long, "a+b c%41&d=é\"\\</script>", "👤"] {
        let (_, token) = redeemed(&mut place, &app, &[("nonce", nonce)]).await;
        assert_eq!(token.claims["nonce"], nonce);
    }
    place.close().await;
}

/// I3, I9: signing in was earlier than this token, and another login is another session. Seen red with the moment of
/// the token as `auth_time`, and with a `sid` for each grant.
#[tokio::test]
async fn auth_time_and_sid_are_those_of_the_sign_in() {
    let mut place = Place::open().await;
    let app = place.app();
    let (_, first) = redeemed(&mut place, &app, &[]).await;
    place.facts.run("UPDATE sessions SET auth_time = auth_time - 100").await;
    let (_, silent) = redeemed(&mut place, &app, &[]).await;
    let auth_time = |token: &Jws| token.claims["auth_time"].as_i64().unwrap();
    assert_eq!(auth_time(&silent), auth_time(&first) - 100, "not the moment of the token");
    assert_eq!(silent.claims["sid"], first.claims["sid"]);
    let other = place.house.other_application();
    let (_, elsewhere) = redeemed(&mut place, &other, &[]).await;
    assert_eq!(elsewhere.claims["aud"], "other");
    assert_eq!(elsewhere.claims["sub"], first.claims["sub"]);
    let start = app.authorize(&[("prompt", "login")]);
    let page = place.browser.sign_in(&place.house, &start, "xiaoyu").await;
    let again = app.tokens(&page.sent("code").unwrap()).await;
    assert_eq!(again.id_token["sub"], first.claims["sub"]);
    assert!(again.id_token["auth_time"].as_i64().unwrap() >= auth_time(&first));
    place.close().await;
}
