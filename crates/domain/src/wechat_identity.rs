//! Who WeChat says somebody is: two keys to find a person by, never a subject (law 5).

use std::fmt;

use crate::channel::{AppId, Platform};
use crate::member::{Member, MemberId};
use crate::user::Profile;

/// A person's id within one app: an openid, or what [`MemberId::key`] makes of a member of an organisation in WeCom, who
/// has none. Never a subject, never shown, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenId(String);

/// A person's id within one Open Platform account (unionid). Never a subject, never shown, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct UnionId(String);

/// Keeps what WeChat sends (28 characters of `[A-Za-z0-9_-]` so far), refuses what it never sends.
fn is_wechat_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

/// Before a member's key. No openid has a colon, so neither can pass for the other.
const MEMBER: &str = "userid:";

impl OpenId {
    /// Reads an openid, or `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_wechat_id(text).then(|| Self(text.to_owned()))
    }

    /// Reads what [`Self::as_key`] wrote: an openid or the key of a member. For the store alone.
    #[must_use]
    pub fn from_key(text: &str) -> Option<Self> {
        match text.strip_prefix(MEMBER) {
            Some(userid) => MemberId::parse(userid).map(|member| member.key()),
            None => Self::parse(text),
        }
    }

    /// Takes what [`MemberId::key`] made of a userid.
    pub(crate) fn of_member(compared: &str) -> Self {
        Self(format!("{MEMBER}{compared}"))
    }

    /// Whether this is the key of a member rather than an openid; such a key is told to nobody.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.0.starts_with(MEMBER)
    }

    /// The way out, for the store and the `wechat` claims alone.
    #[must_use]
    pub fn as_key(&self) -> &str {
        &self.0
    }
}

impl UnionId {
    /// Reads a unionid, or `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_wechat_id(text).then(|| Self(text.to_owned()))
    }

    /// The way out, for the store and the `wechat` claims alone.
    #[must_use]
    pub fn as_key(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OpenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenId(…)")
    }
}

impl fmt::Debug for UnionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnionId(…)")
    }
}

/// Somebody who really came back from WeChat. A snapshot user never becomes one (law 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WechatIdentity {
    /// The app the openid belongs to.
    pub app_id: AppId,
    /// The person within that app.
    pub openid: OpenId,
    /// The person within the platform, when WeChat said so and the channel names its platform.
    pub union: Option<(Platform, UnionId)>,
    /// What WeChat said of them; empty after `snsapi_base`.
    pub profile: Profile,
    /// What WeCom said of them as a member of an organisation; nothing by every other way.
    pub member: Option<Member>,
}
