//! The answer of `POST /wxa/business/getuserphonenumber` (wechat.md §5.4): a number that WeChat vouches for.

use std::fmt;

use magpie_domain::{AppId, PhoneNumber};

use super::fields::{Fields, Whole};
use super::{WechatReply, decode as decode_reply};

/// What asking for a phone number gave.
#[derive(Clone)]
pub struct PhoneNumberReply {
    /// The number, with its country code.
    pub number: PhoneNumber,
    /// The mini program that it was given to (`watermark`).
    pub app_id: AppId,
}

impl fmt::Debug for PhoneNumberReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneNumberReply").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<PhoneNumberReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<PhoneNumberReply> {
    let info = fields.inner("phone_info")?;
    let app_id = info.inner("watermark")?.text("appid").and_then(AppId::parse)?;
    Some(PhoneNumberReply { number: number(&info)?, app_id })
}

/// `phoneNumber` has the country code for some countries and not for others; these two always say the same.
pub(super) fn number(info: &Fields) -> Option<PhoneNumber> {
    PhoneNumber::of(&country_code(info)?, info.text("purePhoneNumber")?)
}

/// A string by the documentation, a number in the field.
fn country_code(info: &Fields) -> Option<String> {
    match info.whole("countryCode") {
        Whole::Is(code) => Some(code.to_string()),
        Whole::Absent | Whole::Odd => None,
    }
}
