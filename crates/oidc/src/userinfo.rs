//! The bearer token of a userinfo request and how its refusal is spelled (RFC 6750 §2 and §3, OIDC Core §5.3).
//! A token comes in the header or in a form, never in the query, where logs and `Referer` would keep it.
//! Whether it is a token of ours is for the `vault` to say; the `web` room writes status and challenge down.

use magpie_domain::{AccessToken, Issuer, Scope, Timestamp, TokenText};

use crate::error::OAuthError;
use crate::params::Params;

/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 4096;

/// Why there are no claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerRefusal {
    /// No token was sent, so there is nothing to blame (RFC 6750 §3.1).
    NoToken,
    /// Two tokens, or one in the query.
    InvalidRequest,
    /// Malformed, unknown, expired or revoked.
    InvalidToken,
    /// The token does not carry `openid`.
    InsufficientScope,
}

impl BearerRefusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NoToken | Self::InvalidToken => 401,
            Self::InvalidRequest => 400,
            Self::InsufficientScope => 403,
        }
    }

    /// The value of `WWW-Authenticate`.
    #[must_use]
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::NoToken => "Bearer realm=\"magpie\"",
            Self::InvalidRequest => "Bearer realm=\"magpie\", error=\"invalid_request\"",
            Self::InvalidToken => "Bearer realm=\"magpie\", error=\"invalid_token\"",
            Self::InsufficientScope => {
                "Bearer realm=\"magpie\", error=\"insufficient_scope\", scope=\"openid\""
            }
        }
    }

    /// The JSON body, where there is something to say.
    #[must_use]
    pub const fn body(self) -> Option<OAuthError> {
        match self {
            Self::NoToken => None,
            Self::InvalidRequest => Some(OAuthError::invalid_request(
                "the access token must be sent once, in the header or in the form",
            )),
            Self::InvalidToken => Some(OAuthError::invalid_token("the access token is not valid")),
            Self::InsufficientScope => {
                Some(OAuthError::insufficient_scope("the access token has no openid scope"))
            }
        }
    }
}

/// Takes the one access token out of a request: the `Authorization` header's value, the query and the form
/// (empty for a request without a form body).
///
/// # Errors
/// [`BearerRefusal`] when there is none, more than one, or one in the wrong place or shape.
pub fn present(
    authorization: Option<&str>,
    query: &Params,
    form: &Params,
) -> Result<TokenText, BearerRefusal> {
    let bearer = authorization.and_then(bearer);
    let in_form = form.get("access_token");
    let twice = form.is_repeated("access_token") || (bearer.is_some() && in_form.is_some());
    if twice || query.is_sent("access_token") {
        return Err(BearerRefusal::InvalidRequest);
    }
    let token = bearer.or(in_form).ok_or(BearerRefusal::NoToken)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(plain) {
        return Err(BearerRefusal::InvalidToken);
    }
    Ok(TokenText::new(token.to_owned()))
}

/// What follows the scheme, whose case does not matter (RFC 9110 §11.1); `None` for another scheme.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Judges an unsealed token. Whether its grant was revoked or its person is gone is `invalid_token` too.
///
/// # Errors
/// [`BearerRefusal::InvalidToken`] once it has ended, or when it is for others than `issuer` (RFC 9068 §4);
/// [`BearerRefusal::InsufficientScope`] without `openid`.
pub fn check(token: &AccessToken, issuer: &Issuer, now: Timestamp) -> Result<(), BearerRefusal> {
    let is_for_us = token.audience.is_empty()
        || token.audience.iter().any(|audience| audience == issuer.as_str());
    if token.is_expired(now) || !is_for_us {
        return Err(BearerRefusal::InvalidToken);
    }
    if !token.scopes.contains(Scope::OpenId) {
        return Err(BearerRefusal::InsufficientScope);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
