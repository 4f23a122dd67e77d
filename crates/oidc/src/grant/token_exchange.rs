//! Exchanging an access token for a narrower one (RFC 8693): fewer scopes, and resource servers instead of ourselves.
//! Two clients may: the one that the token was issued to, and a resource server that the token is for, which then acts
//! for the person (`act`, §4.1). Nothing is ever widened, and nothing lives longer than what was shown (E6).

use magpie_domain::{AccessToken, Client, Grant, ScopeSet, TokenText};

use crate::error::OAuthError;
use crate::params::Params;
use crate::resource;

/// An OAuth access token of ours (RFC 8693 §3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A readable request.
#[derive(Debug, Clone)]
pub struct ExchangeRequest {
    /// The token as shown.
    pub subject_token: TokenText,
    /// The resources that are named, well formed and nothing more.
    resources: Vec<String>,
    /// The scopes that are asked for.
    scopes: Option<ScopeSet>,
}

impl ExchangeRequest {
    /// Reads the fields.
    ///
    /// # Errors
    /// `invalid_request` for what is missing or not offered (RFC 8693 §2.2.2), `invalid_target` for a malformed resource
    /// and for an `audience`, since resource servers have addresses here and no other names.
    pub(super) fn read(form: &Params) -> Result<Self, OAuthError> {
        let token = form
            .get("subject_token")
            .ok_or(OAuthError::invalid_request("subject_token is missing"))?;
        match form.get("subject_token_type") {
            Some(ACCESS_TOKEN) => {}
            Some(_) => {
                return Err(OAuthError::invalid_request(
                    "this subject_token_type is not supported",
                ));
            }
            None => return Err(OAuthError::invalid_request("subject_token_type is missing")),
        }
        if form.is_sent("actor_token") || form.is_sent("actor_token_type") {
            return Err(OAuthError::invalid_request("actor tokens are not supported"));
        }
        if form.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
            return Err(OAuthError::invalid_request("this requested_token_type is not supported"));
        }
        if form.get("audience").is_some() {
            return Err(OAuthError::invalid_target("name the target by resource"));
        }
        Ok(Self {
            subject_token: TokenText::new(token.to_owned()),
            resources: resource::named(form)?,
            scopes: form.get("scope").map(ScopeSet::parse),
        })
    }

    /// The refusal of a subject token that is not ours, has ended, or may not be exchanged by this client:
    /// `invalid_request`, not `invalid_grant` (RFC 8693 §2.2.2, E2).
    #[must_use]
    pub const fn refused() -> OAuthError {
        OAuthError::invalid_request("the subject_token is not valid for this client")
    }
}

/// What may be issued in exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// For whom.
    pub audience: Vec<String>,
    /// With which scopes.
    pub scopes: ScopeSet,
    /// Whether the client acts for the person, rather than narrowing its own token.
    pub delegated: bool,
}

/// Judges an exchange. `shown` is the live subject token, `grant` its grant; the caller is a client, and the thumbprint
/// of the key that it proved, if it proved one. A holder needs the key of its bound token, as everywhere else; a resource
/// server was shown the proof for itself and cannot repeat it (RFC 9449 §7.1), so what proves it is its own credentials.
///
/// # Errors
/// `invalid_request` for a token that is somebody else's business or that is shown without its key, `invalid_target` for
/// a target out of reach, `invalid_scope` for a scope that the token does not have.
pub fn judge(
    request: &ExchangeRequest,
    shown: &AccessToken,
    grant: &Grant,
    (client, jkt): (&Client, Option<&str>),
) -> Result<Exchanged, OAuthError> {
    let own = &client.policy().tokens.resources;
    let holder = shown.holder.as_ref().unwrap_or(&grant.client_id);
    let is_holder = holder == client.id();
    let is_target = shown.audience.iter().any(|audience| own.contains(audience));
    let has_key = shown.jkt.is_none() || shown.jkt.as_deref() == jkt;
    let may = if is_holder { has_key } else { is_target && !client.is_public() };
    if !may {
        return Err(ExchangeRequest::refused());
    }
    let reachable: Vec<String> = if is_holder && !shown.audience.is_empty() {
        own.iter().filter(|resource| shown.audience.contains(resource)).cloned().collect()
    } else {
        own.clone()
    };
    if request.resources.is_empty() {
        return Err(OAuthError::invalid_target("resource must name what the token is for"));
    }
    let audience = resource::within(request.resources.clone(), &reachable)?;
    let scopes = request.scopes.unwrap_or(shown.scopes);
    if !shown.scopes.covers(scopes) {
        return Err(OAuthError::invalid_scope("the subject_token does not have this scope"));
    }
    Ok(Exchanged { audience, scopes, delegated: !is_holder })
}

#[cfg(test)]
mod tests;
