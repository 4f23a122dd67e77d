//! The answer of `GET /sns/oauth2/access_token` (wechat.md §3.1): who came, and what they allowed.
//! The refresh token is not read. It lives for 30 days, needs no secret to be used, and nothing here needs it.

use std::fmt;

use magpie_domain::{Lifetime, OpenId, Secret, UnionId};

use super::fields::{Fields, Whole};
use super::{WechatReply, decode as decode_reply, openid, unionid};

/// The longest access token kept, in bytes. WeChat asks to reserve 512.
const LONGEST_TOKEN: usize = 2048;

/// The longest `scope` kept, in bytes.
const LONGEST_SCOPE: usize = 256;

/// What the exchange of a code gave.
#[derive(Clone)]
pub struct AccessTokenReply {
    /// The person's access token, for their profile alone; not the account's app-level token.
    pub access_token: Secret<String>,
    /// How long it is good for: 60 to 7200 seconds, whatever WeChat wrote (case WX-42).
    pub expires_in: Lifetime,
    /// The person within the account.
    pub openid: OpenId,
    /// The person within the platform, if WeChat said so.
    pub unionid: Option<UnionId>,
    /// What they allowed, comma separated; empty when WeChat did not say.
    pub scope: String,
    /// 网页快照页: nobody real (law 6).
    pub is_snapshot_user: bool,
}

impl AccessTokenReply {
    /// Whether `scope` was allowed.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        self.scope.split([',', ' ']).any(|allowed| allowed == scope)
    }
}

impl fmt::Debug for AccessTokenReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenReply")
            .field("has_unionid", &self.unionid.is_some())
            .field("scope", &self.scope)
            .field("is_snapshot_user", &self.is_snapshot_user)
            .finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<AccessTokenReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<AccessTokenReply> {
    Some(AccessTokenReply {
        access_token: access_token(fields)?,
        expires_in: expires_in(fields.whole("expires_in")),
        openid: openid(fields)?,
        unionid: unionid(fields)?,
        scope: scope(fields),
        is_snapshot_user: fields.is_raised("is_snapshotuser"),
    })
}

/// A token that can be one.
pub(super) fn access_token(fields: &Fields) -> Option<Secret<String>> {
    let text = fields.text("access_token")?;
    let plausible =
        (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    plausible.then(|| Secret::new(text.to_owned()))
}

fn scope(fields: &Fields) -> String {
    let plausible = |text: &&str| {
        text.len() <= LONGEST_SCOPE && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    fields.text("scope").filter(plausible).unwrap_or_default().to_owned()
}

/// An odd lifetime is the shortest one; it must not cost the person their login.
pub(super) fn expires_in(written: Whole) -> Lifetime {
    let seconds = match written {
        Whole::Absent => 7200,
        Whole::Is(seconds) => u32::try_from(seconds.clamp(60, 7200)).unwrap_or(60),
        Whole::Odd => 60,
    };
    Lifetime::from_seconds(seconds)
}
