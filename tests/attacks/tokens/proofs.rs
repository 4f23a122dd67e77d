//! Proofs of possession as an application makes them (RFC 9449 §4.2): signed with OpenSSL, with a nonce when one is asked.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Application, Page};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::assertions::now;
use crate::jws::part;
use crate::place::Place;
use crate::signing::ClientKey;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A key that proves itself.
#[derive(Debug, Clone)]
pub(crate) struct Prover {
    pub(crate) key: ClientKey,
    issuer: String,
}

impl Prover {
    pub(crate) fn new(place: &Place, algorithm: &'static str) -> Self {
        let key = ClientKey::new(algorithm, "proof").nameless();
        Self { key, issuer: place.house.issuer.clone() }
    }

    /// The thumbprint of RFC 7638, by hand: members in order, no space.
    pub(crate) fn thumbprint(&self) -> String {
        let jwk = self.key.jwk();
        let members: std::collections::BTreeMap<_, _> = jwk.as_object().unwrap().iter().collect();
        URL_SAFE_NO_PAD.encode(Sha256::digest(serde_json::to_string(&members).unwrap()))
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.key.algorithm, "jwk": self.key.jwk() })
    }

    /// Good claims for a call, but for the nonce.
    pub(crate) fn claims(&self, method: &str, path: &str, token: Option<&str>) -> Value {
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let mut claims = json!({
            "jti": format!("proof-{number}"), "htm": method, "iat": now(),
            "htu": format!("{}{path}", self.issuer),
        });
        if let Some(token) = token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(token)));
        }
        claims
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.key.sign_as(&self.header(), &part(claims))
    }

    /// A nonce of the server's, which it gives for a proof without one.
    pub(crate) async fn nonce(&self, app: &Application) -> String {
        let bare = self.sign(&self.claims("POST", "/oauth2/token", None));
        let page =
            call(app, "/oauth2/token", &[("grant_type", "client_credentials")], &[&bare]).await;
        page.header("dpop-nonce").to_owned()
    }

    /// A good proof for a form to that path.
    pub(crate) async fn proof(&self, app: &Application, path: &str) -> String {
        let mut claims = self.claims("POST", path, None);
        claims["nonce"] = json!(self.nonce(app).await);
        self.sign(&claims)
    }

    /// A good proof for userinfo.
    pub(crate) async fn at_userinfo(&self, app: &Application, token: &str) -> String {
        let mut claims = self.claims("GET", "/oauth2/userinfo", Some(token));
        claims["nonce"] = json!(self.nonce(app).await);
        self.sign(&claims)
    }
}

/// A form as the application sends it, with these `DPoP` headers.
pub(crate) async fn call(
    app: &Application,
    path: &str,
    fields: &[(&str, &str)],
    proofs: &[&str],
) -> Page {
    let url = app.authorize(&[]);
    let (issuer, _) = url.split_once("/oauth2/").unwrap();
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    if app.secret.is_none() {
        body.append_pair("client_id", &app.client_id);
    }
    let mut request = http::Request::post(format!("{issuer}{path}"))
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(basic) = app.basic() {
        request = request.header("authorization", basic);
    }
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    app.send(request.body(body.finish().into_bytes()).unwrap()).await
}

/// Userinfo with that `Authorization` header and these `DPoP` headers.
pub(crate) async fn userinfo(app: &Application, authorization: &str, proofs: &[&str]) -> Page {
    let url = app.authorize(&[]);
    let (issuer, _) = url.split_once("/oauth2/").unwrap();
    let mut request = http::Request::get(format!("{issuer}/oauth2/userinfo"))
        .header("authorization", authorization);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    app.send(request.body(Vec::new()).unwrap()).await
}
