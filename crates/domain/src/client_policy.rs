//! How one client wants to be treated. Presets fill these in; nothing branches on a preset later.

use serde::{Deserialize, Serialize};

/// How a client proves itself at the token endpoint (OIDC Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Secret in the `Authorization` header.
    ClientSecretBasic,
    /// Secret in the form.
    ClientSecretPost,
    /// A public client: no proof, PKCE instead.
    None,
}

impl AuthMethod {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
        }
    }
}

/// Whether people are asked before their data goes to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// The operator vouches for the client: nobody is asked, except by `prompt=consent`.
    Implicit,
    /// Asked once per set of scopes, and remembered.
    Explicit,
}

/// Whether a person has the same `sub` everywhere (OIDC Core §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same for every client.
    Public,
}

/// Where profile claims go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdTokenClaims {
    /// Only into userinfo, as OIDC Core §5.4 has it for the code flow.
    Thin,
    /// Into the ID token too, for applications that never call userinfo.
    Fat,
}

/// Whether and how the client sees an e-mail address, which WeChat never gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum EmailPolicy {
    /// No `email` claim.
    None,
    /// `{preferred_username}@{[claims] email_domain}`: the operator's own domain, verified by being ours.
    Synthetic,
}

/// Everything that may differ between clients besides names and URIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientPolicy {
    /// The methods a confidential client may use; `[none]` for a public one.
    pub auth_methods: Vec<AuthMethod>,
    /// Whether a PKCE challenge must be sent; always true for public clients.
    pub require_pkce: bool,
    /// Whether people are asked.
    pub consent: ConsentPolicy,
    /// Public or pairwise `sub`.
    pub subject_type: SubjectType,
    /// Thin or fat ID token.
    pub id_token_claims: IdTokenClaims,
    /// The e-mail policy.
    pub email: EmailPolicy,
    /// Whether `nickname` is sent besides `name`; off, since applications take it as the user name.
    pub nickname: bool,
    /// Whether `auth_time` is always in the ID token (OIDC Registration §2 `require_auth_time`).
    pub require_auth_time: bool,
    /// The `max_age` that applies when a request names none, in seconds.
    pub default_max_age: Option<u32>,
    /// Whether loopback redirect URIs may use any port (RFC 8252 §7.3, `application_type = "native"`).
    pub native: bool,
}

impl Default for ClientPolicy {
    fn default() -> Self {
        Self {
            auth_methods: vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            require_pkce: false,
            consent: ConsentPolicy::Implicit,
            subject_type: SubjectType::Public,
            id_token_claims: IdTokenClaims::Thin,
            email: EmailPolicy::None,
            nickname: false,
            require_auth_time: false,
            default_max_age: None,
            native: false,
        }
    }
}
