//! What is told of a token to who holds it or receives it (RFC 7662), as JSON or signed (RFC 9701).
//! Whatever the caller may not know of is answered like a token that never was: `active: false`, and nothing else.

use magpie_domain::{
    AccessToken, Algorithm, Client, ClientId, Grant, Issuer, RefreshState, ScopeSet, Subject,
    Timestamp,
};
use serde_json::{Map, Value, json};

use crate::claims::access_token::ClientToken;

/// The media type of a signed answer (RFC 9701 §4).
pub const SIGNED: &str = "application/token-introspection+jwt";

/// The `typ` of a signed answer (RFC 9701 §5).
pub const SIGNED_TYPE: &str = "token-introspection+jwt";

/// Whether the caller may know of a token: it holds it, or the token is for it or for a resource server that it is.
#[must_use]
pub fn may_see(holder: &ClientId, audience: &[String], caller: &Client) -> bool {
    let is_named = |audience: &String| {
        audience == caller.id().as_str() || caller.policy().tokens.resources.contains(audience)
    };
    holder == caller.id() || audience.iter().any(is_named)
}

/// A live token, as far as it is told.
#[derive(Debug, Clone, Copy)]
pub struct LiveToken<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// Who was given it.
    pub client: &'a ClientId,
    /// Whose it is, as that client knows them; the client itself where it speaks for itself.
    pub subject: &'a str,
    /// What it is for; a client's own token has no scope.
    pub scopes: Option<ScopeSet>,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Whom it is for; none is ourselves.
    pub audience: &'a [String],
    /// How it is used.
    pub usage: Usage<'a>,
}

/// How a token is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage<'a> {
    /// By whoever bears it (RFC 6750).
    Bearer,
    /// With a proof of the key that has this thumbprint (RFC 9449 §6.2).
    Dpop(&'a str),
    /// For new tokens, and here alone.
    Refresh,
}

impl<'a> Usage<'a> {
    fn of_access(jkt: Option<&'a str>) -> Self {
        jkt.map_or(Self::Bearer, Self::Dpop)
    }
}

impl<'a> LiveToken<'a> {
    /// An access token of somebody who signed in, and its holder.
    #[must_use]
    pub fn access(
        issuer: &'a Issuer,
        token: &'a AccessToken,
        grant: &Grant,
        (client, subject): (&'a ClientId, &'a Subject),
    ) -> Self {
        Self {
            issuer,
            client,
            subject: subject.as_str(),
            scopes: Some(token.scopes.intersection(grant.scopes)),
            issued: token.issued,
            expires: token.expires,
            audience: &token.audience,
            usage: Usage::of_access(token.jkt.as_deref()),
        }
    }

    /// A client's own access token.
    #[must_use]
    pub fn of_client(issuer: &'a Issuer, token: &'a ClientToken) -> Self {
        Self {
            issuer,
            client: &token.client,
            subject: token.client.as_str(),
            scopes: None,
            issued: token.issued,
            expires: token.expires,
            audience: &token.audience,
            usage: Usage::of_access(token.jkt.as_deref()),
        }
    }

    /// A refresh token.
    #[must_use]
    pub fn refresh(
        issuer: &'a Issuer,
        state: &RefreshState,
        grant: &'a Grant,
        subject: &'a Subject,
    ) -> Self {
        Self {
            issuer,
            client: &grant.client_id,
            subject: subject.as_str(),
            scopes: Some(grant.scopes),
            issued: state.rotated_at.or(grant.code_used_at).unwrap_or(grant.created_at),
            expires: state.expires_at,
            audience: &[],
            usage: Usage::Refresh,
        }
    }

    /// The answer about it (RFC 7662 §2.2).
    #[must_use]
    pub fn told(&self) -> Map<String, Value> {
        let audience = match self.audience {
            [] => json!(self.issuer.as_str()),
            [one] => json!(one),
            several => json!(several),
        };
        let mut told = Map::new();
        for (name, value) in [
            ("active", json!(true)),
            ("iss", json!(self.issuer.as_str())),
            ("client_id", json!(self.client.as_str())),
            ("sub", json!(self.subject)),
            ("aud", audience),
            ("iat", json!(self.issued.as_seconds())),
            ("exp", json!(self.expires.as_seconds())),
        ] {
            told.insert(name.to_owned(), value);
        }
        if let Some(scopes) = self.scopes {
            told.insert("scope".to_owned(), json!(scopes.to_string()));
        }
        match self.usage {
            Usage::Bearer => drop(told.insert("token_type".to_owned(), json!("Bearer"))),
            Usage::Dpop(thumbprint) => {
                told.insert("token_type".to_owned(), json!("DPoP"));
                told.insert("cnf".to_owned(), json!({ "jkt": thumbprint }));
            }
            Usage::Refresh => {}
        }
        told
    }
}

/// The answer about everything else: no reason is given (RFC 7662 §2.2).
#[must_use]
pub fn inactive() -> Map<String, Value> {
    Map::from_iter([("active".to_owned(), json!(false))])
}

/// Whether the caller asks for a signed answer: one of the media types it accepts is [`SIGNED`], and not by `q=0`.
#[must_use]
pub fn wants_signed(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(SIGNED));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The claims of a signed answer (RFC 9701 §5): ours, for this caller, and the answer inside, so that it can be taken for
/// no other token.
#[must_use]
pub fn signed(
    issuer: &Issuer,
    caller: &Client,
    now: Timestamp,
    told: Map<String, Value>,
) -> Map<String, Value> {
    Map::from_iter([
        ("iss".to_owned(), json!(issuer.as_str())),
        ("aud".to_owned(), json!(caller.id().as_str())),
        ("iat".to_owned(), json!(now.as_seconds())),
        ("token_introspection".to_owned(), Value::Object(told)),
    ])
}

/// The algorithm of a signed answer: the registered one (RFC 9701 §6), else that of ID tokens.
#[must_use]
pub fn algorithm(caller: &Client, usual: Algorithm) -> Algorithm {
    let registered = caller.policy().algorithms;
    registered.introspection.or(registered.id_token).unwrap_or(usual)
}

#[cfg(test)]
mod tests;
