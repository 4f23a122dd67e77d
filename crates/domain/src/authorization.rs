//! What an application asked for, after every check passed. The rules that make one are in the `oidc` room.

use serde::{Deserialize, Serialize};

use crate::device::DeviceHandle;
use crate::id::{ClientId, PushedId, Subject};
use crate::relay::RelayHandle;
use crate::scope::ScopeSet;
use crate::urls::RedirectUri;

/// How the answer travels back (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode, JARM §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a redirect.
    #[default]
    Query,
    /// In a form that the browser posts.
    FormPost,
    /// As one signed JWT in the query (`query.jwt`, and what `jwt` means for the code flow).
    QueryJwt,
    /// As one signed JWT in a form.
    FormPostJwt,
}

impl ResponseMode {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
            Self::QueryJwt => "query.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// Whether the parameters travel inside a signed JWT.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        match self {
            Self::Query | Self::FormPost => false,
            Self::QueryJwt | Self::FormPostJwt => true,
        }
    }
}

/// The `prompt` values of a request (OIDC Core §3.1.2.1); `none` is never combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four named flags, read by name")]
pub struct PromptSet {
    /// No page may be shown.
    pub none: bool,
    /// The person must sign in again.
    pub login: bool,
    /// The person must be asked again.
    pub consent: bool,
    /// The person must be able to choose another account.
    pub select_account: bool,
}

impl PromptSet {
    /// The values as they stood in the request, in a fixed order.
    #[must_use]
    pub fn to_text(self) -> String {
        let words = [
            (self.none, "none"),
            (self.login, "login"),
            (self.consent, "consent"),
            (self.select_account, "select_account"),
        ];
        words.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    }
}

/// The claims that a request named one by one (OIDC Core §5.5), by their place. Only ones that we know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AskedClaims {
    /// For the ID token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token: Vec<String>,
    /// For userinfo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo: Vec<String>,
}

impl AskedClaims {
    /// Whether nothing was named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }
}

/// The two halves by which a pushed request is named: its row, and a secret that nobody guesses (RFC 9126 §7.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedHandle {
    /// The row.
    pub id: PushedId,
    /// The secret, of which the row keeps a hash.
    pub secret: String,
}

impl std::fmt::Debug for PushedHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PushedHandle({}, …)", self.id)
    }
}

/// A checked authorization request. It travels in the sealed attempt cookie, so it stays small.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes: one of the client's registered URIs.
    pub redirect_uri: RedirectUri,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// Known scopes that were asked for and that the client may have.
    pub scopes: ScopeSet,
    /// Whether other scopes were asked for, so that the token response must name the granted ones (RFC 6749 §5.1).
    pub scopes_narrowed: bool,
    /// Echoed byte for byte.
    pub state: Option<String>,
    /// Goes into the ID token byte for byte.
    pub nonce: Option<String>,
    /// The S256 challenge (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    /// The prompts.
    pub prompt: PromptSet,
    /// The oldest acceptable authentication, in seconds.
    pub max_age: Option<u32>,
    /// Preferred languages, as sent.
    pub ui_locales: Option<String>,
    /// The person that `id_token_hint` named.
    pub hinted_subject: Option<Subject>,
    /// The resource servers that were named (RFC 8707 §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The claims that were named.
    #[serde(default, skip_serializing_if = "AskedClaims::is_empty")]
    pub asked_claims: AskedClaims,
    /// The key that the code is to be bound to (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// The pushed request that this is, to be spent when it is answered (RFC 9126 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<PushedHandle>,
    /// The device that waits for the person's answer, in place of an application that waits for a code (RFC 8628 §3.3).
    /// Then the redirect URI is our own page for devices, and nothing is sent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceHandle>,
    /// The desktop that waits for this phone. Then too the redirect URI is a page of ours, and nothing is sent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayHandle>,
}

impl AuthorizationRequest {
    /// Whether the person must do something themselves before this request is answered, whoever seems signed in.
    #[must_use]
    pub fn demands_interaction(&self) -> bool {
        self.prompt.login || self.prompt.select_account || self.max_age == Some(0)
    }
}

impl std::fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
