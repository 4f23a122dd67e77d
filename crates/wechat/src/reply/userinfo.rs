//! The answer of `GET /sns/userinfo` (wechat.md §3.4): what WeChat says of a person, as it says it.
//! Nothing here is fit to be shown; [`crate::profile`] makes that of it. Province, city and country have been empty
//! since 2021 and are not read.

use std::fmt;

use magpie_domain::{OpenId, UnionId};

use super::fields::{Fields, Whole};
use super::{WechatReply, decode as decode_reply, openid, unionid};

/// What the profile call gave, uncleaned.
#[derive(Clone)]
pub struct UserinfoReply {
    /// The person within the account; must be the one that the exchange named.
    pub openid: OpenId,
    /// The person within the platform, if WeChat said so.
    pub unionid: Option<UnionId>,
    /// 昵称, raw: anything may be in it.
    pub nickname: Option<String>,
    /// 1 male, 2 female, 0 unknown; since 2021 nearly always 0.
    pub sex: Option<i64>,
    /// The person's language, such as `zh_CN`, raw.
    pub language: Option<String>,
    /// The URL of the avatar, raw.
    pub headimgurl: Option<String>,
    /// 网页快照页. Documented for the exchange alone, heeded here as well (law 6).
    pub is_snapshot_user: bool,
}

impl fmt::Debug for UserinfoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserinfoReply")
            .field("has_unionid", &self.unionid.is_some())
            .field("is_snapshot_user", &self.is_snapshot_user)
            .finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<UserinfoReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<UserinfoReply> {
    let text = |name| fields.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(UserinfoReply {
        openid: openid(fields)?,
        unionid: unionid(fields)?,
        nickname: text("nickname"),
        sex: match fields.whole("sex") {
            Whole::Is(number) => Some(number),
            Whole::Absent | Whole::Odd => None,
        },
        language: text("language"),
        headimgurl: text("headimgurl"),
        is_snapshot_user: fields.is_raised("is_snapshotuser"),
    })
}
