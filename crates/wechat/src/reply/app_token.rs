//! The answer of `POST /cgi-bin/stable_token` (wechat.md §5.5), and of an operator's own token server, which says the
//! same two things: a token that speaks for the account, and for how long.

use std::fmt;

use magpie_domain::{Lifetime, Secret};

use super::access_token::{access_token, expires_in};
use super::fields::Fields;
use super::{WechatReply, decode as decode_reply};

/// What asking for an app-level token gave.
#[derive(Clone)]
pub struct AppTokenReply {
    /// The token; it opens everything that the account may do, so it is kept sealed and shown to nobody.
    pub access_token: Secret<String>,
    /// How long it is good for: 60 to 7200 seconds, whatever was written (case WX-42).
    pub expires_in: Lifetime,
}

impl fmt::Debug for AppTokenReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppTokenReply")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<AppTokenReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<AppTokenReply> {
    let expires_in = expires_in(fields.whole("expires_in"));
    Some(AppTokenReply { access_token: access_token(fields)?, expires_in })
}

/// Whether a token was given, for whoever only wants to know: it is left where it is. Never panics.
#[must_use]
pub fn is_given(body: &[u8]) -> WechatReply<()> {
    decode_reply(body, |fields| access_token(fields).map(drop))
}
