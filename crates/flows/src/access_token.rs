//! Access tokens that come back: sealed ones and JWTs, to the same facts. Whether a token still counts is asked of its
//! grant; here it is only proved to be ours.

use magpie_domain::{AccessToken, TokenText};
use magpie_oidc::claims::access_token::{self, Read};
use magpie_vault::{Purpose, bound};

use crate::context::Flows;

/// Opens the token of somebody who signed in; `None` for anything else, a client's own token among it.
pub(crate) fn open(flows: &Flows, token: &TokenText) -> Option<AccessToken> {
    match open_any(flows, token)? {
        Read::OfPerson(token) => Some(token),
        Read::OfClient(_) => None,
    }
}

/// Opens any access token of ours, a client's own as well.
pub(crate) fn open_any(flows: &Flows, token: &TokenText) -> Option<Read> {
    let text = token.expose();
    // A sealed token has no dots, a JWT has two.
    if text.contains('.') {
        verified(flows, text)
    } else {
        unsealed(flows, text).map(Read::OfPerson)
    }
}

fn unsealed(flows: &Flows, text: &str) -> Option<AccessToken> {
    let context = bound(&["access token"]);
    let plain = flows.vault().unseal_text(Purpose::AccessToken, &context, text).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn verified(flows: &Flows, text: &str) -> Option<Read> {
    let kid = magpie_vault::peek(text).ok()?.kid()?.to_owned();
    let claims = flows.keyring().verifier(&kid)?.verify(text, access_token::TYPE).ok()?;
    access_token::read(flows.issuer(), &claims)
}
