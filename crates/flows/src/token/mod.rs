//! The token endpoint: who calls, which grant, and the tokens that follow.
//! The shared phases are here and cannot be forgotten by a grant; a grant is its own file.

mod authorization_code;
mod mint;

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
    match GrantRequest::read(call.form).map_err(|error| call.refuse(error))? {
        GrantRequest::AuthorizationCode(request) => {
            call.refused(authorization_code::redeem(flows, &client, request).await)
        }
    }
}
