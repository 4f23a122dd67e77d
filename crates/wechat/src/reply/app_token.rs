//! The answer of `POST /cgi-bin/stable_token` (wechat.md §5.5), as far as it tells whether the account gets a token.
//! The token is left where it is: whoever only wants to know never holds it.

use super::fields::Fields;
use super::{WechatReply, decode};

/// Whether a token was given. Never panics.
#[must_use]
pub fn is_given(body: &[u8]) -> WechatReply<()> {
    decode(body, |fields: &Fields| {
        fields.text("access_token").filter(|token| !token.is_empty()).map(drop)
    })
}
