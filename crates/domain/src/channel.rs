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
    /// 小程序: a mini program shows the code of `wx.login` itself (`sns/jscode2session`).
    MiniProgram,
    /// 移动应用: an app shows the code of WeChat's OpenSDK itself.
    MobileApp,
    /// 企业微信: members of an organisation, on the desktop and inside WeCom.
    Wecom,
    /// A desktop that shows a QR code of ours, for a phone that signs in by a service account.
    Relay,
    /// 带参数二维码: a desktop that shows a QR code of a service account, for a follower who answers in its chat.
    Follow,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Website,
        Self::ServiceAccount,
        Self::MiniProgram,
        Self::MobileApp,
        Self::Wecom,
        Self::Relay,
        Self::Follow,
    ];

    /// The name in configuration, in `amr` and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Website => "website",
            Self::ServiceAccount => "service_account",
            Self::MiniProgram => "mini_program",
            Self::MobileApp => "mobile_app",
            Self::Wecom => "wecom",
            Self::Relay => "relay",
            Self::Follow => "follow",
        }
    }

    /// Reads the name that [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether an application brings the code itself and no browser is sent anywhere.
    #[must_use]
    pub const fn is_brought(self) -> bool {
        match self {
            Self::MiniProgram | Self::MobileApp => true,
            Self::Website | Self::ServiceAccount | Self::Wecom | Self::Relay | Self::Follow => {
                false
            }
        }
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

/// What an app of WeCom's asks of a member (wechat.md §12.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberScope {
    /// `snsapi_base`: silent, userid only.
    SnsapiBase,
    /// `snsapi_privateinfo`: consent dialog inside WeCom; picture, gender and the corporate mailbox.
    SnsapiPrivateinfo,
}

/// An app of an organisation's own in WeCom (自建应用). Its corp id and secret are the channel's [`Account`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WecomApp {
    /// The AgentId, a whole number that WeCom gives each app.
    pub agent_id: u32,
    /// What it asks of a member.
    pub scope: MemberScope,
    /// Whether people who are no members of the organisation are turned away.
    pub members_only: bool,
}

/// What Magpie is to WeChat's API: whose id and secret a call carries.
///
/// The one place that knows of an AppSecret. An account that a third-party platform (第三方平台) manages has none and is
/// spoken for by that platform's tokens: another way to be an account, for which nothing else would change.
#[derive(Debug, Clone)]
pub struct Account {
    /// The AppID.
    pub app_id: AppId,
    /// The AppSecret: goes into upstream calls and nowhere else.
    pub app_secret: Secret<String>,
}

/// An operator's own server of app-level tokens (中控服务器), where other systems use the same account.
#[derive(Debug, Clone)]
pub struct CentralTokens {
    /// Where it answers a GET with `access_token` and `expires_in`.
    pub url: Secret<String>,
    /// What is shown to it as a bearer token, if anything.
    pub bearer: Option<Secret<String>>,
}

/// What the account of a channel tells us unasked (消息推送), and by what such a push proves itself.
#[derive(Debug, Clone)]
pub struct Push {
    /// 令牌 (Token): signs what comes.
    pub token: Secret<String>,
    /// 消息加解密密钥 (EncodingAESKey): 43 letters and digits that stand for 32 bytes.
    pub encoding_aes_key: Secret<String>,
    /// How the messages are written.
    pub format: PushFormat,
    /// Where every push goes after us, as it came: the operator's other system, which had the address before.
    pub forward_to: Option<String>,
}

/// How the messages of a push are written (数据格式).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushFormat {
    /// XML: the only one of service accounts.
    Xml,
    /// JSON: a choice of mini programs and of the Open Platform.
    Json,
}

/// A mini program in which people answer for desktops (小程序码).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramDoor {
    /// The mini program's channel.
    pub channel: ChannelId,
    /// The page of it that asks.
    pub page: ProgramPage,
}

/// A page of a mini program, as its `app.json` lists it: `pages/confirm/confirm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramPage(String);

impl ProgramPage {
    /// Reads a page: names of letters, digits, `_` or `-` with `/` between them, 128 characters at most; no `/` before, and
    /// no query, since WeChat's code has its scene in that place. Else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_page = text.len() <= 128 && text.split('/').all(|name| is_plain_name(name, 128));
        is_page.then(|| Self(text.to_owned()))
    }

    /// The text as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which surface a channel uses, with what that surface alone has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// [`ChannelKind::Website`]; it always asks `snsapi_login`.
    Website,
    /// [`ChannelKind::ServiceAccount`].
    ServiceAccount {
        /// What it asks of the person.
        scope: WebScope,
    },
    /// [`ChannelKind::MiniProgram`].
    MiniProgram,
    /// [`ChannelKind::MobileApp`]; its SDK always asks `snsapi_userinfo`.
    MobileApp,
    /// [`ChannelKind::Wecom`].
    Wecom(WecomApp),
    /// [`ChannelKind::Relay`]. Nobody is sent to WeChat by it: the phone goes by the other channel, whose account it has.
    Relay {
        /// The service account's channel.
        through: ChannelId,
        /// The mini program that may answer as well, if one may.
        program: Option<ProgramDoor>,
    },
    /// [`ChannelKind::Follow`]. Nobody is sent to WeChat by it: WeChat's own camera leads to the account, which tells us.
    Follow {
        /// The channel whose account it shares, and to whose address pushes come; absent where it has its own.
        through: Option<ChannelId>,
    },
}

impl Way {
    /// The name of the surface.
    #[must_use]
    pub const fn kind(&self) -> ChannelKind {
        match self {
            Self::Website => ChannelKind::Website,
            Self::ServiceAccount { .. } => ChannelKind::ServiceAccount,
            Self::MiniProgram => ChannelKind::MiniProgram,
            Self::MobileApp => ChannelKind::MobileApp,
            Self::Wecom(_) => ChannelKind::Wecom,
            Self::Relay { .. } => ChannelKind::Relay,
            Self::Follow { .. } => ChannelKind::Follow,
        }
    }

    /// Whether an organisation tells the mailbox that it gave to who comes by it.
    #[must_use]
    pub const fn tells_mailboxes(&self) -> bool {
        match self {
            Self::Wecom(app) => matches!(app.scope, MemberScope::SnsapiPrivateinfo),
            Self::Website
            | Self::ServiceAccount { .. }
            | Self::MiniProgram
            | Self::MobileApp
            | Self::Relay { .. }
            | Self::Follow { .. } => false,
        }
    }
}

/// One configured way to WeChat.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name, unique in the configuration.
    pub id: ChannelId,
    /// Which surface it is.
    pub way: Way,
    /// The account that people are sent to.
    pub account: Account,
    /// Where app-level tokens come from; from WeChat's `stable_token` when absent.
    pub central_tokens: Option<CentralTokens>,
    /// The Open Platform account it is bound to; without one, unionid is not used.
    pub platform: Option<Platform>,
    /// What its account tells us unasked; nothing when absent.
    pub push: Option<Push>,
    /// What people see where several channels are offered; the kind's own name when absent.
    pub label: Option<String>,
}

impl Channel {
    /// The name of its surface.
    #[must_use]
    pub const fn kind(&self) -> ChannelKind {
        self.way.kind()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_mini_program_is_a_path_without_a_query() {
        let long = format!("pages/{}", "a".repeat(123));
        for (text, is_page) in [
            ("pages/confirm/confirm", true),
            ("index", true),
            ("packages/sign-in/pages/confirm_2", true),
            ("/pages/confirm/confirm", false),
            ("pages/confirm/", false),
            ("pages//confirm", false),
            ("pages/confirm?scene=1", false),
            ("pages/../confirm", false),
            ("pages/确认", false),
            ("", false),
            (&long, false),
        ] {
            assert_eq!(ProgramPage::parse(text).is_some(), is_page, "{text}");
        }
    }
}
