//! `private_key_jwt`: every way to sign, address, date and repeat an assertion wrongly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::assertions::{KIND, application, assert_proved, claims, now, show, show_signed};
use crate::jws::{forged_hs256, part};
use crate::place::{Place, assert_json};
use crate::signing::{ClientKey, set};

/// A client with keys of every kind, one that registered ES256 alone, and one of FAPI 2.0.
pub(crate) struct Keys {
    pub(crate) rsa: ClientKey,
    pub(crate) ec: ClientKey,
    pub(crate) ed: ClientKey,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            rsa: ClientKey::new("RS256", "rsa"),
            ec: ClientKey::new("ES256", "ec"),
            ed: ClientKey::new("EdDSA", "ed").nameless(),
        }
    }

    pub(crate) fn configuration(&self) -> String {
        let all = set(&[&self.rsa, &self.ec, &self.ed]);
        let client = |id: &str, more: &str| {
            format!(
                "[[clients]]\nid = \"{id}\"\nredirect_uris = [\"https://{id}.example/cb\"]\njwks = '{all}'\n{more}\n"
            )
        };
        let pinned = client("pinned", "token_endpoint_auth_signing_alg = \"ES256\"");
        let strict = client("strict", "security_profile = \"fapi2\"");
        format!("{}{pinned}{strict}", client("keyed", ""))
    }
}

async fn places(keys: &Keys) -> Vec<Place> {
    let mut places = vec![Place::with(&keys.configuration()).await];
    if let Some(database) = harness::Database::on_postgres().await {
        let more = keys.configuration();
        let plan = harness::Plan { database: Some(database), more, ..harness::Plan::default() };
        places.push(Place::of(plan).await);
    }
    places
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// T7: all four algorithms, keys with and without a name, and a whole login.
#[tokio::test]
async fn an_assertion_of_any_of_the_clients_keys_proves_it() {
    let keys = Keys::new();
    for mut place in places(&keys).await {
        let app = application(&place, "keyed");
        let all = [
            keys.rsa.clone(),
            keys.rsa.using("PS256"),
            keys.rsa.nameless(),
            keys.ec.clone(),
            keys.ec.nameless(),
            keys.ed.clone(),
            keys.ed.named("whatever"),
        ];
        for key in &all {
            let code = place.code(&app, &[]).await;
            let assertion = key.sign(&claims(&place, "keyed"));
            let page = show(&app, &assertion, &[("code", &code), ("client_id", "keyed")]).await;
            assert_eq!(page.status, 200, "{}: {}", key.algorithm, page.body);
        }
        for header in [
            json!({ "alg": "ES256" }),
            json!({ "alg": "ES256", "typ": "client-authentication+jwt" }),
            json!({ "alg": "ES256", "typ": "application/jwt" }),
        ] {
            let assertion = keys.ec.sign_as(&header, &part(&claims(&place, "keyed")));
            assert_proved(&show(&app, &assertion, &[]).await, &header.to_string());
        }
        place.close().await;
    }
}

/// CA-08, T7. Seen red with a skew of an hour.
#[tokio::test]
async fn an_assertion_is_about_the_client_for_us_and_for_now() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let app = application(&place, "keyed");
    let good = || claims(&place, "keyed");
    let before = place.facts.picture().await;
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        let page = show_signed(&app, &keys.ec, &without(good(), name)).await;
        assert_json(&page, 401, "invalid_client");
    }
    let issuer = place.house.issuer.clone();
    for (name, value) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("iss", json!(["keyed"])),
        ("aud", json!("https://other.example")),
        ("aud", json!(format!("{issuer}/"))),
        ("aud", json!(format!("{issuer}/oauth2/userinfo"))),
        ("aud", json!([])),
        ("aud", json!(["https://other.example"])),
        ("aud", json!([issuer, 1])),
        ("aud", json!({ issuer.as_str(): true })),
        ("exp", json!(now() - 60)),
        ("exp", json!(now() + 3600 + 120)),
        ("exp", json!(now() + 10 * 365 * 86_400)),
        ("nbf", json!(now() + 90)),
        ("iat", json!(now() + 90)),
        ("jti", json!("")),
        ("jti", json!(7)),
    ] {
        let page = show_signed(&app, &keys.ec, &with(good(), name, value.clone())).await;
        assert_eq!(page.status, 401, "{name} {value}: {}", page.body);
        assert_json(&page, 401, "invalid_client");
    }
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(place.facts.number("SELECT count(*) FROM seen_once").await, 0);
    for (name, value) in [
        ("aud", json!([issuer])),
        ("aud", json!(["https://other.example", issuer])),
        ("aud", json!(format!("{issuer}/oauth2/token"))),
        ("aud", json!(format!("{issuer}/oauth2/par"))),
        ("exp", json!(now() + 3600)),
        ("nbf", json!(now() + 8)),
        ("iat", json!(now() + 8)),
        ("iat", json!(now() - 86_400)),
    ] {
        let page = show_signed(&app, &keys.ec, &with(good(), name, value.clone())).await;
        assert_proved(&page, &format!("{name} {value}"));
    }
    place.close().await;
}

/// CA-09. Seen red with such a time taken for an absent one, and with any number taken for a time.
#[tokio::test]
async fn times_that_are_no_seconds_are_refused_and_nothing_breaks() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let app = application(&place, "keyed");
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!((now() + 60) * 1000),
            json!(1e300),
            json!(-1),
            json!(format!("{}", now() + 60)),
            Value::Null,
            json!([now() + 60]),
            json!(18_446_744_073_709_551_615_u64),
            json!(true),
        ] {
            let claims = with(claims(&place, "keyed"), name, value.clone());
            let page = show_signed(&app, &keys.ec, &claims).await;
            assert_eq!(page.status, 401, "{name} {value}: {}", page.body);
        }
    }
    assert_proved(&show_signed(&app, &keys.ec, &claims(&place, "keyed")).await, "afterwards");
    place.close().await;
}

/// CA-10, T7, B2. Seen red with any of our algorithms allowed to every client.
#[tokio::test]
async fn the_token_does_not_choose_how_it_is_checked() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let (app, pinned) = (application(&place, "keyed"), application(&place, "pinned"));
    let good = || claims(&place, "keyed");
    for name in ["none", "None", "NONE", "es256", "ES512", "HS256", "RSA1_5", ""] {
        let header = json!({ "alg": name, "kid": "ec" });
        let page = show(&app, &keys.ec.sign_as(&header, &part(&good())), &[]).await;
        assert_eq!(page.status, 401, "{name}");
        let bare = format!("{}.{}.", part(&header), part(&good()));
        assert_eq!(show(&app, &bare, &[]).await.status, 401, "{name} without a signature");
    }
    for header in [json!({ "alg": "HS256", "kid": "rsa" }), json!({ "alg": "HS256" })] {
        for secret in [keys.rsa.pem(), keys.rsa.jwk().to_string().into_bytes(), vec![0]] {
            let forged = forged_hs256(&header, &good(), &secret);
            assert_json(&show(&app, &forged, &[]).await, 401, "invalid_client");
        }
    }
    let stranger = ClientKey::new("ES256", "ec");
    for forged in [
        stranger.sign(&good()),
        keys.ec.sign_as(&json!({ "alg": "ES256", "kid": "rsa" }), &part(&good())),
        keys.rsa.sign_as(&json!({ "alg": "PS256", "kid": "rsa" }), &part(&good())),
        keys.ec.sign_as(&json!({ "alg": "ES256", "jwk": stranger.jwk() }), &part(&good())),
        keys.ec.sign_as(&json!({ "alg": "ES256", "crit": ["exp"] }), &part(&good())),
        keys.ec.sign_as(&json!({ "alg": "ES256", "typ": "logout+jwt" }), &part(&good())),
        keys.ec.sign_as(&json!({ "alg": "ES256", "typ": "dpop+jwt" }), &part(&good())),
        keys.ec.sign_as(&json!({ "alg": "ES256", "typ": "oauth-authz-req+jwt" }), &part(&good())),
    ] {
        assert_json(&show(&app, &forged, &[]).await, 401, "invalid_client");
    }
    for (key, is_registered) in [(&keys.ec, true), (&keys.rsa, false), (&keys.ed, false)] {
        let page = show_signed(&pinned, key, &claims(&place, "pinned")).await;
        assert_eq!(page.status == 400, is_registered, "{}: {}", key.algorithm, page.body);
    }
    place.close().await;
}

/// T8, FAPI 2.0 §5.3.2.1: the issuer, as a text, and no RS256. Seen red with the token endpoint among the audiences.
#[tokio::test]
async fn a_fapi_client_addresses_the_issuer_alone() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let app = application(&place, "strict");
    let issuer = place.house.issuer.clone();
    let addressed = |aud: Value| with(claims(&place, "strict"), "aud", aud);
    for wrong in [
        json!([issuer]),
        json!(format!("{issuer}/oauth2/token")),
        json!([issuer, format!("{issuer}/oauth2/token")]),
    ] {
        let page = show_signed(&app, &keys.ec, &addressed(wrong.clone())).await;
        assert_eq!(page.status, 401, "{wrong}");
    }
    let weak = show_signed(&app, &keys.rsa, &addressed(json!(issuer))).await;
    assert_json(&weak, 401, "invalid_client");
    for key in [keys.ec.clone(), keys.rsa.using("PS256"), keys.ed.clone()] {
        let page = show_signed(&app, &key, &addressed(json!(issuer))).await;
        assert_eq!(page.status, 400, "{}: {}", key.algorithm, page.body);
    }
    place.close().await;
}

/// B5, CA-12. Seen red with the later of two members taken, with `zip` passed over, without the limit on size, and
/// without the one on depth.
#[tokio::test]
async fn huge_deep_and_ambiguous_assertions_are_refused() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let app = application(&place, "keyed");
    let header = json!({ "alg": "ES256", "kid": "ec" });
    let good = claims(&place, "keyed").to_string();
    let encoded = |text: String| URL_SAFE_NO_PAD.encode(text);
    // Well formed, so that its depth alone is wrong.
    let nested = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep = format!("{},\"x\":{nested}}}", &good[..good.len() - 1]);
    let twice = format!("{},\"exp\":{}}}", &good[..good.len() - 1], now() + 61);
    let named_twice = format!("{},\"sub\":\"keyed\"}}", &good[..good.len() - 1]);
    for payload in [deep, twice, named_twice] {
        let page = show(&app, &keys.ec.sign_as(&header, &encoded(payload)), &[]).await;
        assert_json(&page, 401, "invalid_client");
    }
    let zipped = json!({ "alg": "ES256", "kid": "ec", "zip": "DEF" });
    let page = show(&app, &keys.ec.sign_as(&zipped, &encoded(good.clone())), &[]).await;
    assert_json(&page, 401, "invalid_client");
    let large = with(claims(&place, "keyed"), "x", json!("x".repeat(13_000)));
    assert_eq!(show_signed(&app, &keys.ec, &large).await.status, 401);
    let began = std::time::Instant::now();
    let huge = with(claims(&place, "keyed"), "x", json!("x".repeat(1_000_000)));
    assert!([401, 413].contains(&show_signed(&app, &keys.ec, &huge).await.status.as_u16()));
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    place.close().await;
}

/// T6, RFC 7521 §4.2: one way at a time, of one client, under the one type. Nothing of it burns the assertion. Seen red
/// with a second way passed over, with another client's name passed over, and with any type.
#[tokio::test]
async fn an_assertion_comes_alone_and_under_its_type() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let app = application(&place, "keyed");
    let assertion = keys.ec.sign(&claims(&place, "keyed"));
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("app:x"));
    let fields = [("client_assertion_type", KIND), ("client_assertion", &*assertion)];
    assert_json(&app.token_as(Some(&basic), &fields).await, 400, "invalid_request");
    for (more, status) in [
        (("client_secret", "x"), 400),
        (("client_id", "app"), 401),
        (("client_id", "pinned"), 401),
        (
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
            401,
        ),
        (("client_assertion_type", ""), 401),
    ] {
        let page = show(&app, &assertion, &[more]).await;
        assert_eq!(page.status, status, "{more:?}: {}", page.body);
    }
    let twice = [fields[0], fields[1], fields[1]];
    assert_json(&app.token_as(None, &twice).await, 400, "invalid_request");
    assert_proved(&show(&app, &assertion, &[("client_id", "keyed")]).await, "at last");
    place.close().await;
}

/// CA-01: who has no keys, is unknown, or signs for somebody else hears what everybody hears. Seen red with unknown
/// clients told that they are.
#[tokio::test]
async fn nobody_learns_which_clients_have_keys() {
    let keys = Keys::new();
    let place = Place::with(&keys.configuration()).await;
    let mut bodies = Vec::new();
    for id in ["app", "native", "nobody", "keyed"] {
        let app = application(&place, id);
        let stranger = ClientKey::new("ES256", "ec");
        let page = show_signed(&app, &stranger, &claims(&place, id)).await;
        assert_json(&page, 401, "invalid_client");
        bodies.push(page.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let app = application(&place, "keyed");
    let bare = [("grant_type", "authorization_code"), ("code", "a.b"), ("client_id", "keyed")];
    assert_json(&app.token_as(None, &bare).await, 401, "invalid_client");
    place.close().await;
}

/// T7. Seen red with the answer of the mark ignored.
#[tokio::test]
async fn an_assertion_counts_once_and_its_id_is_the_clients_own() {
    let keys = Keys::new();
    for place in places(&keys).await {
        let (app, pinned) = (application(&place, "keyed"), application(&place, "pinned"));
        let first = claims(&place, "keyed");
        let assertion = keys.ec.sign(&first);
        assert_proved(&show(&app, &assertion, &[]).await, "first");
        assert_json(&show(&app, &assertion, &[]).await, 401, "invalid_client");
        // Signed anew, by another key, for longer: the id was seen.
        let again = with(first.clone(), "exp", json!(now() + 600));
        assert_json(&show_signed(&app, &keys.rsa, &again).await, 401, "invalid_client");
        let mut other = first;
        other["iss"] = json!("pinned");
        other["sub"] = json!("pinned");
        assert_proved(&show_signed(&pinned, &keys.ec, &other).await, "the same id of another");
        assert_eq!(place.facts.number("SELECT count(*) FROM seen_once").await, 2);
        place.close().await;
    }
}

/// CC-10: one assertion, 64 callers, two replicas. Seen red with the answer of the mark ignored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_show_one_assertion_to_two_replicas_exactly_one_is_believed() {
    let keys = Keys::new();
    for place in places(&keys).await {
        let (address, stop) = place.house.replica().await;
        let apps = [application(&place, "keyed"), application(&place, "keyed").at(address)];
        for _round in 0..3 {
            let assertion = keys.ec.sign(&claims(&place, "keyed"));
            let shown = (0..64).map(|turn| show(&apps[turn % 2], &assertion, &[]));
            let pages = join_all(shown).await;
            let believed = pages.iter().filter(|page| page.status == 400).count();
            let refused = pages.iter().filter(|page| page.status == 401).count();
            assert_eq!((believed, refused), (1, 63));
        }
        stop.cancel();
        place.close().await;
    }
}
