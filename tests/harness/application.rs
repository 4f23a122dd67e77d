//! An application as RFC 6749 and OpenID Connect Core describe it, written from those texts alone.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::house::House;
use crate::logs;
use crate::page::Page;
use crate::wire;

/// An application that is registered with the house.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret, if it has one.
    pub secret: Option<String>,
    /// Its redirect URI.
    pub redirect_uri: String,
    address: SocketAddr,
    issuer: String,
}

/// What an application received for a code.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// The claims of the ID token, not verified.
    pub id_token: Value,
    /// The refresh token; empty where none came.
    pub refresh_token: String,
    /// The whole answer.
    pub answer: Value,
}

impl Application {
    pub(crate) fn new(
        house: &House,
        client_id: &str,
        secret: Option<&str>,
        redirect_uri: &str,
    ) -> Self {
        Self {
            client_id: client_id.to_owned(),
            secret: secret.map(str::to_owned),
            redirect_uri: redirect_uri.to_owned(),
            address: house.address(),
            issuer: house.issuer.clone(),
        }
    }

    /// The same application, asking another replica.
    #[must_use]
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// An authorization request with these parameters besides the necessary ones; an empty value leaves one out.
    #[must_use]
    pub fn authorize(&self, more: &[(&str, &str)]) -> String {
        let mut all = vec![
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("state", "state-of-the-application"),
        ];
        for (name, value) in more {
            all.retain(|(known, _)| known != name);
            if !value.is_empty() {
                all.push((name, value));
            }
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(all);
        format!("{}/oauth2/authorize?{}", self.issuer, query.finish())
    }

    /// The S256 challenge of a verifier.
    #[must_use]
    pub fn challenge(verifier: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
    }

    /// A token request of these fields; the secret goes by Basic.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Page {
        self.token_as(self.basic().as_deref(), fields).await
    }

    /// A token request with any `Authorization` header, or none.
    pub async fn token_as(&self, authorization: Option<&str>, fields: &[(&str, &str)]) -> Page {
        self.post_as("/oauth2/token", authorization, fields).await
    }

    /// A form to some endpoint below the issuer; the secret goes by Basic, a public client sends its name.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        if self.secret.is_none() {
            fields.push(("client_id", &self.client_id));
        }
        self.post_as(path, self.basic().as_deref(), &fields).await
    }

    /// The `Authorization` header of a confidential client.
    #[must_use]
    pub fn basic(&self) -> Option<String> {
        self.secret.as_ref().map(|secret| {
            format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.client_id)))
        })
    }

    /// A form to some endpoint with any `Authorization` header, or none.
    pub async fn post_as(
        &self,
        path: &str,
        authorization: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let mut request = http::Request::post(format!("{}{path}", self.issuer))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(body.finish().into_bytes()).expect("a request");
        self.send(request).await
    }

    /// Redeems a code as it should be done.
    pub async fn redeem(&self, code: &str) -> Page {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
        ];
        if self.secret.is_none() {
            fields.push(("client_id", &self.client_id));
        }
        self.token(&fields).await
    }

    /// Redeems a code and reads the tokens.
    pub async fn tokens(&self, code: &str) -> Tokens {
        let page = self.redeem(code).await;
        assert_eq!(page.status, 200, "{}", page.body);
        Tokens::read(&page)
    }

    /// Userinfo by an access token.
    pub async fn userinfo(&self, access_token: &str) -> Page {
        let request = http::Request::get(format!("{}/oauth2/userinfo", self.issuer))
            .header(header::AUTHORIZATION, format!("Bearer {access_token}"));
        self.send(request.body(Vec::new()).expect("a request")).await
    }

    /// Any request to the house.
    pub async fn send(&self, request: wire::Request) -> Page {
        let url = request.uri().to_string();
        let page = Page::new(&url, wire::send(self.address, request).await);
        if let Ok(answer) = serde_json::from_str::<Value>(&page.body) {
            let names = ["access_token", "id_token", "refresh_token", "device_code", "user_code"];
            for name in names.into_iter().chain(["client_secret", "registration_access_token"]) {
                logs::remember(answer[name].as_str().unwrap_or_default());
            }
        }
        page
    }
}

impl Tokens {
    /// Reads a token response.
    #[must_use]
    pub fn read(page: &Page) -> Self {
        let answer = page.json();
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let payload = text("id_token").split('.').nth(1).map(str::to_owned).unwrap_or_default();
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
        Self {
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
            id_token: serde_json::from_slice(&payload).unwrap_or(Value::Null),
            answer,
        }
    }

    /// Who signed in.
    #[must_use]
    pub fn subject(&self) -> String {
        self.id_token["sub"].as_str().expect("a subject").to_owned()
    }
}
