//! Whether the claims of a verified token hold for us, now: `iss`, `aud`, `exp`, `nbf`, `iat` (RFC 7519 §4.1).
//! Strict where libraries are lax: an absent claim is not a valid one unless the caller says so, a claim of the wrong
//! type is refused even where it may be absent, and a time is a whole number of seconds in a year people can name.
//! Pure; called by flows after `verify`.

use magpie_domain::{Lifetime, Timestamp};
use serde_json::{Map, Value};

/// The last second of the year 9999: a larger number is milliseconds or nonsense.
const END_OF_TIME: i64 = 253_402_300_799;

/// Whether a claim has to be there. There is no way to say that its type does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Absent is refused.
    Required,
    /// May be absent; when present it must hold.
    Optional,
    /// May be absent and need not hold, but must be well formed: the `exp` of an `id_token_hint`
    /// (OpenID Connect RP-Initiated Logout §2 accepts expired ones).
    FormOnly,
}

/// What a token must claim to be meant for us, now.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The exact issuer; its claim is always required.
    pub issuer: &'a str,
    /// The names we answer to; `aud` is always required and must hold one of them.
    pub audiences: &'a [&'a str],
    /// Of `exp`.
    pub expiry: Presence,
    /// Of `nbf`.
    pub not_before: Presence,
    /// Of `iat`; one from the future (beyond the skew) does not hold.
    pub issued_at: Presence,
    /// How far the maker's clock may be from ours.
    pub skew: Lifetime,
}

/// The times of a token that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// `exp`
    pub expires_at: Option<Timestamp>,
    /// `nbf`
    pub not_before: Option<Timestamp>,
    /// `iat`
    pub issued_at: Option<Timestamp>,
}

/// Why claims were refused; each names the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// A required claim is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Null, empty, or of another type than the claim has.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Made by somebody else.
    #[error("iss is another issuer")]
    OtherIssuer,
    /// Made for somebody else.
    #[error("aud does not name us")]
    OtherAudience,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` has not come.
    #[error("not valid yet")]
    NotYet,
    /// `iat` has not come.
    #[error("issued in the future")]
    FromTheFuture,
}

/// Checks the registered claims at the moment `now`.
///
/// # Errors
/// [`ClaimRefused`], with the first reason found.
pub fn check(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Times, ClaimRefused> {
    let issuer = claims.get("iss").ok_or(ClaimRefused::Missing("iss"))?;
    let issuer = issuer.as_str().ok_or(ClaimRefused::Malformed("iss"))?;
    if issuer != expected.issuer {
        return Err(ClaimRefused::OtherIssuer);
    }
    check_audience(claims, expected.audiences)?;
    let expires_at = time(claims, "exp", expected.expiry)?;
    let not_before = time(claims, "nbf", expected.not_before)?;
    let issued_at = time(claims, "iat", expected.issued_at)?;
    // RFC 7519 §4.1.4: on or after `exp` the token must not be accepted.
    if must_hold(expires_at, expected.expiry).is_some_and(|t| now >= t.plus(expected.skew)) {
        return Err(ClaimRefused::Expired);
    }
    let latest = now.plus(expected.skew);
    if must_hold(not_before, expected.not_before).is_some_and(|t| t > latest) {
        return Err(ClaimRefused::NotYet);
    }
    if must_hold(issued_at, expected.issued_at).is_some_and(|t| t > latest) {
        return Err(ClaimRefused::FromTheFuture);
    }
    Ok(Times { expires_at, not_before, issued_at })
}

fn must_hold(time: Option<Timestamp>, presence: Presence) -> Option<Timestamp> {
    time.filter(|_| presence != Presence::FormOnly)
}

/// `aud` is one text or a list of texts (RFC 7519 §4.1.3); a list with anything else in it is no list.
fn check_audience(claims: &Map<String, Value>, ours: &[&str]) -> Result<(), ClaimRefused> {
    let malformed = ClaimRefused::Malformed("aud");
    let named = match claims.get("aud").ok_or(ClaimRefused::Missing("aud"))? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(list) => {
            list.iter().map(Value::as_str).collect::<Option<Vec<_>>>().ok_or(malformed)?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(malformed);
        }
    };
    if named.is_empty() || named.contains(&"") {
        return Err(malformed);
    }
    let for_us = named.iter().any(|name| ours.contains(name));
    if for_us { Ok(()) } else { Err(ClaimRefused::OtherAudience) }
}

fn time(
    claims: &Map<String, Value>,
    name: &'static str,
    presence: Presence,
) -> Result<Option<Timestamp>, ClaimRefused> {
    match (claims.get(name), presence) {
        (None, Presence::Required) => Err(ClaimRefused::Missing(name)),
        (None, Presence::Optional | Presence::FormOnly) => Ok(None),
        (Some(value), _) => value
            .as_i64()
            .filter(|seconds| (0..=END_OF_TIME).contains(seconds))
            .map(|seconds| Some(Timestamp::from_seconds(seconds)))
            .ok_or(ClaimRefused::Malformed(name)),
    }
}
