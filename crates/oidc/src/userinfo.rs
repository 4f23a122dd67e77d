//! The access token of a userinfo request and how its refusal is spelled (RFC 6750 §2 and §3, RFC 9449 §7,
//! OIDC Core §5.3). A token comes in the header or in a form, never in the query, where logs and `Referer` would keep it;
//! one that is bound to a key comes in the header under `DPoP`, with a proof of that key.
//! Whether it is a token of ours is for the `vault` to say; the `web` room writes status and challenges down.

use magpie_domain::{AccessToken, Algorithm, Issuer, Scope, Timestamp, TokenText};

use crate::dpop::{self, ProofRefusal};
use crate::error::{ErrorCode, OAuthError};
use crate::params::Params;

/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 4096;

/// How a token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
    /// With a proof of the key that it is bound to (RFC 9449 §7.1).
    Dpop,
}

impl Scheme {
    /// Its name in `Authorization` and `WWW-Authenticate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// A token as it was shown.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The token.
    pub token: TokenText,
    /// How.
    pub scheme: Scheme,
}

/// Why there are no claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerRefusal {
    /// No token was sent, so there is nothing to blame (RFC 6750 §3.1).
    NoToken,
    /// Two tokens, or one in the query.
    InvalidRequest,
    /// Malformed, unknown, expired, revoked, or shown in another way than it has to be.
    InvalidToken(Scheme),
    /// The proof that came along does not count.
    Proof(ProofRefusal),
    /// The token does not carry `openid`.
    InsufficientScope(Scheme),
    /// Its client used too many proofs.
    TooOften,
}

impl BearerRefusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NoToken | Self::InvalidToken(_) | Self::Proof(_) => 401,
            Self::InvalidRequest => 400,
            Self::InsufficientScope(_) => 403,
            Self::TooOften => 429,
        }
    }

    /// The values of `WWW-Authenticate`: a bare one for each scheme where nothing was sent, else one that says what is
    /// wrong, under the scheme that was used.
    #[must_use]
    pub fn challenges(self) -> Vec<String> {
        match self {
            Self::NoToken => {
                [Scheme::Bearer, Scheme::Dpop].map(|scheme| challenge(scheme, None)).to_vec()
            }
            Self::InvalidRequest => vec![challenge(Scheme::Bearer, self.code())],
            Self::InvalidToken(scheme) => vec![challenge(scheme, self.code())],
            Self::InsufficientScope(scheme) => {
                vec![challenge(scheme, self.code()) + ", scope=\"openid\""]
            }
            Self::Proof(_) => vec![challenge(Scheme::Dpop, self.code())],
            // Another token would not help.
            Self::TooOften => Vec::new(),
        }
    }

    fn code(self) -> Option<ErrorCode> {
        self.body().map(|error| error.code)
    }

    /// The JSON body, where there is something to say.
    #[must_use]
    pub const fn body(self) -> Option<OAuthError> {
        match self {
            Self::NoToken => None,
            Self::InvalidRequest => Some(OAuthError::invalid_request(
                "the access token must be sent once, in the header or in the form",
            )),
            Self::InvalidToken(_) => {
                Some(OAuthError::invalid_token("the access token is not valid"))
            }
            Self::Proof(refusal) => Some(refusal.error()),
            Self::TooOften => {
                Some(OAuthError::temporarily_unavailable("too many requests of this client"))
            }
            Self::InsufficientScope(_) => {
                Some(OAuthError::insufficient_scope("the access token has no openid scope"))
            }
        }
    }
}

/// One challenge; under `DPoP` it names the algorithms, as RFC 9449 §7.1 wants.
fn challenge(scheme: Scheme, code: Option<ErrorCode>) -> String {
    let mut text = format!("{} realm=\"magpie\"", scheme.as_str());
    if let Some(code) = code {
        text.push_str(&format!(", error=\"{}\"", code.as_str()));
    }
    match scheme {
        Scheme::Bearer => text,
        Scheme::Dpop => {
            let names = dpop::ALGORITHMS.map(Algorithm::as_str).join(" ");
            format!("{text}, algs=\"{names}\"")
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
) -> Result<Presented, BearerRefusal> {
    let in_header = authorization.and_then(of_header);
    let in_form = form.get("access_token").map(|token| (Scheme::Bearer, token));
    let twice = form.is_repeated("access_token") || (in_header.is_some() && in_form.is_some());
    if twice || query.is_sent("access_token") {
        return Err(BearerRefusal::InvalidRequest);
    }
    let (scheme, token) = in_header.or(in_form).ok_or(BearerRefusal::NoToken)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(plain) {
        return Err(BearerRefusal::InvalidToken(scheme));
    }
    Ok(Presented { token: TokenText::new(token.to_owned()), scheme })
}

/// The scheme, whose case does not matter (RFC 9110 §11.1), and what follows it; `None` for a scheme of others.
pub(crate) fn of_header(header: &str) -> Option<(Scheme, &str)> {
    let (name, token) = header.split_once(' ').unwrap_or((header, ""));
    let scheme = [Scheme::Bearer, Scheme::Dpop]
        .into_iter()
        .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str()))?;
    Some((scheme, token.trim()))
}

/// The thumbprint of the key that has to be proved, if one has to be. A bound token is nothing without its key, and
/// one that is not bound is not made better by a proof of any key (RFC 9449 §7.1, §7.2).
///
/// # Errors
/// [`BearerRefusal::InvalidToken`] for a token that is shown in another way than it was issued for.
pub fn key_to_prove(token: &AccessToken, scheme: Scheme) -> Result<Option<&str>, BearerRefusal> {
    match (token.jkt.as_deref(), scheme) {
        (None, Scheme::Bearer) => Ok(None),
        (Some(jkt), Scheme::Dpop) => Ok(Some(jkt)),
        (Some(_), Scheme::Bearer) | (None, Scheme::Dpop) => {
            Err(BearerRefusal::InvalidToken(scheme))
        }
    }
}

/// Judges an unsealed token. Whether its grant was revoked or its person is gone is `invalid_token` too.
///
/// # Errors
/// [`BearerRefusal::InvalidToken`] once it has ended, or when it is for others than `issuer` (RFC 9068 §4);
/// [`BearerRefusal::InsufficientScope`] without `openid`.
pub fn check(
    token: &AccessToken,
    scheme: Scheme,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<(), BearerRefusal> {
    let is_for_us = token.audience.is_empty()
        || token.audience.iter().any(|audience| audience == issuer.as_str());
    if token.is_expired(now) || !is_for_us {
        return Err(BearerRefusal::InvalidToken(scheme));
    }
    if !token.scopes.contains(Scope::OpenId) {
        return Err(BearerRefusal::InsufficientScope(scheme));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
