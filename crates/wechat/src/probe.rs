//! What WeChat's answers mean when an operator's set-up is examined without a person.
//! Owns how credentials are proved by a code that nobody was given, how the kind of an account shows, and how a page
//! of WeChat's own complains (wechat.md §1.7). Refuses to guess: an answer or a page that nobody has described is no
//! complaint. The doctor's flow calls it.

pub mod wecom;

use magpie_domain::ChannelKind;

use crate::errcode::HelpKey;
use crate::reply::{Refusal, WechatReply, access_token, app_token};

/// A code that WeChat never gave anybody: exchanging it costs nobody's login.
/// WeChat looks at AppID and AppSecret first, so that 40029 says that both are right.
pub const MADE_UP_CODE: &str = "0a1DoctorNobodyWasGivenThisCode0";

/// What WeChat makes of an AppID with its AppSecret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// It knows them.
    Accepted,
    /// It said no.
    Refused(Refusal),
    /// It answered what nobody has described.
    Unreadable,
}

/// Whether somebody who speaks as WeChat does answered a call that named no account: by an errcode (41002).
#[must_use]
pub fn is_wechat(body: &[u8]) -> bool {
    matches!(access_token::decode(body), WechatReply::Refused(_))
}

/// Reads the answer to an exchange of [`MADE_UP_CODE`]. What is wrong with the code is no news.
#[must_use]
pub fn exchanged(body: &[u8]) -> Credentials {
    match access_token::decode(body) {
        WechatReply::Ok(_nobody) => Credentials::Accepted,
        WechatReply::Refused(no) if is_about_the_code(no.code.meaning().help) => {
            Credentials::Accepted
        }
        WechatReply::Refused(no) => Credentials::Refused(no),
        WechatReply::Unreadable => Credentials::Unreadable,
    }
}

const fn is_about_the_code(help: HelpKey) -> bool {
    matches!(help, HelpKey::CodeInvalid | HelpKey::CodeUsed | HelpKey::CodeExpired)
}

/// Reads the answer of `POST /cgi-bin/stable_token`. The token itself is not looked at.
#[must_use]
pub fn tokened(body: &[u8]) -> Credentials {
    match app_token::is_given(body) {
        WechatReply::Ok(()) => Credentials::Accepted,
        WechatReply::Refused(no) => Credentials::Refused(no),
        WechatReply::Unreadable => Credentials::Unreadable,
    }
}

/// What an account turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What the channel says it is, as far as that can be told.
    InOrder,
    /// An account of another kind.
    OtherKind,
    /// WeChat refuses it.
    Refused(Refusal),
    /// WeChat answered what nobody has described.
    Unreadable,
}

/// Judges an account by the exchange and, where it was asked, the app-level token.
///
/// An app of the Open Platform may exchange codes and gets no app-level token; a service account gets both.
#[must_use]
pub fn account(
    kind: ChannelKind,
    exchanged: &Credentials,
    tokened: Option<&Credentials>,
) -> Verdict {
    match (exchanged, tokened) {
        (Credentials::Refused(no), _) => Verdict::Refused(no.clone()),
        (Credentials::Unreadable, _) => Verdict::Unreadable,
        (Credentials::Accepted, Some(answer)) if kind == ChannelKind::ServiceAccount => {
            by_token(answer)
        }
        (Credentials::Accepted, _) => Verdict::InOrder,
    }
}

/// A service account whose AppID and AppSecret are known to be right: a doubt of them here is one of its kind.
fn by_token(answer: &Credentials) -> Verdict {
    match answer {
        Credentials::Accepted => Verdict::InOrder,
        Credentials::Refused(no) if doubts_the_account(no.code.meaning().help) => {
            Verdict::OtherKind
        }
        Credentials::Refused(no) => Verdict::Refused(no.clone()),
        Credentials::Unreadable => Verdict::Unreadable,
    }
}

const fn doubts_the_account(help: HelpKey) -> bool {
    matches!(help, HelpKey::AppIdInvalid | HelpKey::AppSecretInvalid | HelpKey::ApiNotAuthorized)
}

/// What a page of WeChat's complains of, in place of asking the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// 10003: the callback's host is not the registered one.
    Callback,
    /// 10004: the account is banned.
    Banned,
    /// 10005: the account may not ask for this scope.
    Scope,
    /// 10015: the account has not authorized the platform that acts for it.
    Platform,
    /// 10016: an AppID of the Open Platform at the door of service accounts.
    OpenPlatformApp,
    /// 40013: no such AppID.
    AppId,
    /// 10010 to 10013: part of the link is missing.
    Incomplete(u32),
}

/// What a page complains of, if it is one of the known complaints. 请在微信客户端打开链接 is none: we are not WeChat.
#[must_use]
pub fn complaint(page: &[u8]) -> Option<Complaint> {
    let plain = plain(page);
    let by_words = WORDS.iter().find(|(words, _)| plain.contains(words));
    by_words.map(|(_, complaint)| *complaint).or_else(|| numbered(&plain))
}

/// What a page shows, without spaces and in lower case.
fn plain(page: &[u8]) -> String {
    let shown = without_scripts(&String::from_utf8_lossy(page));
    shown.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

/// As they stand on WeChat's pages, without spaces and in lower case.
const WORDS: [(&str, Complaint); 9] = [
    ("redirect_uri参数错误", Complaint::Callback),
    ("redirect_uri域名与后台配置不一致", Complaint::Callback),
    ("不支持微信开放平台的appid", Complaint::OpenPlatformApp),
    ("scope参数错误", Complaint::Scope),
    ("scope的权限", Complaint::Scope),
    ("公众号被封禁", Complaint::Banned),
    ("未授权第三方平台", Complaint::Platform),
    ("appid参数错误", Complaint::AppId),
    ("invalidappid", Complaint::AppId),
];

/// The complaint whose number follows 错误码.
fn numbered(plain: &str) -> Option<Complaint> {
    match number_on(plain)? {
        10_003 => Some(Complaint::Callback),
        10_004 => Some(Complaint::Banned),
        10_005 => Some(Complaint::Scope),
        10_015 => Some(Complaint::Platform),
        10_016 => Some(Complaint::OpenPlatformApp),
        40_013 => Some(Complaint::AppId),
        missing @ 10_010..=10_013 => Some(Complaint::Incomplete(missing)),
        _ => None,
    }
}

/// The number that follows 错误码.
fn number_on(plain: &str) -> Option<u32> {
    let (_, after) = plain.split_once("错误码")?;
    let digits = after.chars().take(24).skip_while(|c| !c.is_ascii_digit());
    digits.take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// The page without its scripts, which may hold every complaint there is.
fn without_scripts(page: &str) -> String {
    let mut shown = String::new();
    let mut rest = page;
    while let Some((before, script)) = rest.split_once("<script") {
        shown.push_str(before);
        rest = script.split_once("</script>").map_or("", |(_, after)| after);
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests;
