//! The answer of `POST /cgi-bin/qrcode/create` (wechat.md §11.1): what a QR code of a scene says. Its `ticket`, by which
//! WeChat would draw the code itself, is not needed: a page of ours draws it.

use std::fmt;

use super::fields::Fields;
use super::{WechatReply, decode as decode_reply};

/// Longer than any address that WeChat puts into a code.
const LONGEST: usize = 256;

/// What asking for a QR code gave.
#[derive(Clone)]
pub struct SceneCodeReply {
    /// What the code says.
    pub address: String,
}

/// Whoever has it can scan it.
impl fmt::Debug for SceneCodeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SceneCodeReply(…)")
    }
}

/// Decodes the body of a reply, whatever its HTTP status was. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<SceneCodeReply> {
    decode_reply(body, answer)
}

fn answer(fields: &Fields) -> Option<SceneCodeReply> {
    let address = fields.text("url")?;
    let is_link = address.starts_with("http://") || address.starts_with("https://");
    let is_plain = address.len() <= LONGEST && address.bytes().all(|b| b.is_ascii_graphic());
    (is_link && is_plain).then(|| SceneCodeReply { address: address.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_an_address_and_nothing_else() {
        let read = |body: &str| match decode(body.as_bytes()) {
            WechatReply::Ok(reply) => Some(reply.address),
            WechatReply::Refused(_) | WechatReply::Unreadable => None,
        };
        let documented = r#"{"ticket":"gQH47joAAAAAAAAAASxodHRwOi8v","expire_seconds":60,"url":"http:\/\/weixin.qq.com\/q\/kZgfwMTm72WWPkovabbI"}"#;
        let address = "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI".to_owned();
        assert_eq!(read(documented), Some(address));
        assert!(!format!("{:?}", decode(documented.as_bytes())).contains("kZgf"));
        let long = format!(r#"{{"url":"https://{}"}}"#, "a".repeat(250));
        for body in
            [r#"{"ticket":"x"}"#, r#"{"url":"weixin://x"}"#, r#"{"url":"http://a b"}"#, &long]
        {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
