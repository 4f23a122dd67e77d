//! Requests that an application signed: only what is inside counts, and only what its own key signed for us, now.

use harness::{Browser, House};
use serde_json::{Value, json};

use crate::pushed::{open, push};
use crate::scene::{assert_code, assert_told, assert_told_with, rows, signed_in, spelled};
use crate::signing::{self, Key, SIGNING, application, claims, header, now};

fn asked(house: &House, jwt: &str, more: &[(&str, &str)]) -> String {
    spelled(house, &[&[("client_id", "signing"), ("request", jwt)][..], more].concat())
}

/// J1, AZ-21: what stands around a signed request is anybody's and counts for nothing. Seen red with what stands around
/// it put in its place.
#[tokio::test]
async fn only_what_was_signed_counts() {
    let key = Key::new();
    let house = signing::house(&key, "").await;
    let app = application(&house);
    let mut browser = signed_in(&house, "xiaoyu").await;
    let jwt =
        key.sign(&header(), &claims(&house, &json!({"claims": {"userinfo": {"name": null}}})));
    let outer = [
        ("redirect_uri", "https://evil.example/"),
        ("state", "outer"),
        ("nonce", "outer"),
        ("scope", "openid wechat"),
        ("response_type", "token"),
        ("response_mode", "form_post"),
        ("prompt", "login"),
    ];
    for more in [&[][..], &outer] {
        let page = browser.get(&asked(&house, &jwt, more)).await;
        let code = assert_code(&page, &house, SIGNING);
        assert_eq!(page.sent("state").as_deref(), Some("inner-state"));
        let tokens = app.tokens(&code).await;
        assert_eq!(tokens.id_token["nonce"], "inner-nonce");
    }
    // What is wrong inside is told where the inside says.
    let jwt = key.sign(&header(), &claims(&house, &json!({"scope": "profile"})));
    let page = browser.get(&asked(&house, &jwt, &outer)).await;
    assert_told_with(&page, &house, SIGNING, ("invalid_scope", Some("inner-state")));
    let jwt =
        key.sign(&header(), &claims(&house, &json!({"redirect_uri": "https://evil.example/"})));
    browser.get(&asked(&house, &jwt, &[("redirect_uri", SIGNING)])).await.assert_error_page(400);
    house.close().await;
}

/// J2, J3, J4, A22: every object that is not this client's, for us, now, and whole is refused: to the application where
/// its redirect URI is proved, else on a page. Nothing is written. Seen red with the signature not checked, with
/// issuer, audience and times not checked, with the client inside not compared, with nested objects let in, with
/// request and request_uri let in together, and with everything told on a page.
#[tokio::test]
async fn an_object_that_cannot_be_believed_is_refused() {
    let (key, stranger) = (Key::new(), Key::new());
    let house = signing::house(&key, "").await;
    let before = rows(&house).await;
    let mut browser = Browser::new(&house);
    let good = claims(&house, &json!({}));
    let none = |claims: &Value| {
        let jwt = key.sign(&json!({"alg": "none"}), claims);
        jwt.rsplit_once('.').unwrap().0.to_owned() + "."
    };
    let with = |other: Value| key.sign(&header(), &claims(&house, &other));
    let headed = |header: Value| key.sign(&header, &good);
    let mut changed = key.sign(&header(), &good);
    changed.replace_range(changed.len() - 8..changed.len() - 4, "AAAA");
    for (why, jwt) in [
        ("unsigned", none(&good)),
        ("another's key", stranger.sign(&header(), &good)),
        ("changed", changed),
        ("another algorithm", headed(json!({"alg": "HS256", "kid": "one"}))),
        ("another key id", headed(json!({"alg": "RS256", "kid": "two"}))),
        ("another kind", headed(json!({"alg": "RS256", "kid": "one", "typ": "at+jwt"}))),
        ("brings a key", headed(json!({"alg": "RS256", "jwk": key.jwk("one")}))),
        ("no token", "junk".to_owned()),
        ("encrypted", "a.b.c.d.e".to_owned()),
        ("other issuer", with(json!({"iss": "app"}))),
        ("no issuer", with(json!({"iss": null}))),
        ("other audience", with(json!({"aud": "https://other.example"}))),
        ("no audience", with(json!({"aud": null}))),
        ("expired", with(json!({"exp": now() - 61}))),
        ("not yet", with(json!({"nbf": now() + 120}))),
        ("milliseconds", with(json!({"exp": now() * 1000}))),
        ("other client", with(json!({"client_id": "app"}))),
        ("no client", with(json!({"client_id": null}))),
        ("nested", with(json!({"request": "x"}))),
        ("nested by address", with(json!({"request_uri": "https://signing.example/r"}))),
        ("an assertion", with(json!({"sub": "signing"}))),
    ] {
        browser.get(&asked(&house, &jwt, &[])).await.sound(why);
        let proved = [("redirect_uri", SIGNING), ("state", crate::scene::STATE)];
        let page = browser.get(&asked(&house, &jwt, &proved)).await;
        assert_told(&page, &house, SIGNING, "invalid_request_object");
    }
    let both = [("request_uri", "urn:ietf:params:oauth:request_uri:x"), ("redirect_uri", SIGNING)];
    let page = browser.get(&asked(&house, &key.sign(&header(), &good), &both)).await;
    assert_told_with(&page, &house, SIGNING, ("invalid_request", None));
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

trait Sound {
    /// An error page, or an answer at the one address that the client signed.
    fn sound(&self, why: &str);
}

impl Sound for harness::Page {
    fn sound(&self, why: &str) {
        if self.status == 303 {
            assert!(self.location().starts_with(SIGNING), "{why}: {}", self.location());
            assert_eq!(self.sent("error").as_deref(), Some("invalid_request_object"), "{why}");
        } else {
            self.assert_error_page(400);
        }
    }
}

/// J1 and §4.8: an object may be pushed, alone counts there too, and needs no browser to carry it.
#[tokio::test]
async fn a_signed_request_can_be_pushed() {
    let key = Key::new();
    let house = signing::house(&key, "require_signed_request_object = true").await;
    let app = application(&house);
    let mut browser = signed_in(&house, "xiaoyu").await;
    let plain = browser.get(&app.authorize(&[])).await;
    assert_told(&plain, &house, SIGNING, "invalid_request");
    let refused = push(&house, &app, &[]).await;
    assert_eq!((refused.status.as_u16(), &*refused.oauth_error()), (400, "invalid_request"));
    let jwt = key.sign(&header(), &claims(&house, &json!({})));
    let pushed = push(&house, &app, &[("request", &jwt), ("state", "outer")]).await;
    let page = browser.get(&open(&house, &app, &pushed)).await;
    let code = assert_code(&page, &house, SIGNING);
    assert_eq!(page.sent("state").as_deref(), Some("inner-state"));
    assert_eq!(app.tokens(&code).await.id_token["nonce"], "inner-nonce");
    let bad = Key::new().sign(&header(), &claims(&house, &json!({})));
    let refused = push(&house, &app, &[("request", &bad)]).await;
    assert_eq!((refused.status.as_u16(), &*refused.oauth_error()), (400, "invalid_request_object"));
    house.close().await;
}

/// J3: a client that registered one algorithm uses no other. Seen red with any of our algorithms allowed to every
/// client.
#[tokio::test]
async fn a_registered_algorithm_is_the_only_one() {
    let key = Key::new();
    let house = signing::house(&key, r#"request_object_signing_alg = "PS256""#).await;
    let jwt = key.sign(&header(), &claims(&house, &json!({})));
    let proved = [("redirect_uri", SIGNING), ("state", crate::scene::STATE)];
    let page = Browser::new(&house).get(&asked(&house, &jwt, &proved)).await;
    assert_told(&page, &house, SIGNING, "invalid_request_object");
    house.close().await;
}

/// Q7: a browser that cannot sign in is given no link that would only be refused elsewhere.
#[tokio::test]
async fn a_client_that_must_sign_gets_no_link_to_carry_elsewhere() {
    let key = Key::new();
    let house = signing::house(&key, "require_signed_request_object = true").await;
    let jwt = key.sign(&header(), &claims(&house, &json!({})));
    let mut phone = Browser::of(&house, harness::PHONE);
    let page = phone.get(&asked(&house, &jwt, &[])).await;
    assert_eq!(page.marker(), "open-in-wechat");
    assert!(!page.body.contains("id=\"link\""), "{}", page.body);
    assert!(page.body.contains("id=\"begin\""), "{}", page.body);
    let pushed = push(&house, &application(&house), &[]).await;
    assert_eq!(pushed.status, 400, "not signed");
    house.close().await;
}
