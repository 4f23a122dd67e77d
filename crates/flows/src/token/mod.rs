//! The token endpoint: who calls, which grant, and the tokens that follow.
//! The shared phases are here and cannot be forgotten by a grant; a grant is its own file.

mod authorization_code;
mod mint;

use magpie_oidc::client_auth::{self, Presented};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::GrantRequest;
use magpie_oidc::params::Params;
use magpie_oidc::tokens::TokenResponse;

use crate::clients;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// A refusal of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRefused {
    /// The error.
    pub error: OAuthError,
    /// Whether the client tried the `Authorization` header, so that the answer must name the scheme (RFC 6749 §5.2).
    pub tried_header: bool,
}

/// Answers a token request.
///
/// # Errors
/// [`TokenRefused`] with the exact error of RFC 6749 §5.2. A failed authentication never burns a code.
pub async fn exchange(
    flows: &Flows,
    authorization: Option<&str>,
    form: &Params,
) -> Outcome<TokenResponse, TokenRefused> {
    let refuse =
        |error| Stop::Refused(TokenRefused { error, tried_header: authorization.is_some() });
    if form.first_repeated().is_some() {
        return Err(refuse(OAuthError::invalid_request("a parameter is sent twice")));
    }
    let presented = client_auth::present(authorization, form).map_err(refuse)?;
    let client = clients::find(flows, &presented.client_id).await?;
    let proven = is_proven(flows, &presented, client.as_ref());
    client_auth::check(&presented, client.as_ref(), proven).map_err(refuse)?;
    let Some(client) = client else {
        return Err(refuse(OAuthError::invalid_client("client authentication failed")));
    };
    match GrantRequest::read(form).map_err(refuse)? {
        GrantRequest::AuthorizationCode(request) => {
            authorization_code::redeem(flows, &client, request).await.map_err(|stop| match stop {
                Stop::Refused(error) => refuse(error),
                Stop::Broken(incident) => Stop::Broken(incident),
            })
        }
    }
}

/// Compares the secret; an unknown client costs the same work (CA-05).
fn is_proven(flows: &Flows, presented: &Presented, client: Option<&magpie_domain::Client>) -> bool {
    let stored = client.and_then(magpie_domain::Client::secret_hash);
    match &presented.secret {
        Some(secret) => flows.vault().is_client_secret(secret.expose(), stored),
        None => client.is_some_and(magpie_domain::Client::is_public),
    }
}
