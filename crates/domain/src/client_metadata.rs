//! What a client registers besides names and URIs (RFC 7591 §2, OIDC Registration §2), in groups that are read together:
//! its grant types, its keys, its algorithms, how it asks, what its tokens look like, how it hears of a logout,
//! and what people may read about it. Every field has the registered default, so that older rows can be read.

use serde::{Deserialize, Serialize};

use crate::signing_key::Algorithm;
use crate::time::Lifetime;

/// A way to get tokens (RFC 7591 §2 `grant_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GrantType {
    /// RFC 6749 §4.1.
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// RFC 6749 §6.
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// RFC 6749 §4.4.
    #[serde(rename = "client_credentials")]
    ClientCredentials,
    /// RFC 8628.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 8693.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

impl GrantType {
    /// Every grant type there is; the password and implicit grants will never be here (RFC 9700 §2.4).
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
    ];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    /// Reads the registered name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text)
    }
}

/// The client's own public keys, with which it signs assertions and request objects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    /// It has none.
    #[default]
    None,
    /// The JWK Set itself, as JSON text (`jwks`).
    Jwks(String),
    /// Where the JWK Set is (`jwks_uri`): fetched behind the address guard of the `outbound` room.
    JwksUri(String),
}

/// The algorithms a client registered; none where the default of the specification or the issuer applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientAlgorithms {
    /// `id_token_signed_response_alg`; the issuer's default algorithm otherwise.
    pub id_token: Option<Algorithm>,
    /// `userinfo_signed_response_alg`; plain JSON otherwise.
    pub userinfo: Option<Algorithm>,
    /// `authorization_signed_response_alg` (JARM §3); the algorithm of ID tokens otherwise.
    pub authorization_response: Option<Algorithm>,
    /// `introspection_signed_response_alg` (RFC 9701 §6); the algorithm of ID tokens otherwise.
    pub introspection: Option<Algorithm>,
    /// `token_endpoint_auth_signing_alg`: the only one its assertions may use; any of ours otherwise.
    pub assertion: Option<Algorithm>,
    /// `request_object_signing_alg`: the only one its request objects may use; any of ours otherwise.
    pub request_object: Option<Algorithm>,
}

/// Which rule book the client is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityProfile {
    /// OpenID Connect Core with the advice of RFC 9700.
    #[default]
    Standard,
    /// FAPI 2.0 Security Profile: pushed requests, PKCE, sender-constrained tokens, assertions addressed to the issuer alone,
    /// no RS256, no routine rotation of refresh tokens.
    Fapi2,
}

/// FAPI 2.0 Security Profile §5.3.2.1: a code lives for at most a minute.
const FAPI_CODE: Lifetime = Lifetime::from_seconds(60);

impl SecurityProfile {
    /// How long a code of such a client lives where the operator wants this.
    #[must_use]
    pub fn code_lifetime(self, wanted: Lifetime) -> Lifetime {
        match self {
            Self::Standard => wanted,
            Self::Fapi2 => wanted.min(FAPI_CODE),
        }
    }
}

/// The shape of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A sealed value that only we can read.
    #[default]
    Opaque,
    /// A signed JWT for resource servers that check for themselves (RFC 9068).
    Jwt,
}

/// How a client has to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestRules {
    /// `require_pushed_authorization_requests` (RFC 9126 §6).
    pub require_pushed: bool,
    /// `require_signed_request_object` (RFC 9101 §10.5).
    pub require_signed: bool,
}

/// What the client's access tokens are like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenRules {
    /// Opaque or JWT.
    pub format: AccessTokenFormat,
    /// `dpop_bound_access_tokens` (RFC 9449 §5.2): without a proof there is no token.
    pub dpop_bound: bool,
    /// The resource servers it may name (RFC 8707), byte for byte.
    pub resources: Vec<String>,
}

/// How the client hears that a person signed out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogoutRules {
    /// `backchannel_logout_uri`
    pub backchannel_uri: Option<String>,
    /// `backchannel_logout_session_required`
    pub backchannel_session_required: bool,
    /// `frontchannel_logout_uri`
    pub frontchannel_uri: Option<String>,
    /// `frontchannel_logout_session_required`
    pub frontchannel_session_required: bool,
}

/// What people and operators may read about the client. Shown, never fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientAbout {
    /// `client_uri`: its home page.
    pub home: Option<String>,
    /// `logo_uri`
    pub logo: Option<String>,
    /// `policy_uri`: what it does with people's data.
    pub privacy_policy: Option<String>,
    /// `tos_uri`
    pub terms: Option<String>,
    /// `contacts`: how to reach who is responsible, usually e-mail addresses.
    pub contacts: Vec<String>,
}
