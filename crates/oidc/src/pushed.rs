//! Pushed authorization requests (RFC 9126): what may be pushed, what is kept of it, and what it is called afterwards.
//! The request itself is proved by [`crate::authorize::check`], the same as at the authorization endpoint; only the
//! dialect of a refusal differs. Only a client that authenticates may push, since every push is a row (law 1).

use std::fmt;

use magpie_domain::{Client, PushedHandle, PushedId};
use serde::Serialize;

use crate::authorize::{self, AuthorizeRefusal, PageRefusal};
use crate::encoding::query;
use crate::error::OAuthError;
use crate::params::Params;

/// What every `request_uri` of ours begins with (RFC 9126 §2.2).
const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// The length of the secret half: 256 bits in base64url without padding.
const SECRET_LENGTH: usize = 43;
/// The longest form that is kept, in bytes.
const LONGEST_KEPT: usize = 24 * 1024;
/// What proves the client is not part of its request and is never kept.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Whether this client may push at all: one that cannot authenticate would let anybody write rows in its name.
///
/// # Errors
/// `unauthorized_client` for a public client.
pub fn may_push(client: &Client) -> Result<(), OAuthError> {
    if client.is_public() {
        return Err(OAuthError::unauthorized_client(
            "a client that cannot authenticate may not push requests",
        ));
    }
    Ok(())
}

/// The authorization request inside the call of an authenticated client: everything but what proved the client.
///
/// # Errors
/// `invalid_request` for a `request_uri`, which cannot be pushed (RFC 9126 §2.1), and for what is too long to keep.
pub fn request_of(form: &Params, client: &Client) -> Result<Params, OAuthError> {
    if form.is_sent("request_uri") {
        return Err(OAuthError::invalid_request("request_uri cannot be pushed"));
    }
    let id = (!form.is_sent("client_id")).then_some(("client_id", client.id().as_str()));
    let kept = form.pairs().filter(|(name, _)| !CREDENTIALS.contains(name)).chain(id);
    let request = Params::of_pairs(kept.map(|(n, v)| (n.to_owned(), v.to_owned())))?;
    if query(request.pairs()).len() > LONGEST_KEPT {
        return Err(OAuthError::invalid_request("the request is too long to be kept"));
    }
    Ok(request)
}

/// What a request that was proved is kept as, without what nobody asks for: a row holds nothing that means nothing.
/// [`Params::from_query`] reads it.
#[must_use]
pub fn kept(request: &Params) -> String {
    query(request.pairs().filter(|(name, _)| authorize::PARAMETERS.contains(name)))
}

/// The `request_uri` of a pushed request.
#[must_use]
pub fn request_uri(handle: &PushedHandle) -> String {
    format!("{URN}{}.{}", handle.id, handle.secret)
}

/// What a `request_uri` names, if it is one of ours in kind: then it is found or it is not, and is never fetched.
#[must_use]
pub fn read(request_uri: &str) -> Option<Named> {
    let text = request_uri.strip_prefix(URN)?;
    let halves = text.split_once('.').and_then(|(id, secret)| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_secret = secret.len() == SECRET_LENGTH && secret.bytes().all(plain);
        Some((PushedId::parse(id)?, is_secret.then(|| secret.to_owned())?))
    });
    Some(halves.map_or(Named::Nothing, |(id, secret)| Named::Handle(PushedHandle { id, secret })))
}

/// What a `request_uri` of our kind names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A pushed request, if there is one.
    Handle(PushedHandle),
    /// Nothing that was ever ours.
    Nothing,
}

/// A refused request in the dialect of this endpoint (RFC 9126 §2.3): JSON to the client, whoever would have been told
/// at the authorization endpoint.
#[must_use]
pub const fn refusal(refusal: &AuthorizeRefusal) -> OAuthError {
    match refusal {
        AuthorizeRefusal::ToClient { error, .. } => *error,
        AuthorizeRefusal::OnPage(PageRefusal::MalformedRequest) => {
            OAuthError::invalid_request("the request cannot be read or names no client")
        }
        AuthorizeRefusal::OnPage(PageRefusal::UnknownClient) => {
            OAuthError::invalid_request("client_id is not the client that pushes")
        }
        AuthorizeRefusal::OnPage(PageRefusal::RedirectUriMissing) => {
            OAuthError::invalid_request("redirect_uri is missing")
        }
        AuthorizeRefusal::OnPage(PageRefusal::RedirectUriNotRegistered) => {
            OAuthError::invalid_request("redirect_uri is not registered for this client")
        }
        AuthorizeRefusal::OnPage(PageRefusal::RepeatedParameter) => {
            OAuthError::invalid_request("a parameter is sent twice")
        }
        AuthorizeRefusal::OnPage(PageRefusal::PushedRequestGone) => {
            OAuthError::invalid_request("request_uri cannot be pushed")
        }
        AuthorizeRefusal::OnPage(PageRefusal::RequestObjectUnusable) => {
            OAuthError::invalid_request_object("the request object is not valid")
        }
    }
}

/// The answer to a request that was kept: 201, not to be stored (RFC 9126 §2.2).
#[derive(Clone, Serialize)]
pub struct PushedResponse {
    /// What the browser brings to the authorization endpoint.
    pub request_uri: String,
    /// Seconds until it can no longer be opened.
    pub expires_in: i64,
}

impl fmt::Debug for PushedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushedResponse")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
