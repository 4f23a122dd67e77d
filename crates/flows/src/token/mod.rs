//! The token endpoint: who calls, which grant, and the tokens that follow.
//! The shared phases are here and cannot be forgotten by a grant; a grant is its own file.

mod authorization_code;
mod client_credentials;
pub(crate) mod mint;
pub(crate) mod refresh_token;
mod token_exchange;

use magpie_oidc::grant::GrantRequest;
use magpie_oidc::tokens::TokenResponse;

use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::outcome::Outcome;

/// Answers a token request.
///
/// # Errors
/// [`ClientRefused`] with the exact error of RFC 6749 §5.2. A failed authentication never burns a code.
pub async fn exchange(
    flows: &Flows,
    call: &ClientCall<'_>,
) -> Outcome<TokenResponse, ClientRefused> {
    let client = authenticate(flows, call).await?;
    let request = GrantRequest::read(call.form, &client).map_err(|error| call.refuse(error))?;
    call.refused(match request {
        GrantRequest::AuthorizationCode(request) => {
            authorization_code::redeem(flows, &client, request).await
        }
        GrantRequest::RefreshToken(request) => {
            refresh_token::refresh(flows, &client, &request).await
        }
        GrantRequest::ClientCredentials(audience) => {
            client_credentials::issue(flows, &client, audience)
        }
        GrantRequest::TokenExchange(request) => {
            token_exchange::exchange(flows, &client, &request).await
        }
    })
}
