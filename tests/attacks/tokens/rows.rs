//! Law 12: however an application runs wild, and whoever registered it, its rows grow with a limit, and nobody else waits.

use harness::{Application, Page};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::assertions::{KIND, claims};
use crate::device_scene::DEVICES;
use crate::place::{Place, assert_json};
use crate::proofs::{Prover, call};
use crate::signing::{ClientKey, set};
use crate::twin::twin;

const OPEN: &str = "[registration]\nmode = \"open\"\n";
const NEAR: &str = "203.0.113.9";
const FAR: &str = "203.0.113.10";
const URI: &str = "https://new.example/cb";

/// A house, and a process of it behind a proxy that names who calls.
struct Scene {
    place: Place,
    address: std::net::SocketAddr,
    stop: CancellationToken,
}

impl Scene {
    async fn with(more: &str) -> Self {
        let place = Place::with(more).await;
        let clients = if more == DEVICES { DEVICES } else { "" };
        let (address, stop) = twin(&place, "trusted_proxies = [\"127.0.0.0/8\"]", clients).await;
        Self { place, address, stop }
    }

    async fn send(&self, whom: &str, request: http::request::Builder, body: Vec<u8>) -> Page {
        let request = request.header("x-forwarded-for", whom).body(body).unwrap();
        self.place.app().at(self.address).send(request).await
    }

    async fn post(&self, whom: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = http::Request::post(format!("{}{path}", self.place.house.issuer))
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(whom, request, body.into_bytes()).await
    }

    async fn registered(&self, more: Value) -> Application {
        let mut body = json!({ "client_name": "Newcomer", "redirect_uris": [URI] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = http::Request::post(format!("{}/oauth2/register", self.place.house.issuer))
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .unwrap();
        let page = self.place.app().send(request).await;
        assert_eq!(page.status, 201, "{}", page.body);
        let told = page.json();
        let mut app = self.place.app();
        app.client_id = told["client_id"].as_str().unwrap().to_owned();
        app.secret = told["client_secret"].as_str().map(str::to_owned);
        app.redirect_uri = URI.to_owned();
        app
    }

    async fn close(self) {
        self.stop.cancel();
        self.place.close().await;
    }
}

#[track_caller]
fn assert_slowed(page: &Page) {
    assert_json(page, 429, "temporarily_unavailable");
    assert!((1..=60).contains(&page.header("retry-after").parse::<u32>().unwrap()));
}

fn request<'a>(app: &'a Application, uri: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("client_id", &app.client_id),
        ("client_secret", app.secret.as_deref().unwrap_or_default()),
        ("redirect_uri", uri),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("junk", "of no meaning"),
    ]
}

/// Q8. Seen red with the count left out, and with everything kept.
#[tokio::test]
async fn who_registered_himself_pushes_with_a_limit_and_keeps_no_junk() {
    let scene = Scene::with(OPEN).await;
    let app = scene.registered(json!({ "token_endpoint_auth_method": "client_secret_post" })).await;
    // What is refused leaves nothing and counts for nothing.
    for _ in 0..30 {
        let page = scene.post(NEAR, "/oauth2/par", &request(&app, "https://else.example/")).await;
        assert_json(&page, 400, "invalid_request");
    }
    let mut given = 0;
    for _ in 0..90 {
        let page = scene.post(NEAR, "/oauth2/par", &request(&app, URI)).await;
        if page.status == 201 {
            given += 1;
        } else {
            assert_slowed(&page);
        }
    }
    assert!((60..=64).contains(&given), "60 a minute: {given}");
    let facts = &scene.place.facts;
    assert_eq!(facts.number("SELECT count(*) FROM pushed_requests").await, given);
    let junk = "SELECT count(*) FROM pushed_requests WHERE parameters LIKE '%junk%'";
    assert_eq!(facts.number(junk).await, 0);
    assert_eq!(scene.post(FAR, "/oauth2/par", &request(&app, URI)).await.status, 201);
    // An application of the operator's has ten times as much, and none of it is gone.
    let vouched = scene.place.app();
    for _ in 0..100 {
        let fields = request(&vouched, &vouched.redirect_uri);
        assert_eq!(scene.post(NEAR, "/oauth2/par", &fields).await.status, 201);
    }
    scene.close().await;
}

/// Seen red with the count left out.
#[tokio::test]
async fn assertions_of_who_registered_himself_are_remembered_with_a_limit() {
    let scene = Scene::with(OPEN).await;
    let key = ClientKey::new("ES256", "ec");
    let keys: Value = serde_json::from_str(&set(&[&key])).unwrap();
    let app = scene
        .registered(json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": keys }))
        .await;
    let show = async |whom: &str| {
        let assertion = key.sign(&claims(&scene.place, &app.client_id));
        let fields = [
            ("client_id", &*app.client_id),
            ("client_assertion_type", KIND),
            ("client_assertion", &assertion),
            ("token", "unknown"),
        ];
        scene.post(whom, "/oauth2/revoke", &fields).await
    };
    let mut given = 0;
    for _ in 0..360 {
        let page = show(NEAR).await;
        if page.status == 200 {
            given += 1;
        } else {
            assert_slowed(&page);
        }
    }
    assert!((300..=345).contains(&given), "300 a minute: {given}");
    let rows = scene.place.facts.number("SELECT count(*) FROM seen_once").await;
    assert_eq!(rows, given);
    assert_eq!(show(FAR).await.status, 200);
    scene.close().await;
}

/// Seen red with the count left out.
#[tokio::test]
async fn proofs_of_who_registered_himself_are_remembered_with_a_limit() {
    let mut scene = Scene::with(OPEN).await;
    let app = scene.registered(json!({})).await;
    let page = scene.place.browser.get(&app.authorize(&[("scope", "openid")])).await;
    let page = scene.place.browser.post(&page.action(), &[("step", "allow")]).await;
    let code = page.sent("code").unwrap_or_else(|| panic!("{}", page.body));
    let prover = Prover::new(&scene.place, "ES256");
    let proof = prover.proof(&app, "/oauth2/token").await;
    let fields = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", URI)];
    let tokens = call(&app, "/oauth2/token", &fields, &[&proof]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let nonce = prover.nonce(&app).await;
    let ask = async |whom: &str| {
        let mut claims = prover.claims("GET", "/oauth2/userinfo", Some(&token));
        claims["nonce"] = json!(nonce);
        let request = http::Request::get(format!("{}/oauth2/userinfo", scene.place.house.issuer))
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", prover.sign(&claims));
        scene.send(whom, request, Vec::new()).await
    };
    let mut given = 0;
    for _ in 0..360 {
        let page = ask(NEAR).await;
        if page.status == 200 {
            given += 1;
        } else {
            assert_slowed(&page);
        }
    }
    assert!((300..=345).contains(&given), "300 a minute: {given}");
    assert_eq!(ask(FAR).await.status, 200);
    scene.close().await;
}

/// Law 12. Seen red with the count before the proof of the client: the first address locked everybody out.
#[tokio::test]
async fn an_address_with_invented_names_keeps_no_device_from_its_codes() {
    let scene = Scene::with(DEVICES).await;
    for number in 0..4000 {
        let name = format!("invented-{number}");
        let page = scene.post(NEAR, "/oauth2/device", &[("client_id", &name)]).await;
        assert_json(&page, 401, "invalid_client");
    }
    let page = scene.post(FAR, "/oauth2/device", &[("client_id", "tv")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let page = scene.post(NEAR, "/oauth2/device", &[("client_id", "tv")]).await;
    assert_eq!(page.status, 200, "nor one behind the same address: {}", page.body);
    scene.close().await;
}
