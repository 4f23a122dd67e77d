//! WeChat's no: its number, and the two things in its message that help an operator.
//! The message itself goes no further: it is for developers, in two languages at once, and may hold what a page must
//! not show.

use std::net::IpAddr;

use crate::errcode::{ErrCode, HelpKey, WecomKey, wecom};

/// The longest request id kept, in bytes.
const LONGEST_RID: usize = 64;

/// WeChat's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its number.
    pub code: ErrCode,
    /// WeChat's id of the request (`rid`, once `req_id`), for the log: Tencent's support asks for it.
    /// At most 64 characters of `[A-Za-z0-9_-]`.
    pub rid: Option<String>,
    /// The address that WeChat saw us come from, when it refuses that address (40164; 60020 of WeCom).
    pub seen_ip: Option<IpAddr>,
}

impl Refusal {
    /// Reads number and message.
    pub(super) fn read(code: ErrCode, message: Option<&str>) -> Self {
        let message = message.unwrap_or_default();
        let is_about_address = code.meaning().help == HelpKey::IpNotAllowed;
        let seen_ip = is_about_address.then(|| seen_ip(message)).flatten();
        Self { code, rid: rid(message), seen_ip }
    }

    /// Reads number and message of WeCom's.
    pub(super) fn read_wecom(code: ErrCode, message: Option<&str>) -> Self {
        let message = message.unwrap_or_default();
        let is_about_address = wecom::meaning(code).help == WecomKey::IpNotAllowed.into();
        let seen_ip = is_about_address.then(|| seen_ip(message)).flatten();
        Self { code, rid: hint(message), seen_ip }
    }
}

/// The id in `…, rid: 6630a1b2-0c0ffee1-5d1e2f30` or, in older replies, `hints: [ req_id: xxxx ]`.
fn rid(message: &str) -> Option<String> {
    let (_, after) = message.rsplit_once("rid:").or_else(|| message.rsplit_once("req_id:"))?;
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let id: String = after.trim_start().chars().take_while(plain).take(LONGEST_RID).collect();
    (!id.is_empty()).then_some(id)
}

/// The digits in WeCom's `…, hint: [1700000000123456789012345], from ip: …`.
fn hint(message: &str) -> Option<String> {
    let (_, after) = message.split_once("hint:")?;
    let digits = after.trim_start().trim_start_matches('[').chars();
    let id: String = digits.take_while(char::is_ascii_digit).take(LONGEST_RID).collect();
    (!id.is_empty()).then_some(id)
}

/// The address in `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist`.
fn seen_ip(message: &str) -> Option<IpAddr> {
    let words = message.split(|c: char| c.is_whitespace() || c == ',');
    words.take(64).find_map(|word| word.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical())
}
