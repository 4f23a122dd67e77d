//! Reading an access token that somebody shows. Whatever form access tokens have, everybody who receives one asks here.

use magpie_domain::{AccessToken, TokenText};
use magpie_vault::{Purpose, bound};

use crate::context::Flows;

/// What the token says; `None` for what is no access token of ours. Whether it still counts is for its grant to say.
pub(crate) fn open(flows: &Flows, token: &TokenText) -> Option<AccessToken> {
    let plain = flows
        .vault()
        .unseal_text(Purpose::AccessToken, &bound(&["access token"]), token.expose())
        .ok()?;
    serde_json::from_slice(&plain).ok()
}
