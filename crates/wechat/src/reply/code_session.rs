//! The answer of `GET /sns/jscode2session` (wechat.md §5.1): who opened a mini program.
//! The `session_key` signs and encrypts what the mini program hands over, and whoever has it can make up any phone number:
//! it opens what came with the same request and is wiped then, never stored, logged or given away (case WX-34).

use std::fmt;

use magpie_domain::{OpenId, UnionId};

use super::encrypted::SessionKey;
use super::fields::Fields;
use super::{WechatReply, decode as decode_reply, openid, unionid};

/// What the exchange of a `wx.login` code gave.
#[derive(Clone)]
pub struct CodeSessionReply {
    /// The person within the mini program.
    pub openid: OpenId,
    /// The person within the platform, if WeChat said so.
    pub unionid: Option<UnionId>,
    /// The key of this session, if it is one.
    pub session_key: Option<SessionKey>,
    /// 网页快照页. Documented for web authorization alone, heeded here as well (law 6).
    pub is_snapshot_user: bool,
}

impl fmt::Debug for CodeSessionReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSessionReply")
            .field("has_unionid", &self.unionid.is_some())
            .field("is_snapshot_user", &self.is_snapshot_user)
            .finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<CodeSessionReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<CodeSessionReply> {
    Some(CodeSessionReply {
        openid: openid(fields)?,
        unionid: unionid(fields)?,
        session_key: fields.text("session_key").and_then(SessionKey::parse),
        is_snapshot_user: fields.is_raised("is_snapshotuser"),
    })
}
