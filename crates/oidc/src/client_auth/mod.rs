//! How an application proves itself at the token endpoint (RFC 6749 §2.3, OIDC Core §9).
//! [`present`] reads what was shown, the `flows` room compares the secret's hash, [`check`] judges.
//! Whatever is wrong, an outsider hears one sentence: not whether the client exists, is disabled,
//! or uses another method. Nothing here touches the code, so a failed attempt never burns it.

mod basic;

use std::fmt;

use magpie_domain::{AuthMethod, Client, ClientId, Secret};

use crate::error::OAuthError;
use crate::params::Params;

/// The `WWW-Authenticate` value of an `invalid_client` that answers an `Authorization` header (RFC 6749 §5.2).
pub const CHALLENGE: &str = "Basic realm=\"magpie\", charset=\"UTF-8\"";

/// The longest secret, in bytes.
const LONGEST_SECRET: usize = 512;

/// The one sentence of a failed authentication.
const FAILED: OAuthError = OAuthError::invalid_client("client authentication failed");

/// What an application showed of itself; nothing of it is proved yet.
#[derive(Clone)]
pub struct Presented {
    /// Who it says it is.
    pub client_id: ClientId,
    /// By which method.
    pub method: AuthMethod,
    /// The secret, unless the method is `none`.
    pub secret: Option<Secret<String>>,
}

impl Presented {
    /// Whether a refusal needs [`CHALLENGE`]; [`uses_header`] says the same where reading already failed.
    #[must_use]
    pub fn used_header(&self) -> bool {
        self.method == AuthMethod::ClientSecretBasic
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("client_id", &self.client_id)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Whether the request tried to authenticate by the `Authorization` header, so that an `invalid_client`
/// must carry [`CHALLENGE`] (RFC 6749 §5.2). Good for refusals of [`present`] and [`check`] alike.
#[must_use]
pub const fn uses_header(authorization: Option<&str>) -> bool {
    authorization.is_some()
}

/// Reads the credentials of one request: the `Authorization` header's value and the form.
///
/// # Errors
/// `invalid_request` when two methods are used at once, the two places name different clients or a parameter is
/// repeated; `invalid_client` when nothing usable was shown.
pub fn present(authorization: Option<&str>, form: &Params) -> Result<Presented, OAuthError> {
    if form.is_repeated("client_id") || form.is_repeated("client_secret") {
        return Err(OAuthError::invalid_request("a parameter was sent more than once"));
    }
    if form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some() {
        return Err(OAuthError::invalid_client("client assertions are not supported"));
    }
    match authorization {
        Some(header) => from_header(header, form),
        None => from_form(form),
    }
}

fn from_header(header: &str, form: &Params) -> Result<Presented, OAuthError> {
    if form.get("client_secret").is_some() {
        return Err(OAuthError::invalid_request(
            "only one way of client authentication may be used",
        ));
    }
    let (id, secret) = basic::credentials(header).ok_or(FAILED)?;
    if form.get("client_id").is_some_and(|named| named != id) {
        return Err(OAuthError::invalid_request("client_id differs from the Authorization header"));
    }
    shown(&id, AuthMethod::ClientSecretBasic, Some(secret))
}

fn from_form(form: &Params) -> Result<Presented, OAuthError> {
    let id = form.get("client_id").ok_or(FAILED)?;
    match form.get("client_secret") {
        Some(secret) => {
            shown(id, AuthMethod::ClientSecretPost, Some(Secret::new(secret.to_owned())))
        }
        None => shown(id, AuthMethod::None, None),
    }
}

fn shown(
    id: &str,
    method: AuthMethod,
    secret: Option<Secret<String>>,
) -> Result<Presented, OAuthError> {
    if secret.as_ref().is_some_and(|secret| secret.expose().len() > LONGEST_SECRET) {
        return Err(FAILED);
    }
    let client_id = ClientId::parse(id).ok_or(FAILED)?;
    Ok(Presented { client_id, method, secret })
}

/// Judges what was shown. `client` is what was found under that name, `is_right` whether the secret's keyed hash is
/// a stored one, or the assertion holds; do that work even where there is no client, so that both take as long.
///
/// # Errors
/// `invalid_client`, one and the same for an unknown or disabled client, a method it may not use and a wrong secret.
pub fn check(
    presented: &Presented,
    client: Option<&Client>,
    is_right: bool,
) -> Result<(), OAuthError> {
    let named = |client: &&Client| client.id() == &presented.client_id && client.is_enabled();
    let client = client.filter(named).ok_or(FAILED)?;
    // A client that may use `none` has no secret, and one with a secret may not use `none`: Client::new saw to it.
    let proved = match presented.method {
        AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretPost
        | AuthMethod::PrivateKeyJwt => is_right,
        AuthMethod::None => true,
    };
    if proved && client.policy().auth_methods.contains(&presented.method) {
        Ok(())
    } else {
        Err(FAILED)
    }
}

#[cfg(test)]
mod tests;
