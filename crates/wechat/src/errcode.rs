//! What WeChat's return codes mean: why it refused, who can help, and how the login goes on.
//! Owns every number of wechat.md §7. A number that is not listed there is unknown, never a panic: the official
//! lists are short and WeChat answers with others. Pages, logs and metrics speak of a [`HelpKey`], never of
//! WeChat's own message. WeCom (企业微信) has numbers of its own in [`wecom`]: the same number may mean another thing.

mod help;
pub mod wecom;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use help::{HelpKey, Turn};
pub use wecom::WecomKey;

/// A return code (`errcode`) that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrCode(i64);

/// How the login goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The code is lost, the person is not: leave for WeChat once more, and only once; after that a page, 400.
    RestartOnce,
    /// A page with a retry, 503.
    TryLater,
    /// A page, 502, and an alarm for the operator: nobody can sign in by this channel.
    Misconfigured,
    /// A page, 400: this person may not, and trying again does not help.
    PersonRefused,
    /// A page, 502: this should not have happened.
    Unexpected,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Which text explains it.
    pub help: HelpKey,
    /// Who can do something about it.
    pub turn: Turn,
    /// How the login goes on.
    pub effect: Effect,
}

impl Meaning {
    /// No reply came: no connection, or none in time.
    pub const UNREACHABLE: Self = Self::new(HelpKey::Unreachable, Effect::TryLater);
    /// A reply came that is not what the documentation describes (case WX-18).
    pub const UNREADABLE: Self = Self::new(HelpKey::Unreadable, Effect::Unexpected);
    /// 网页快照页: a page that nobody signs in from (law 6).
    pub const SNAPSHOT_USER: Self = Self::new(HelpKey::SnapshotUser, Effect::PersonRefused);
    /// The policy needs a unionid and WeChat sent none.
    pub const UNION_ID_MISSING: Self = Self::new(HelpKey::UnionIdMissing, Effect::Misconfigured);

    const fn new(help: HelpKey, effect: Effect) -> Self {
        Self { help, turn: help.turn(), effect }
    }
}

impl ErrCode {
    /// Takes the number of a reply; zero is success and gives `None`.
    #[must_use]
    pub const fn new(number: i64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number, for the log.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Whether it says of an app-level token that another one is needed (wechat.md §5.5). Of other calls, the first of
    /// them says that the AppSecret is wrong.
    #[must_use]
    pub const fn rejects_app_token(self) -> bool {
        matches!(self.0, 40_001 | 40_014 | 42_001)
    }

    /// What it means (wechat.md §7).
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        use Effect::{Misconfigured, PersonRefused, RestartOnce, TryLater, Unexpected};
        use HelpKey as Key;
        let (help, effect) = match self.0 {
            -1 => (Key::Busy, TryLater),
            // 40029 is also what a fresh code gets that WeChat has handed to two people.
            40_029 => (Key::CodeInvalid, RestartOnce),
            40_163 => (Key::CodeUsed, RestartOnce),
            42_003 => (Key::CodeExpired, RestartOnce),
            45_009 => (Key::QuotaReached, TryLater),
            45_011 => (Key::TooFrequent, TryLater),
            // 40001 is said of an app-level token too; for the calls of a login it is the secret.
            40_001 | 40_125 => (Key::AppSecretInvalid, Misconfigured),
            40_013 => (Key::AppIdInvalid, Misconfigured),
            40_164 | 89_503 | 89_506 | 89_507 => (Key::IpNotAllowed, Misconfigured),
            40_243 => (Key::AppSecretFrozen, Misconfigured),
            48_001 => (Key::ApiNotAuthorized, Misconfigured),
            48_004 => (Key::ApiBanned, Misconfigured),
            48_017 => (Key::RetiredIp, Misconfigured),
            // The ticket is pushed every ten minutes.
            61_005 | 61_006 => (Key::ComponentNotAuthorized, TryLater),
            61_003 | 61_004 | 61_007 | 61_009 | 61_010 | 61_011 | 61_023 => {
                (Key::ComponentNotAuthorized, Misconfigured)
            }
            61_024 => (Key::ComponentNotAuthorized, Unexpected),
            40_226 => (Key::UserBlocked, PersonRefused),
            43_004 | 50_005 => (Key::UserMustFollow, PersonRefused),
            50_001 => (Key::UserRefused, PersonRefused),
            50_002 => (Key::UserLimited, PersonRefused),
            40_003 | 46_004 => (Key::OpenIdInvalid, Unexpected),
            40_014 | 40_030 | 42_001 | 42_002 | 42_007 => (Key::TokenInvalid, Unexpected),
            // An empty AppID or AppSecret is the operator's; the others would be ours.
            41_002 | 41_004 => (Key::MissingParameter, Misconfigured),
            40_002 | 40_035 | 40_097 | 41_001 | 41_003 | 41_008 | 41_009 => {
                (Key::MissingParameter, Unexpected)
            }
            _ => (Key::Unknown, Unexpected),
        };
        Meaning::new(help, effect)
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
