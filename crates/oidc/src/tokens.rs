//! Which tokens a redeemed grant yields, and the answer that carries them (RFC 6749 §5.1, OIDC Core §3.1.3.3).
//! The plan is pure; sealing the access token and signing the ID token is mechanical and done by the `vault`.

use std::fmt;

use magpie_domain::{AccessToken, Client, Grant, Lifetime, Scope, ScopeSet, Timestamp, TokenText};
use serde::{Serialize, Serializer};

/// How long tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSettings {
    /// Access tokens.
    pub access_token: Lifetime,
    /// ID tokens; goes into [`crate::claims::IdTokenFacts::lifetime`].
    pub id_token: Lifetime,
}

/// What is to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlan {
    /// The content of the access token, to be sealed.
    pub access: AccessToken,
    /// Whether an ID token comes along.
    pub id_token: bool,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// The granted scopes, where they differ from what was asked: then RFC 6749 §5.1 requires them,
    /// otherwise the application knows them.
    pub scope: Option<ScopeSet>,
}

/// Plans the tokens of a grant. A scope that the client has lost since the person signed in is not given any more.
#[must_use]
pub fn plan(grant: &Grant, client: &Client, settings: &TokenSettings, now: Timestamp) -> TokenPlan {
    let scopes = grant.scopes.intersection(client.scopes());
    let narrowed = grant.scopes_narrowed || scopes != grant.scopes;
    let expires = now.plus(settings.access_token);
    TokenPlan {
        access: AccessToken {
            grant: grant.id.clone(),
            scopes,
            issued: now,
            expires,
            audience: Vec::new(),
            jkt: None,
            holder: None,
        },
        id_token: scopes.contains(Scope::OpenId),
        expires_in: settings.access_token.as_seconds(),
        scope: narrowed.then_some(scopes),
    }
}

/// The JSON body of a successful token request; to be sent with `Cache-Control: no-store`.
#[derive(Clone, Serialize)]
pub struct TokenResponse {
    /// The sealed access token.
    #[serde(serialize_with = "in_the_clear")]
    pub access_token: TokenText,
    /// How to use it (RFC 6750).
    pub token_type: &'static str,
    /// Seconds until it ends, as a JSON number.
    pub expires_in: i64,
    /// The granted scopes, where they must be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// The signed ID token.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_the_clear_if_any")]
    pub id_token: Option<TokenText>,
}

impl TokenResponse {
    /// Puts sealed and signed tokens to the plan they were made from.
    #[must_use]
    pub const fn new(
        plan: &TokenPlan,
        access_token: TokenText,
        id_token: Option<TokenText>,
    ) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in: plan.expires_in,
            scope: plan.scope,
            id_token,
        }
    }
}

fn in_the_clear<S: Serializer>(token: &TokenText, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(token.expose())
}

fn in_the_clear_if_any<S: Serializer>(token: &Option<TokenText>, to: S) -> Result<S::Ok, S::Error> {
    match token {
        Some(token) => in_the_clear(token, to),
        None => to.serialize_none(),
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
