//! What WeCom's answers mean when an app of an organisation's is examined without a person.
//! The app's token opens two calls: what the console has for the app (`agent/get`), and what becomes of a code that nobody
//! was given. WeCom looks at the token and at our address before it looks at the code, so that 40029 says that all of them
//! are right. The doctor's flow calls it.

use std::net::IpAddr;

use magpie_domain::Secret;

use super::{number_on, plain};
use crate::errcode::{HelpKey, WecomKey, wecom::meaning};
use crate::reply::wecom::{app_facts, app_token, who_came};
use crate::reply::{Refusal, WechatReply};

/// What WeCom has against an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WecomComplaint {
    /// It does not know the corp id.
    CorpId,
    /// The secret is wrong, or another app's.
    Secret,
    /// There is no such app, or the secret is not its.
    Agent,
    /// Our address, as WeCom sees it, is not among the trusted ones.
    Address(Option<IpAddr>),
    /// The callback's host and port are not a trusted domain.
    Domain,
    /// The app is switched off.
    Disabled,
    /// The secret is one that opens no sign-in, such as that of the address book.
    NotPermitted,
    /// It is busy, or gets too many calls.
    Busy,
    /// It refuses by another number.
    Refused(i64),
    /// It answered what nobody has described.
    Unreadable,
}

/// Whether somebody who speaks as WeCom does answered a call that named no organisation.
#[must_use]
pub fn is_wecom(body: &[u8]) -> bool {
    matches!(app_token(body), WechatReply::Refused(_))
}

/// Reads the answer of `GET /cgi-bin/gettoken`. The token is for the calls of this examination; WeCom gives every caller
/// the same one, so nobody else's becomes void.
///
/// # Errors
/// [`WecomComplaint`].
pub fn token(body: &[u8]) -> Result<Secret<String>, WecomComplaint> {
    match app_token(body) {
        WechatReply::Ok(given) => Ok(given.access_token),
        WechatReply::Refused(no) => Err(of(&no)),
        WechatReply::Unreadable => Err(WecomComplaint::Unreadable),
    }
}

/// Reads the answer of `GET /cgi-bin/agent/get`, for an issuer at `authority`. No login asks it, so that what is odd about
/// the answer alone is no complaint.
#[must_use]
pub fn app(body: &[u8], authority: &str) -> Option<WecomComplaint> {
    match app_facts(body) {
        WechatReply::Ok(facts) if facts.disabled => Some(WecomComplaint::Disabled),
        WechatReply::Ok(facts) => {
            let is_trusted =
                facts.trusted_domain.is_none_or(|domain| domain.eq_ignore_ascii_case(authority));
            (!is_trusted).then_some(WecomComplaint::Domain)
        }
        WechatReply::Refused(no) => {
            let complaint = of(&no);
            let says_nothing =
                matches!(complaint, WecomComplaint::Refused(_) | WecomComplaint::Busy);
            (!says_nothing).then_some(complaint)
        }
        WechatReply::Unreadable => None,
    }
}

/// Reads the answer of `GET /cgi-bin/auth/getuserinfo` to a code that nobody was given. What is wrong with the code is no news.
#[must_use]
pub fn came(body: &[u8]) -> Option<WecomComplaint> {
    match who_came(body) {
        WechatReply::Ok(_nobody) => None,
        WechatReply::Refused(no) if help(&no) == WecomKey::CodeInvalid.into() => None,
        WechatReply::Refused(no) => Some(of(&no)),
        WechatReply::Unreadable => Some(WecomComplaint::Unreadable),
    }
}

/// What WeCom's page for desktop browsers complains of, in place of showing its QR code.
#[must_use]
pub fn shown(page: &[u8]) -> Option<WecomComplaint> {
    let plain = plain(page);
    if DOMAIN_WORDS.iter().any(|words| plain.contains(words)) {
        return Some(WecomComplaint::Domain);
    }
    match number_on(&plain)? {
        50_001 => Some(WecomComplaint::Domain),
        40_013 => Some(WecomComplaint::CorpId),
        40_056 => Some(WecomComplaint::Agent),
        _ => None,
    }
}

/// As they stand on WeCom's pages, without spaces and in lower case.
const DOMAIN_WORDS: [&str; 3] = [
    "redirect_uri参数错误",
    "redirect_uri与配置的授权完成回调域名不一致",
    "redirect_uri需使用应用可信域名",
];

fn help(no: &Refusal) -> HelpKey {
    meaning(no.code).help
}

fn of(no: &Refusal) -> WecomComplaint {
    // The app is another one than the secret's (301002, 60011 for an app): the same two lines of the console differ.
    if matches!(no.code.number(), 60_011 | 301_002) {
        return WecomComplaint::Agent;
    }
    let HelpKey::Wecom(key) = help(no) else { return WecomComplaint::Refused(no.code.number()) };
    match key {
        WecomKey::CorpIdInvalid => WecomComplaint::CorpId,
        WecomKey::SecretInvalid => WecomComplaint::Secret,
        WecomKey::AgentInvalid => WecomComplaint::Agent,
        WecomKey::IpNotAllowed => WecomComplaint::Address(no.seen_ip),
        WecomKey::DomainNotTrusted => WecomComplaint::Domain,
        WecomKey::AppDisabled => WecomComplaint::Disabled,
        WecomKey::ApiNotPermitted => WecomComplaint::NotPermitted,
        WecomKey::Busy | WecomKey::TooFrequent => WecomComplaint::Busy,
        WecomKey::CodeInvalid
        | WecomKey::TokenInvalid
        | WecomKey::MissingParameter
        | WecomKey::OutOfRange
        | WecomKey::MemberUnknown
        | WecomKey::TicketInvalid
        | WecomKey::NotAMember
        | WecomKey::Unreachable
        | WecomKey::Unreadable
        | WecomKey::Unknown => WecomComplaint::Refused(no.code.number()),
    }
}

#[cfg(test)]
mod tests;
