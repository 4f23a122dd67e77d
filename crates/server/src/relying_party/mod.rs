//! A relying party of our own, for the demo application and `magpie try-login`, made of the stock `openidconnect`
//! crate: if the code that writes our tokens also read them, a mistake they share would stay invisible.
//! It proves everything an application should prove: state, nonce, PKCE, issuer, audience, signature, subject.

pub mod demo_application;
pub mod try_login;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_outbound::{CallFailed, Http};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreProviderMetadata,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What went wrong, in words for a developer. Carries no token or code.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{step}: {reason}")]
pub struct RelyingPartyFailed {
    /// The step that failed.
    pub step: &'static str,
    /// Why.
    pub reason: String,
}

impl RelyingPartyFailed {
    fn at(step: &'static str) -> impl Fn(&dyn std::error::Error) -> Self {
        move |error| {
            let mut reason = error.to_string();
            let mut cause = error.source();
            while let Some(next) = cause {
                reason.push_str(": ");
                reason.push_str(&next.to_string());
                cause = next.source();
            }
            Self { step, reason }
        }
    }

    fn because(step: &'static str, reason: &str) -> Self {
        Self { step, reason: reason.to_owned() }
    }
}

/// Who we are to the issuer.
#[derive(Clone)]
pub struct Registration {
    /// The issuer, exactly as configured.
    pub issuer: String,
    /// Our `client_id`.
    pub client_id: String,
    /// Our secret; none for a public client.
    pub secret: Option<String>,
    /// Our redirect URI.
    pub redirect_uri: String,
    /// What we ask for besides `openid`.
    pub scopes: Vec<String>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A login that has begun: what must be kept until the browser comes back.
pub struct Begun {
    /// Where the browser goes.
    pub location: String,
    /// What must come back as `state`.
    pub state: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Begun(…)")
    }
}

/// What an application received.
#[derive(Debug, Clone)]
pub struct Received {
    /// The claims of the ID token, all proved.
    pub id_token: Value,
    /// The claims of userinfo; `sub` equals the ID token's.
    pub userinfo: Value,
    /// Seconds that the access token is said to live.
    pub expires_in: Option<u64>,
}

/// A relying party that has read discovery and keys.
pub struct RelyingParty {
    registration: Registration,
    metadata: CoreProviderMetadata,
    http: Http,
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registration.fmt(f)
    }
}

impl RelyingParty {
    /// Reads discovery and JWKS of the issuer.
    ///
    /// # Errors
    /// [`RelyingPartyFailed`] when the issuer does not answer, or answers as somebody else.
    pub async fn discover(
        registration: Registration,
        http: Http,
    ) -> Result<Self, RelyingPartyFailed> {
        let failed = RelyingPartyFailed::at("discovery");
        let issuer = IssuerUrl::new(registration.issuer.clone()).map_err(|error| failed(&error))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &caller(&http))
            .await
            .map_err(|error| failed(&error))?;
        Ok(Self { registration, metadata, http })
    }

    /// Begins a login with state, nonce and PKCE.
    ///
    /// # Errors
    /// [`RelyingPartyFailed`] when the redirect URI is no URL.
    pub fn begin(&self) -> Result<Begun, RelyingPartyFailed> {
        let failed = RelyingPartyFailed::at("authorization request");
        let redirect = RedirectUrl::new(self.registration.redirect_uri.clone())
            .map_err(|error| failed(&error))?;
        let client = CoreClient::from_provider_metadata(
            self.metadata.clone(),
            ClientId::new(self.registration.client_id.clone()),
            None,
        )
        .set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (location, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(self.registration.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun { location: location.into(), state: state.into_secret(), nonce, verifier })
    }

    /// Trades the code for tokens, proves the ID token and asks userinfo.
    ///
    /// # Errors
    /// [`RelyingPartyFailed`] naming the first proof that failed.
    pub async fn finish(&self, begun: Begun, code: String) -> Result<Received, RelyingPartyFailed> {
        let failed = RelyingPartyFailed::at("token request");
        let redirect = RedirectUrl::new(self.registration.redirect_uri.clone())
            .map_err(|error| failed(&error))?;
        let client = CoreClient::from_provider_metadata(
            self.metadata.clone(),
            ClientId::new(self.registration.client_id.clone()),
            self.registration.secret.clone().map(ClientSecret::new),
        )
        .set_redirect_uri(redirect);
        let request =
            client.exchange_code(AuthorizationCode::new(code)).map_err(|error| failed(&error))?;
        let tokens = request
            .set_pkce_verifier(begun.verifier)
            .request_async(&caller(&self.http))
            .await
            .map_err(|error| failed(&error))?;
        let failed = RelyingPartyFailed::at("ID token");
        let id_token = tokens
            .id_token()
            .ok_or_else(|| RelyingPartyFailed::because("ID token", "there is none"))?;
        let verifier = client.id_token_verifier();
        let claims = id_token.claims(&verifier, &begun.nonce).map_err(|error| failed(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|error| failed(&error))?;
            let key = id_token.signing_key(&verifier).map_err(|error| failed(&error))?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
                .map_err(|error| failed(&error))?;
            if actual != *expected {
                return Err(RelyingPartyFailed::because(
                    "ID token",
                    "at_hash is of another access token",
                ));
            }
        }
        let failed = RelyingPartyFailed::at("userinfo");
        let userinfo: UserInfoClaims<AnyClaims, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| failed(&error))?
            .request_async(&caller(&self.http))
            .await
            .map_err(|error| failed(&error))?;
        Ok(Received {
            id_token: payload(&id_token.to_string()).ok_or_else(|| {
                RelyingPartyFailed::because("ID token", "its payload is not JSON")
            })?,
            userinfo: serde_json::to_value(&userinfo).map_err(|error| failed(&error))?,
            expires_in: tokens.expires_in().map(|span| span.as_secs()),
        })
    }
}

/// Claims beyond the standard ones, such as `wechat_openid`: whatever the issuer sends is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AnyClaims {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}

impl AdditionalClaims for AnyClaims {}

/// The claims of a token that was proved already, those included that the library has no name for.
fn payload(token: &str) -> Option<Value> {
    let encoded = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

type Calling = Pin<Box<dyn Future<Output = Result<HttpResponse, CallFailed>> + Send>>;

/// The one HTTP client in the shape that `openidconnect` wants.
fn caller(http: &Http) -> impl Fn(HttpRequest) -> Calling + use<> {
    let http = http.clone();
    move |request| {
        let http = http.clone();
        Box::pin(async move { http.send(request).await })
    }
}
