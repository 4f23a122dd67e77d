//! The client credentials grant (RFC 6749 §4.4): nothing is stored, the token says it all.

use magpie_domain::{Client, TokenText};
use magpie_oidc::claims::access_token::ClientToken;
use magpie_oidc::error::OAuthError;
use magpie_oidc::tokens::TokenResponse;

use super::mint;
use crate::context::Flows;
use crate::outcome::Outcome;

/// Makes a client's own token for the resource servers in `audience`.
pub(super) fn issue(
    flows: &Flows,
    client: &Client,
    audience: Vec<String>,
) -> Outcome<TokenResponse, OAuthError> {
    let (now, lifetime) = (flows.now(), flows.settings().lifetimes.access_token);
    let token = ClientToken {
        client: client.id().clone(),
        audience,
        issued: now,
        expires: now.plus(lifetime),
        jkt: None,
    };
    let text = TokenText::new(mint::client_token(flows, &token)?);
    Ok(TokenResponse::of_client(text, lifetime.as_seconds(), token.jkt.is_some()))
}
