//! The ways a person can reach WeChat, as an operator configured them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// An AppID (`wx` and 16 hex digits in practice). Case matters (errcode 40013).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(String);

impl AppId {
    /// Reads an AppID: 1 to 64 letters, digits, `_` or `-`, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_plain_name(text, 64).then(|| Self(text.to_owned()))
    }

    /// The text as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a channel: part of its callback path `{issuer}/callback/{channel}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChannelId(String);

impl ChannelId {
    /// Reads a channel name: 1 to 32 letters, digits, `_` or `-`, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_plain_name(text, 32).then(|| Self(text.to_owned()))
    }

    /// The text as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An Open Platform account (开放平台账号): the scope within which a unionid means anything.
/// The API never says which one it is, so the operator gives it a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Platform(String);

impl Platform {
    /// Reads a platform name: 1 to 32 letters, digits, `_` or `-`, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_plain_name(text, 32).then(|| Self(text.to_owned()))
    }

    /// The text as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain_name(text: &str, longest: usize) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=longest).contains(&text.len()) && text.bytes().all(plain)
}

/// Conversions of a checked name for serde and display.
macro_rules! name_text {
    ($name:ident, $what:literal) => {
        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or($what)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_text!(AppId, "an AppID is 1 to 64 letters, digits, _ or -");
name_text!(ChannelId, "a channel id is 1 to 32 letters, digits, _ or -");
name_text!(Platform, "a platform name is 1 to 32 letters, digits, _ or -");

/// Which WeChat surface a channel uses. Closed: a new kind does not compile until every rule has answered for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// 网站应用: QR page on the desktop (`connect/qrconnect`).
    Website,
    /// 服务号网页授权: WeChat's own browser (`connect/oauth2/authorize`).
    ServiceAccount,
}

impl ChannelKind {
    /// The name in configuration, in `amr` and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Website => "website",
            Self::ServiceAccount => "service_account",
        }
    }

    /// Reads the name that [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Website, Self::ServiceAccount].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a service account asks of the person (网页授权 scope).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebScope {
    /// `snsapi_base`: silent, openid only.
    SnsapiBase,
    /// `snsapi_userinfo`: consent dialog, profile and unionid.
    SnsapiUserinfo,
}

/// One configured way to WeChat.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name, unique in the configuration.
    pub id: ChannelId,
    /// Which surface it is.
    pub kind: ChannelKind,
    /// The account's AppID.
    pub app_id: AppId,
    /// The account's AppSecret: goes into upstream queries and nowhere else.
    pub app_secret: Secret<String>,
    /// The Open Platform account it is bound to; without one, unionid is not used.
    pub platform: Option<Platform>,
    /// What a service account asks for; a website app always asks `snsapi_login`.
    pub scope: WebScope,
    /// What people see where several channels are offered; the kind's own name when absent.
    pub label: Option<String>,
}
