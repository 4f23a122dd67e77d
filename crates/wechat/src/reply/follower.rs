//! The answer of `GET /cgi-bin/user/info` (wechat.md §11.2): what an account may know of somebody who follows it. Name
//! and picture have not been among it since 2021; the unionid is.

use std::fmt;

use magpie_domain::{OpenId, UnionId};

use super::fields::{Fields, Whole};
use super::{WechatReply, decode as decode_reply, openid, unionid};

/// What asking for a follower gave.
#[derive(Clone)]
pub struct FollowerReply {
    /// The person within the account; must be who was asked for.
    pub openid: OpenId,
    /// The person within the platform, if WeChat said so.
    pub unionid: Option<UnionId>,
    /// Whether they follow now; of who does not, WeChat says nothing but the openid.
    pub follows: bool,
}

impl fmt::Debug for FollowerReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowerReply")
            .field("has_unionid", &self.unionid.is_some())
            .field("follows", &self.follows)
            .finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<FollowerReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<FollowerReply> {
    let follows = matches!(fields.whole("subscribe"), Whole::Is(1));
    Some(FollowerReply { openid: openid(fields)?, unionid: unionid(fields)?, follows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_has_a_unionid_and_who_does_not_has_an_openid() {
        let read = |body: &str| match decode(body.as_bytes()) {
            WechatReply::Ok(reply) => Some((reply.follows, reply.unionid.is_some())),
            WechatReply::Refused(_) | WechatReply::Unreadable => None,
        };
        for (body, expected) in [
            (
                r#"{"subscribe":1,"openid":"oAnn","unionid":"uAnn","nickname":""}"#,
                Some((true, true)),
            ),
            (r#"{"subscribe":1,"openid":"oAnn","unionid":""}"#, Some((true, false))),
            (r#"{"subscribe":0,"openid":"oAnn"}"#, Some((false, false))),
            (r#"{"subscribe":1,"unionid":"uAnn"}"#, None),
            (r#"{"subscribe":1,"openid":"oAnn","unionid":"no id!"}"#, None),
            (r#"{"errcode":40003,"errmsg":"invalid openid"}"#, None),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
        let shown = decode(br#"{"subscribe":1,"openid":"oAnn","unionid":"uAnn"}"#);
        assert!(!format!("{shown:?}").contains("Ann"));
    }
}
