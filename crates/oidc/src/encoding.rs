//! Percent-encoding both ways, in the strict form that every endpoint shares (RFC 3986 §2.1, WHATWG URL §5).
//! Reading refuses what a lenient decoder would pass through, since two readers of one byte string must agree.
//! Writing escapes everything but unreserved characters, so that a value is inert in a query wherever it lands.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use crate::params::ParamsRefused;

/// Everything but RFC 3986 §2.3 unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Decodes one form-urlencoded name or value: `+` is a space, `%XX` a byte, the whole UTF-8 without NUL.
pub(crate) fn form_decode(text: &[u8]) -> Result<String, ParamsRefused> {
    if !has_whole_escapes(text) {
        return Err(ParamsRefused::Escape);
    }
    let spaced: Vec<u8> = text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    let decoded = String::from_utf8(bytes).map_err(|_not_utf8| ParamsRefused::NotUtf8)?;
    if decoded.contains('\0') {
        return Err(ParamsRefused::Nul);
    }
    Ok(decoded)
}

/// Whether every `%` is followed by two hex digits.
fn has_whole_escapes(text: &[u8]) -> bool {
    let mut after_percent = text.split(|b| *b == b'%').skip(1);
    after_percent
        .all(|rest| rest.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
}

/// Writes `name=value` pairs as a query string without its `?`.
pub(crate) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(utf8_percent_encode(name, RESERVED));
        text.push('=');
        text.extend(utf8_percent_encode(value, RESERVED));
    }
    text
}
