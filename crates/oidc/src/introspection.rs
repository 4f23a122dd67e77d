//! What is told of a token to who holds it or receives it (RFC 7662), as JSON or signed (RFC 9701).
//! Whatever the caller may not know of is answered like a token that never was: `active: false`, and nothing else.

use magpie_domain::{
    AccessToken, Algorithm, Client, Grant, Issuer, RefreshState, ScopeSet, Subject, Timestamp,
};
use serde_json::{Map, Value, json};

/// The media type of a signed answer (RFC 9701 §4).
pub const SIGNED: &str = "application/token-introspection+jwt";

/// The `typ` of a signed answer (RFC 9701 §5).
pub const SIGNED_TYPE: &str = "token-introspection+jwt";

/// Whether the caller may know of the token: it holds it, or the token is for it or for a resource server that it is.
#[must_use]
pub fn may_see(token: &AccessToken, grant: &Grant, caller: &Client) -> bool {
    let holder = token.holder.as_ref().unwrap_or(&grant.client_id);
    let is_named = |audience: &String| {
        audience == caller.id().as_str() || caller.policy().tokens.resources.contains(audience)
    };
    holder == caller.id() || token.audience.iter().any(is_named)
}

/// A live token, as far as it is told.
#[derive(Debug, Clone, Copy)]
pub struct LiveToken<'a> {
    /// Ourselves.
    pub issuer: &'a Issuer,
    /// Who was given it.
    pub client_id: &'a str,
    /// Whose it is, as that client knows them.
    pub subject: &'a Subject,
    /// What it is for.
    pub scopes: ScopeSet,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Whom it is for; none is ourselves.
    pub audience: &'a [String],
    /// How it is used; a refresh token is not used at all but here.
    pub usage: Usage<'a>,
}

/// How a token is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage<'a> {
    /// By whoever bears it (RFC 6750).
    Bearer,
    /// With a proof of the key that has this thumbprint (RFC 9449 §6.2).
    Dpop(&'a str),
    /// For new tokens.
    Refresh,
}

impl<'a> LiveToken<'a> {
    /// An access token. `client_id` is its holder.
    #[must_use]
    pub fn access(
        issuer: &'a Issuer,
        token: &'a AccessToken,
        grant: &'a Grant,
        subject: &'a Subject,
    ) -> Self {
        Self {
            issuer,
            client_id: token.holder.as_ref().unwrap_or(&grant.client_id).as_str(),
            subject,
            scopes: token.scopes.intersection(grant.scopes),
            issued: token.issued,
            expires: token.expires,
            audience: &token.audience,
            usage: token.jkt.as_deref().map_or(Usage::Bearer, Usage::Dpop),
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
            client_id: grant.client_id.as_str(),
            subject,
            scopes: grant.scopes,
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
            ("client_id", json!(self.client_id)),
            ("sub", json!(self.subject.as_str())),
            ("aud", audience),
            ("scope", json!(self.scopes.to_string())),
            ("iat", json!(self.issued.as_seconds())),
            ("exp", json!(self.expires.as_seconds())),
        ] {
            told.insert(name.to_owned(), value);
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
