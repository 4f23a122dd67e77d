//! What WeCom's `cgi-bin` endpoints answer (wechat.md §12.2). Unlike WeChat's `sns` endpoints they send `errcode: 0` with
//! an answer, in old documents as a text, and the same field in two spellings: `userid` and `UserId`.

use std::fmt;

use magpie_domain::{Lifetime, MemberId, OpenId, Secret};

use super::access_token::{access_token, expires_in};
use super::fields::{Fields, Whole};
use super::{Refusal, WechatReply, decode_with};

/// The longest `user_ticket` kept, in bytes; WeCom says 512.
const LONGEST_TICKET: usize = 2048;

/// The token of an app of the organisation's (`GET /cgi-bin/gettoken`).
#[derive(Clone)]
pub struct AppToken {
    /// Opens every call of the app.
    pub access_token: Secret<String>,
    /// How long it is good for: 60 to 7200 seconds, whatever WeCom wrote.
    pub expires_in: Lifetime,
}

impl fmt::Debug for AppToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppToken(…)")
    }
}

/// Who showed a code (`GET /cgi-bin/auth/getuserinfo`).
#[derive(Debug, Clone)]
pub enum WhoCame {
    /// A member of the organisation, or of one that is linked to it.
    Member {
        /// How they are named.
        userid: MemberId,
        /// Opens their details; only after `snsapi_privateinfo` inside WeCom, and for 30 minutes.
        ticket: Option<Secret<String>>,
    },
    /// Anybody else, by the openid within the organisation if WeCom said one: customers, and parents and pupils of a school.
    Outsider(Option<OpenId>),
}

/// What a member allowed us to read (`POST /cgi-bin/auth/getuserdetail`), uncleaned. A name is not among it.
#[derive(Clone)]
pub struct MemberDetail {
    /// Whose it is; must be whoever showed the code.
    pub userid: MemberId,
    /// 1 male, 2 female, 0 unknown; written as a text.
    pub gender: Option<i64>,
    /// The URL of the picture, raw.
    pub avatar: Option<String>,
    /// The mailbox that the organisation assigned, raw; `email` is whatever the member entered and is not read.
    pub biz_mail: Option<String>,
}

impl fmt::Debug for MemberDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberDetail(…)")
    }
}

/// Decodes the reply of `gettoken`. Never panics.
#[must_use]
pub fn app_token(body: &[u8]) -> WechatReply<AppToken> {
    decode_with(body, Refusal::read_wecom, |fields| {
        Some(AppToken {
            access_token: access_token(fields)?,
            expires_in: expires_in(fields.whole("expires_in")),
        })
    })
}

/// Decodes the reply of `auth/getuserinfo`, or of the older `user/getuserinfo`. Never panics.
#[must_use]
pub fn who_came(body: &[u8]) -> WechatReply<WhoCame> {
    decode_with(body, Refusal::read_wecom, |fields| {
        if let Some(userid) = either(fields, ["userid", "UserId"])? {
            let userid = MemberId::parse(userid)?;
            return Some(WhoCame::Member { userid, ticket: ticket(fields) });
        }
        let openid = match either(fields, ["openid", "OpenId"])? {
            Some(openid) => Some(OpenId::parse(openid)?),
            None => None,
        };
        let names_outsider = openid.is_some()
            || ["external_userid", "parent_userid", "student_userid"]
                .iter()
                .any(|name| !fields.is_blank(name));
        names_outsider.then_some(WhoCame::Outsider(openid))
    })
}

/// Decodes the reply of `auth/getuserdetail`. Never panics.
#[must_use]
pub fn detail(body: &[u8]) -> WechatReply<MemberDetail> {
    decode_with(body, Refusal::read_wecom, |fields| {
        let text = |name| fields.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(MemberDetail {
            userid: either(fields, ["userid", "UserId"])?.and_then(MemberId::parse)?,
            gender: match fields.whole("gender") {
                Whole::Is(number) => Some(number),
                Whole::Absent | Whole::Odd => None,
            },
            avatar: text("avatar"),
            biz_mail: text("biz_mail"),
        })
    })
}

/// What the console has for an app (`GET /cgi-bin/agent/get`), of interest to whoever examines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppFacts {
    /// Switched off (`close`).
    pub disabled: bool,
    /// The trusted domain, with its port; empty when none is entered, absent when WeCom says nothing of it.
    pub trusted_domain: Option<String>,
}

/// Decodes the reply of `agent/get`. Never panics.
#[must_use]
pub fn app_facts(body: &[u8]) -> WechatReply<AppFacts> {
    decode_with(body, Refusal::read_wecom, |fields| {
        Some(AppFacts {
            disabled: matches!(fields.whole("close"), Whole::Is(1)),
            trusted_domain: fields.text("redirect_domain").map(str::to_owned),
        })
    })
}

/// A text under one of two spellings: `Some(None)` when both are blank, `None` when it is no text or the two differ.
fn either<'a>(fields: &'a Fields, spellings: [&str; 2]) -> Option<Option<&'a str>> {
    let mut found = None;
    for name in spellings {
        if fields.is_blank(name) {
            continue;
        }
        let text = fields.text(name)?;
        if found.is_some_and(|other| other != text) {
            return None;
        }
        found = Some(text);
    }
    Some(found)
}

/// A ticket that cannot be one costs the person their details, not their login.
fn ticket(fields: &Fields) -> Option<Secret<String>> {
    let text = fields.text("user_ticket")?;
    let plausible =
        (1..=LONGEST_TICKET).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    plausible.then(|| Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests;
