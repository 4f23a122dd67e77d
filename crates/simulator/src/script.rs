//! Faults by plan: what goes wrong, where, and how often.
//! A script is an ordered list; each request to an endpoint takes the first entry for that endpoint and wears it out.
//! It changes answers only, never the rules of the place; an empty script is WeChat on a good day.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

/// The places of the simulator at which something can go wrong or be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `GET /connect/oauth2/authorize`
    Authorize,
    /// `GET /connect/qrconnect`
    QrConnect,
    /// The approval or cancellation, a POST to either of the two.
    Confirm,
    /// The moment a callback URL is made; never requested, only scripted.
    Callback,
    /// `GET /sns/oauth2/access_token`
    AccessToken,
    /// `GET /sns/oauth2/refresh_token`
    RefreshToken,
    /// `GET /sns/userinfo`
    UserInfo,
    /// `GET /sns/auth`
    Auth,
    /// `GET /sns/jscode2session`
    JsCode2Session,
    /// `GET /cgi-bin/token`
    Token,
    /// `POST /cgi-bin/stable_token`
    StableToken,
    /// `POST /wxa/business/getuserphonenumber`
    PhoneNumber,
    /// `POST /wxa/getwxacodeunlimit`
    ProgramCode,
    /// `POST /cgi-bin/qrcode/create`
    SceneCode,
    /// `GET /cgi-bin/user/info`
    FollowerInfo,
    /// `GET /avatar/{person}/{size}`
    Avatar,
    /// `GET /wwlogin/sso/login`
    WecomLogin,
    /// `GET /cgi-bin/gettoken`
    WecomToken,
    /// `GET /cgi-bin/auth/getuserinfo`, or the older `user/getuserinfo`
    WecomUserInfo,
    /// `POST /cgi-bin/auth/getuserdetail`
    WecomUserDetail,
}

impl Endpoint {
    /// Every endpoint, in the order of the enum.
    pub const ALL: [Self; 20] = [
        Self::Authorize,
        Self::QrConnect,
        Self::Confirm,
        Self::Callback,
        Self::AccessToken,
        Self::RefreshToken,
        Self::UserInfo,
        Self::Auth,
        Self::JsCode2Session,
        Self::Token,
        Self::StableToken,
        Self::PhoneNumber,
        Self::ProgramCode,
        Self::SceneCode,
        Self::FollowerInfo,
        Self::Avatar,
        Self::WecomLogin,
        Self::WecomToken,
        Self::WecomUserInfo,
        Self::WecomUserDetail,
    ];
}

/// How a snapshot page is marked in the token reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotMark {
    /// `1`, as documented.
    Number,
    /// `"1"`
    Text,
    /// `true`
    True,
    /// `0`, which WeChat is said never to send.
    Zero,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing; lets one request through before the next entry.
    Pass,
    /// This errcode instead of the work: a code is not spent. On a page: the refusal with this number.
    Errcode(i64),
    /// This errcode although the work was done: a code is spent.
    ErrcodeAfterWork(i64),
    /// The work is done at once, the answer comes after so many milliseconds of real time.
    DelayMs(u64),
    /// The work is done, the answer never comes.
    Hang,
    /// The connection is closed without an answer and without the work.
    HangUpBefore,
    /// The connection is closed without an answer, after the work: a code is spent.
    HangUpAfter,
    /// Only so many bytes of the body arrive, though the header promises all; then the connection is closed.
    Truncate(usize),
    /// Another HTTP status with the same body.
    Status(u16),
    /// Another `Date` beside the answer: a clock that is wrong, ours or theirs.
    Date(String),
    /// A 302 to this address instead of an answer.
    Redirect(String),
    /// This body instead of the answer; the work is done.
    Body(Vec<u8>),
    /// Sets a field of the answer to these raw bytes, quotes included; at its place, or at the end when it was absent.
    RawField(String, Vec<u8>),
    /// Takes a field out of the answer.
    NoField(String),
    /// `"expires_in":"7200"`
    ExpiresInText,
    /// `"unionid":""`
    UnionIdEmpty,
    /// No unionid although the account is bound to a platform.
    UnionIdMissing,
    /// A unionid although none is due.
    UnionIdPresent(String),
    /// `is_snapshotuser` in one of its spellings.
    Snapshot(SnapshotMark),
    /// Raw bytes 0x07, 0x08 and 0x14 inside the nickname, which makes the body invalid JSON.
    ControlCharacters,
    /// Bytes inside the nickname that are not UTF-8.
    InvalidUtf8,
    /// Another nickname, properly escaped.
    Nickname(String),
    /// Another avatar address, properly escaped.
    HeadImgUrl(String),
    /// An openid that differs from everybody's.
    OtherOpenId,
    /// `UserId` and `OpenId` in place of `userid` and `openid`, as WeCom's older address writes them.
    Capitalised,
    /// `"sex":"1"`
    SexText,
    /// `"headimgurl":""`
    EmptyAvatar,
    /// A callback without `code`; at `Callback` only.
    StateOnly,
    /// A callback with another state; at `Callback` only.
    OtherState(String),
}

/// What goes wrong together in one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Faults(pub Vec<Fault>);

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl<const N: usize> From<[Fault; N]> for Faults {
    fn from(faults: [Fault; N]) -> Self {
        Self(faults.into())
    }
}

/// One entry of a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Where.
    pub endpoint: Endpoint,
    /// What, all in one answer.
    pub faults: Faults,
    /// How often; absent means always.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The ordered faults that are still to come. One lock, held for the length of a look.
#[derive(Debug, Default)]
pub struct Script {
    planned: Mutex<Vec<Planned>>,
}

impl Script {
    pub(crate) fn new(planned: Vec<Planned>) -> Self {
        Self { planned: Mutex::new(planned) }
    }

    /// Appends an entry for the next request that no earlier entry takes.
    pub fn once(&self, endpoint: Endpoint, faults: impl Into<Faults>) -> &Self {
        self.times(endpoint, 1, faults)
    }

    /// Appends an entry for `times` requests.
    pub fn times(&self, endpoint: Endpoint, times: u32, faults: impl Into<Faults>) -> &Self {
        self.push(Planned { endpoint, faults: faults.into(), times: Some(times) })
    }

    /// Appends an entry that never wears out; entries after it for the same endpoint are never reached.
    pub fn always(&self, endpoint: Endpoint, faults: impl Into<Faults>) -> &Self {
        self.push(Planned { endpoint, faults: faults.into(), times: None })
    }

    /// Forgets all that was planned.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// How many entries have not worn out.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.lock().len()
    }

    /// Takes what goes wrong with this request.
    pub(crate) fn take(&self, endpoint: Endpoint) -> Faults {
        let mut planned = self.lock();
        planned.retain(|entry| entry.times != Some(0));
        let Some(index) = planned.iter().position(|entry| entry.endpoint == endpoint) else {
            return Faults::default();
        };
        let Some(entry) = planned.get_mut(index) else { return Faults::default() };
        let faults = entry.faults.clone();
        if let Some(left) = entry.times.as_mut() {
            *left = left.saturating_sub(1);
        }
        if entry.times == Some(0) {
            planned.remove(index);
        }
        faults
    }

    fn push(&self, entry: Planned) -> &Self {
        self.lock().push(entry);
        self
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Planned>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_taken_in_order_and_wear_out() {
        let script = Script::default();
        script
            .once(Endpoint::UserInfo, Fault::Hang)
            .once(Endpoint::AccessToken, Fault::Errcode(-1));
        script.times(Endpoint::AccessToken, 2, [Fault::ExpiresInText, Fault::UnionIdEmpty]);
        assert_eq!(script.take(Endpoint::AccessToken), Fault::Errcode(-1).into());
        assert_eq!(
            script.take(Endpoint::AccessToken),
            [Fault::ExpiresInText, Fault::UnionIdEmpty].into()
        );
        assert_eq!(script.take(Endpoint::AccessToken).0.len(), 2);
        assert_eq!(script.take(Endpoint::AccessToken), Faults::default());
        assert_eq!(script.remaining(), 1);
    }

    #[test]
    fn an_entry_without_a_number_never_wears_out() {
        let script = Script::default();
        script.always(Endpoint::Auth, Fault::Errcode(40_003));
        for _ in 0..3 {
            assert_eq!(script.take(Endpoint::Auth), Fault::Errcode(40_003).into());
        }
    }
}
