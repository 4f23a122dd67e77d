//! How one client wants to be treated. Presets fill these in; nothing branches on a preset later.

use serde::{Deserialize, Serialize};

use crate::channel::ChannelId;
use crate::client_metadata::{
    ClientAbout, ClientAlgorithms, ClientKeys, GrantType, LogoutRules, RequestRules,
    SecurityProfile, TokenRules,
};

/// How a client proves itself at the token endpoint (OIDC Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Secret in the `Authorization` header.
    ClientSecretBasic,
    /// Secret in the form.
    ClientSecretPost,
    /// An assertion signed with the client's private key (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// A public client: no proof, PKCE instead.
    None,
}

impl AuthMethod {
    /// Every method.
    pub const ALL: [Self; 4] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt, Self::None];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    /// Reads the registered name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// Whether it proves knowledge of a secret.
    #[must_use]
    pub const fn needs_secret(self) -> bool {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost => true,
            Self::PrivateKeyJwt | Self::None => false,
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
    /// The same for the clients of one sector, another in every other sector.
    Pairwise,
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

/// Whether and how the client sees an e-mail address, which WeChat never gives and WeCom may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum EmailPolicy {
    /// No `email` claim.
    None,
    /// `{preferred_username}@{[claims] email_domain}`: the operator's own domain, verified by being ours.
    Synthetic,
    /// The corporate mailbox (`biz_mail`) of whoever signs in by WeCom, verified by the organisation that assigned it.
    Corporate,
}

/// Everything that may differ between clients besides names and URIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// The grant types it may use; redirect URIs are needed only for the code grant.
    pub grant_types: Vec<GrantType>,
    /// The rule book.
    pub profile: SecurityProfile,
    /// Its own public keys.
    pub keys: ClientKeys,
    /// Its registered algorithms.
    pub algorithms: ClientAlgorithms,
    /// Whose clients share pairwise subjects (OIDC Core §8.1); the host of the redirect URIs when absent.
    pub sector_identifier_uri: Option<String>,
    /// How it has to ask.
    pub requests: RequestRules,
    /// What its access tokens are like.
    pub tokens: TokenRules,
    /// How it hears of a logout.
    pub logout: LogoutRules,
    /// Where somebody else may start a login at the client (OIDC Core §4).
    pub initiate_login_uri: Option<String>,
    /// The origins of its pages that may call our endpoints from a browser (Fetch, CORS).
    pub allowed_cors_origins: Vec<String>,
    /// The channels whose codes it may bring and exchange for tokens: mini programs and apps of its own house.
    pub wechat_channels: Vec<ChannelId>,
    /// What may be read about it.
    pub about: ClientAbout,
    /// Whether it registered itself (RFC 7591): nobody vouches for it, so people are always asked.
    pub self_registered: bool,
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
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            profile: SecurityProfile::Standard,
            keys: ClientKeys::None,
            algorithms: ClientAlgorithms::default(),
            sector_identifier_uri: None,
            requests: RequestRules::default(),
            tokens: TokenRules::default(),
            logout: LogoutRules::default(),
            initiate_login_uri: None,
            allowed_cors_origins: Vec::new(),
            wechat_channels: Vec::new(),
            about: ClientAbout::default(),
            self_registered: false,
        }
    }
}
