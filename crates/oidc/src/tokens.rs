//! Which tokens a redeemed grant yields, and the answer that carries them (RFC 6749 §5.1, OIDC Core §3.1.3.3).
//! The plan is pure; sealing the access token and signing the ID token is mechanical and done by the `vault`.

use std::fmt;

use magpie_domain::{
    AccessToken, Client, Grant, Issuer, Lifetime, Scope, ScopeSet, Timestamp, TokenText,
};
use serde::{Serialize, Serializer};

/// How long tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSettings {
    /// Access tokens.
    pub access_token: Lifetime,
    /// ID tokens; goes into [`crate::claims::IdTokenFacts::lifetime`].
    pub id_token: Lifetime,
}

/// What a token request wishes, within what was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenWish {
    /// The resource servers that the access token is for (RFC 8707); none is ourselves.
    pub audience: Vec<String>,
    /// Fewer scopes than were granted (RFC 6749 §6); none is all of them.
    pub scopes: Option<ScopeSet>,
    /// The thumbprint of the key that was proved, to bind the access token to (RFC 9449 §5).
    pub jkt: Option<String>,
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
/// A token for resource servers that also carries `openid` is for our userinfo too (RFC 9068 §3).
#[must_use]
pub fn plan(
    issuer: &Issuer,
    (grant, client): (&Grant, &Client),
    wish: &TokenWish,
    settings: &TokenSettings,
    now: Timestamp,
) -> TokenPlan {
    let had = grant.scopes.intersection(client.scopes());
    let scopes = wish.scopes.map_or(had, |wished| had.intersection(wished));
    let narrowed = grant.scopes_narrowed || scopes != grant.scopes;
    let mut audience = wish.audience.clone();
    let names_all = !audience.is_empty() && audience == grant.resources;
    if names_all && scopes.contains(Scope::OpenId) {
        audience.push(issuer.as_str().to_owned());
    }
    let expires = now.plus(settings.access_token);
    TokenPlan {
        access: AccessToken {
            grant: grant.id.clone(),
            scopes,
            issued: grant.issue_moment(now),
            expires,
            audience,
            jkt: wish.jkt.clone(),
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
    /// How to use it: `Bearer` (RFC 6750), `DPoP` (RFC 9449 §5) or `N_A` (RFC 8693 §2.2.1).
    pub token_type: &'static str,
    /// What kind of token it is, in the answer to an exchange (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// Seconds until it ends, as a JSON number.
    pub expires_in: i64,
    /// The granted scopes, where they must be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// The signed ID token.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_the_clear_if_any")]
    pub id_token: Option<TokenText>,
    /// The refresh token, where the person or the operator allowed access while they are away (OIDC Core §11).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_the_clear_if_any")]
    pub refresh_token: Option<TokenText>,
}

impl TokenResponse {
    /// The `token_type` of an access token, by the thumbprint of the key that it is bound to, if any.
    #[must_use]
    pub const fn type_of(jkt: Option<&str>) -> &'static str {
        if jkt.is_some() { "DPoP" } else { "Bearer" }
    }

    /// The answer to a client that speaks for itself: an access token alone.
    #[must_use]
    pub const fn of_client(access_token: TokenText, expires_in: i64, jkt: Option<&str>) -> Self {
        Self {
            access_token,
            token_type: Self::type_of(jkt),
            issued_token_type: None,
            expires_in,
            scope: None,
            id_token: None,
            refresh_token: None,
        }
    }

    /// Puts sealed and signed tokens to the plan they were made from.
    #[must_use]
    pub fn new(plan: &TokenPlan, access_token: TokenText, id_token: Option<TokenText>) -> Self {
        Self {
            access_token,
            token_type: Self::type_of(plan.access.jkt.as_deref()),
            issued_token_type: None,
            expires_in: plan.expires_in,
            scope: plan.scope,
            id_token,
            refresh_token: None,
        }
    }

    /// The same answer to an exchange, which has to name what it issued (RFC 8693 §2.2.1).
    #[must_use]
    pub fn with_issued_type(self, issued: &'static str) -> Self {
        Self { issued_token_type: Some(issued), ..self }
    }

    /// The same answer with a refresh token, or without one.
    #[must_use]
    pub fn with_refresh_token(self, refresh_token: Option<TokenText>) -> Self {
        Self { refresh_token, ..self }
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
