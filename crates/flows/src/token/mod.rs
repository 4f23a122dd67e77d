//! The token endpoint: who calls, which grant, and the tokens that follow.
//! The shared phases are here and cannot be forgotten by a grant; a grant is its own file.

mod authorization_code;
mod client_credentials;
mod device_code;
pub(crate) mod mint;
pub(crate) mod refresh_token;
mod token_exchange;
mod wechat_code;

use magpie_domain::Client;
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::GrantRequest;
use magpie_oidc::paths;
use magpie_oidc::tokens::TokenResponse;

use crate::budget::Budget;
use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::dpop::{self, ProvedKey};
use crate::outcome::Outcome;

/// Who asks for tokens, and which key they are to be bound to.
#[derive(Clone, Copy)]
struct Caller<'a> {
    client: &'a Client,
    key: Option<&'a ProvedKey>,
    budget: &'a dyn Budget,
}

impl Caller<'_> {
    /// The thumbprint of the key that was proved.
    fn jkt(&self) -> Option<&str> {
        self.key.map(|key| &*key.jkt)
    }

    /// Uses the proof up, if there is one. A grant calls it when nothing else can be wrong any more.
    async fn spend_proof(&self, flows: &Flows) -> Outcome<(), OAuthError> {
        match self.key {
            Some(key) => dpop::spend(flows, self.budget, self.client, key).await?.or_error(),
            None => Ok(()),
        }
    }
}

/// Answers a token request.
///
/// # Errors
/// [`ClientRefused`] with the exact error of RFC 6749 §5.2 or RFC 9449 §5. A failed authentication or proof never burns
/// a code.
pub async fn exchange(
    flows: &Flows,
    call: &ClientCall<'_>,
) -> Outcome<TokenResponse, ClientRefused> {
    let client = authenticate(flows, call).await?;
    let refuse = |error| call.refuse(error);
    let request = GrantRequest::read(call.form, &client).map_err(refuse)?;
    let key = dpop::of_token_request(flows, call, paths::TOKEN, &client).map_err(refuse)?;
    let caller = Caller { client: &client, key: key.as_ref(), budget: call.budget };
    call.refused(match request {
        GrantRequest::AuthorizationCode(request) => {
            authorization_code::redeem(flows, caller, request).await
        }
        GrantRequest::RefreshToken(request) => {
            refresh_token::refresh(flows, caller, &request).await
        }
        GrantRequest::ClientCredentials(audience) => {
            client_credentials::issue(flows, caller, audience).await
        }
        GrantRequest::DeviceCode(request) => device_code::redeem(flows, caller, &request).await,
        GrantRequest::TokenExchange(request) => {
            token_exchange::exchange(flows, caller, &request).await
        }
        GrantRequest::WechatCode(request) => wechat_code::exchange(flows, caller, &request).await,
    })
}
