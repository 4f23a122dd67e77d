//! The answer of `POST /wxa/getwxacodeunlimit` (小程序码): a picture, or JSON that says why there is none, with the same
//! status. Which of the two it is, its bytes say.

use std::fmt;

use super::{WechatReply, decode as decode_reply};
use crate::picture;

/// A code of a mini program, drawn.
#[derive(Clone)]
pub struct ProgramCodeReply {
    /// `image/png` or `image/jpeg`, by what the bytes are.
    pub media_type: &'static str,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// Whoever has it can scan it.
impl fmt::Debug for ProgramCodeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramCodeReply")
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

/// Decodes the body of a reply, whatever its HTTP status and content type were. Never panics.
#[must_use]
pub fn decode(body: &[u8]) -> WechatReply<ProgramCodeReply> {
    match picture::media_type(body) {
        Some(media_type @ ("image/png" | "image/jpeg")) => {
            WechatReply::Ok(ProgramCodeReply { media_type, bytes: body.to_vec() })
        }
        // No other picture is a code, and JSON without a number is none either.
        Some(_) => WechatReply::Unreadable,
        None => decode_reply(body, |_fields| None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WX-14: what is served from our own origin is one of two kinds of picture.
    #[test]
    fn a_code_is_a_picture_a_refusal_has_a_number_and_everything_else_is_nothing() {
        for (body, expected) in [
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".as_slice(), "image/png"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0", "unreadable"),
            (br#"{"errcode":41030,"errmsg":"invalid page hint: [x]"}"#, "41030"),
            (br#"{"errcode":0,"errmsg":"ok"}"#, "unreadable"),
            (br#"{"contentType":"image/jpeg","buffer":"x"}"#, "unreadable"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unreadable"),
            (b"<!doctype html><script>", "unreadable"),
            (b"", "unreadable"),
        ] {
            let decoded = match decode(body) {
                WechatReply::Ok(reply) => {
                    assert_eq!(reply.bytes, body);
                    assert!(!format!("{reply:?}").contains("bytes"));
                    reply.media_type.to_owned()
                }
                WechatReply::Refused(no) => no.code.number().to_string(),
                WechatReply::Unreadable => "unreadable".to_owned(),
            };
            assert_eq!(decoded, expected, "{body:?}");
        }
    }
}
