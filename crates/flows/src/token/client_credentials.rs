//! The client credentials grant (RFC 6749 §4.4): nothing is stored, the token says it all.

use magpie_domain::TokenText;
use magpie_oidc::claims::access_token::ClientToken;
use magpie_oidc::error::OAuthError;
use magpie_oidc::tokens::TokenResponse;

use super::{Caller, mint};
use crate::context::Flows;
use crate::outcome::Outcome;

/// Makes a client's own token for the resource servers in `audience`.
pub(super) async fn issue(
    flows: &Flows,
    caller: Caller<'_>,
    audience: Vec<String>,
) -> Outcome<TokenResponse, OAuthError> {
    caller.spend_proof(flows).await?;
    let (now, lifetime) = (flows.now(), flows.settings().lifetimes.access_token);
    let token = ClientToken {
        client: caller.client.id().clone(),
        audience,
        issued: now,
        expires: now.plus(lifetime),
        jkt: caller.jkt().map(str::to_owned),
    };
    let text = TokenText::new(mint::client_token(flows, &token)?);
    Ok(TokenResponse::of_client(text, lifetime.as_seconds(), token.jkt.as_deref()))
}
