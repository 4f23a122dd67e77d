//! PKCE where a code is asked for and where it is redeemed (RFC 7636, RFC 9700 §2.1.1).

use harness::{Application, House};

use crate::scene::{assert_code, assert_told, rows, signed_in};

const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-43";
const TARGET: &str = "https://app.example/cb?keep=1";
const LOOPBACK: &str = "http://127.0.0.1/cb";

/// AZ-26, P2, P3: a challenge is 43 characters of base64url under S256, or it is refused. Seen red with plain and no
/// method taken, with challenges of any length, with any characters, and with a method without a challenge let through.
#[tokio::test]
async fn only_a_well_formed_s256_challenge_is_taken() {
    let house = House::open().await;
    let mut browser = signed_in(&house, "xiaoyu").await;
    let good = Application::challenge(VERIFIER);
    let (short, long, longer) = ("a".repeat(42), "a".repeat(44), "a".repeat(129));
    let (padded, plus) = (format!("{}=", "a".repeat(42)), format!("{}+", "a".repeat(42)));
    let (dotted, foreign) = (format!("{}.", "a".repeat(42)), "é".repeat(43));
    let before = rows(&house).await;
    let places = [(house.application(), TARGET), (house.public_application(), LOOPBACK)];
    for (application, target) in &places {
        for (challenge, method) in [
            (&*good, "plain"),
            (&good, ""),
            (&good, "s256"),
            (&good, "S256 "),
            (&good, "S512"),
            (VERIFIER, "plain"),
            (VERIFIER, "S256"),
            (&short, "S256"),
            (&long, "S256"),
            (&longer, "S256"),
            (&padded, "S256"),
            (&plus, "S256"),
            (&dotted, "S256"),
            (&foreign, "S256"),
            ("", "S256"),
            ("", "plain"),
        ] {
            let pkce = [("code_challenge", challenge), ("code_challenge_method", method)];
            let page = browser.get(&application.authorize(&pkce)).await;
            assert_told(&page, &house, target, "invalid_request");
        }
    }
    assert_eq!(rows(&house).await, before);
    for (application, target) in &places {
        let pkce = [("code_challenge", &*good), ("code_challenge_method", "S256")];
        assert_code(&browser.get(&application.authorize(&pkce)).await, &house, target);
    }
    house.close().await;
}

/// AZ-26, P1, P6, B7 and design §6: required of public applications always, of others where the operator says so. Seen
/// red with nobody asked for a challenge, with public applications alone asked, and with everybody asked.
#[tokio::test]
async fn who_must_use_pkce_is_refused_without_it() {
    let house = House::with(
        r#"
[[clients]]
id = "strict"
name = "A strict application"
secret = "s3cr3t-of-the-strict-one-0123456789abcdef"
redirect_uris = ["https://strict.example/cb"]
scopes = ["openid"]
require_pkce = true
"#,
    )
    .await;
    let mut browser = signed_in(&house, "xiaoyu").await;
    let before = rows(&house).await;
    let public = house.public_application();
    let page = browser.get(&public.authorize(&[])).await;
    assert_told(&page, &house, LOOPBACK, "invalid_request");
    let strict = [("client_id", "strict"), ("redirect_uri", "https://strict.example/cb")];
    let page = browser.get(&public.authorize(&strict)).await;
    assert_told(&page, &house, "https://strict.example/cb", "invalid_request");
    assert_eq!(rows(&house).await, before);
    let plain = house.application();
    let code = assert_code(&browser.get(&plain.authorize(&[])).await, &house, TARGET);
    assert_eq!(plain.redeem(&code).await.status, 200);
    house.close().await;
}

/// P4, P5: once sent, a challenge must be met; and a verifier for which nobody asked is refused. Seen red with a
/// missing verifier let through, with a wrong one, and with one without a challenge.
#[tokio::test]
async fn a_challenge_once_sent_must_be_met_and_none_can_be_added_later() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let challenge = Application::challenge(VERIFIER);
    let bound = [("code_challenge", &*challenge), ("code_challenge_method", "S256")];
    for (asked, verifier) in [
        (&bound[..], ""),
        (&bound, "another-verifier-that-is-long-enough-0123456789"),
        (&bound, &*challenge),
        (&bound, "too-short"),
        (&[], VERIFIER),
    ] {
        let code = assert_code(&browser.get(&app.authorize(asked)).await, &house, TARGET);
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", &*app.redirect_uri),
        ];
        fields.extend((!verifier.is_empty()).then_some(("code_verifier", verifier)));
        let page = app.token(&fields).await;
        assert_eq!(
            (page.status.as_u16(), &*page.oauth_error()),
            (400, "invalid_grant"),
            "{verifier}"
        );
    }
    house.close().await;
}
