//! What WeChat's `sns` endpoints and WeCom answer, from lenient text to strict types.
//! Owns the difference between a refusal and an answer: a non-zero `errcode` field, never the HTTP status (WeChat
//! refuses with 200) and never a substring (a nickname may contain it; wechat.md §3.1). A reply without an openid that
//! can be one is [`WechatReply::Unreadable`], so that nobody is made out of half an answer. `outbound` calls it.

pub mod access_token;
pub mod app_token;
pub mod code_session;
pub mod encrypted;
mod fields;
pub mod follower;
pub mod phone_number;
pub mod program_code;
mod refusal;
pub mod scene_code;
pub mod userinfo;
pub mod wecom;

use magpie_domain::{OpenId, UnionId};

use crate::errcode::ErrCode;
use fields::{Fields, Whole};

pub use refusal::Refusal;

/// What a call to WeChat gave.
#[derive(Debug, Clone)]
pub enum WechatReply<T> {
    /// An answer.
    Ok(T),
    /// WeChat said no.
    Refused(Refusal),
    /// Not what the documentation describes: no JSON object, too large, too deep, or its openid is none.
    Unreadable,
}

/// Reads a reply of WeChat's: refused, read by `answer`, or unreadable.
fn decode<T>(body: &[u8], answer: fn(&Fields) -> Option<T>) -> WechatReply<T> {
    decode_with(body, Refusal::read, answer)
}

/// The same, with `refuse` to make something of the message that comes with a number.
fn decode_with<T>(
    body: &[u8],
    refuse: fn(ErrCode, Option<&str>) -> Refusal,
    answer: fn(&Fields) -> Option<T>,
) -> WechatReply<T> {
    let Some(fields) = Fields::read(body) else {
        return WechatReply::Unreadable;
    };
    let number = match fields.whole("errcode") {
        Whole::Absent => 0,
        Whole::Is(number) => number,
        Whole::Odd => return WechatReply::Unreadable,
    };
    match ErrCode::new(number) {
        Some(code) => WechatReply::Refused(refuse(code, fields.text("errmsg"))),
        None => answer(&fields).map_or(WechatReply::Unreadable, WechatReply::Ok),
    }
}

/// The openid that every answer has (case WX-18).
fn openid(fields: &Fields) -> Option<OpenId> {
    openid_named(fields, "openid")
}

/// The openid under the name that this kind of answer gives it.
fn openid_named(fields: &Fields, name: &str) -> Option<OpenId> {
    fields.text(name).and_then(OpenId::parse)
}

/// The unionid: `Some(None)` when WeChat sent none or an empty one, `None` when it sent what cannot be one.
fn unionid(fields: &Fields) -> Option<Option<UnionId>> {
    unionid_named(fields, "unionid")
}

/// The same under another name.
fn unionid_named(fields: &Fields, name: &str) -> Option<Option<UnionId>> {
    if fields.is_blank(name) {
        return Some(None);
    }
    fields.text(name).and_then(UnionId::parse).map(Some)
}

#[cfg(test)]
mod tests;
