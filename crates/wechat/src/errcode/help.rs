//! The names under which a refusal is explained, and who can do something about each.
//! Every key has its texts in both languages; a key without texts, or a text without a key, is a fault.

use serde::{Deserialize, Serialize};

use super::wecom::WecomKey;

/// Who can do something about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Whoever is signing in.
    Person,
    /// Whoever runs the application they came from.
    Application,
    /// Whoever runs this issuer.
    Operator,
    /// WeChat; the rest of us wait.
    Wechat,
}

impl Turn {
    /// The name in texts and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Application => "application",
            Self::Operator => "operator",
            Self::Wechat => "wechat",
        }
    }
}

/// Why a login by WeChat did not succeed, as the name of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpKey {
    /// The code was exchanged before.
    CodeUsed,
    /// The code is none of this account's, or no longer.
    CodeInvalid,
    /// The code came too late.
    CodeExpired,
    /// WeChat is busy.
    Busy,
    /// Too many calls in this minute.
    TooFrequent,
    /// Too many calls today.
    QuotaReached,
    /// WeChat does not know the AppID.
    AppIdInvalid,
    /// The AppSecret is wrong.
    AppSecretInvalid,
    /// The AppSecret was frozen in WeChat's console.
    AppSecretFrozen,
    /// Our address is not on the account's list.
    IpNotAllowed,
    /// The account may not use this interface.
    ApiNotAuthorized,
    /// WeChat has banned the account from this interface.
    ApiBanned,
    /// WeChat takes the person for a risk.
    UserBlocked,
    /// WeChat has limited the person's account.
    UserLimited,
    /// The person must follow the account first.
    UserMustFollow,
    /// The person did not allow it.
    UserRefused,
    /// WeChat misses a parameter, or does not like one.
    MissingParameter,
    /// The person's access token is void.
    TokenInvalid,
    /// The openid is none of this account's.
    #[serde(rename = "openid_invalid")]
    OpenIdInvalid,
    /// We called an address that WeChat has retired.
    RetiredIp,
    /// The account has not authorized the third-party platform.
    ComponentNotAuthorized,
    /// No reply came.
    Unreachable,
    /// The reply made no sense.
    Unreadable,
    /// The person saw a preview (网页快照页).
    SnapshotUser,
    /// No unionid came, and one is needed.
    UnionIdMissing,
    /// A number that nobody has explained to us.
    Unknown,
    /// WeCom's reasons have a table of their own: its numbers mean other things, and its console is another.
    #[serde(untagged)]
    Wecom(WecomKey),
}

impl HelpKey {
    /// Every key of WeChat's, so that texts can be checked for completeness; WeCom's are [`WecomKey::ALL`].
    pub const ALL: [Self; 26] = [
        Self::CodeUsed,
        Self::CodeInvalid,
        Self::CodeExpired,
        Self::Busy,
        Self::TooFrequent,
        Self::QuotaReached,
        Self::AppIdInvalid,
        Self::AppSecretInvalid,
        Self::AppSecretFrozen,
        Self::IpNotAllowed,
        Self::ApiNotAuthorized,
        Self::ApiBanned,
        Self::UserBlocked,
        Self::UserLimited,
        Self::UserMustFollow,
        Self::UserRefused,
        Self::MissingParameter,
        Self::TokenInvalid,
        Self::OpenIdInvalid,
        Self::RetiredIp,
        Self::ComponentNotAuthorized,
        Self::Unreachable,
        Self::Unreadable,
        Self::SnapshotUser,
        Self::UnionIdMissing,
        Self::Unknown,
    ];

    /// The name in texts, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeUsed => "code_used",
            Self::CodeInvalid => "code_invalid",
            Self::CodeExpired => "code_expired",
            Self::Busy => "busy",
            Self::TooFrequent => "too_frequent",
            Self::QuotaReached => "quota_reached",
            Self::AppIdInvalid => "app_id_invalid",
            Self::AppSecretInvalid => "app_secret_invalid",
            Self::AppSecretFrozen => "app_secret_frozen",
            Self::IpNotAllowed => "ip_not_allowed",
            Self::ApiNotAuthorized => "api_not_authorized",
            Self::ApiBanned => "api_banned",
            Self::UserBlocked => "user_blocked",
            Self::UserLimited => "user_limited",
            Self::UserMustFollow => "user_must_follow",
            Self::UserRefused => "user_refused",
            Self::MissingParameter => "missing_parameter",
            Self::TokenInvalid => "token_invalid",
            Self::OpenIdInvalid => "openid_invalid",
            Self::RetiredIp => "retired_ip",
            Self::ComponentNotAuthorized => "component_not_authorized",
            Self::Unreachable => "unreachable",
            Self::Unreadable => "unreadable",
            Self::SnapshotUser => "snapshot_user",
            Self::UnionIdMissing => "union_id_missing",
            Self::Unknown => "unknown",
            Self::Wecom(key) => key.as_str(),
        }
    }

    /// Who can do something about it.
    #[must_use]
    pub const fn turn(self) -> Turn {
        match self {
            Self::CodeUsed
            | Self::CodeInvalid
            | Self::CodeExpired
            | Self::UserBlocked
            | Self::UserLimited
            | Self::UserMustFollow
            | Self::UserRefused
            | Self::TokenInvalid
            | Self::SnapshotUser => Turn::Person,
            Self::QuotaReached
            | Self::AppIdInvalid
            | Self::AppSecretInvalid
            | Self::AppSecretFrozen
            | Self::IpNotAllowed
            | Self::ApiNotAuthorized
            | Self::ApiBanned
            | Self::MissingParameter
            | Self::OpenIdInvalid
            | Self::RetiredIp
            | Self::ComponentNotAuthorized
            | Self::UnionIdMissing => Turn::Operator,
            Self::Busy
            | Self::TooFrequent
            | Self::Unreachable
            | Self::Unreadable
            | Self::Unknown => Turn::Wechat,
            Self::Wecom(key) => key.turn(),
        }
    }
}
