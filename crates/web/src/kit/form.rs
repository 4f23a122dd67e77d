//! Bodies of `application/x-www-form-urlencoded`, read strictly: size, type, encoding, repetition.
//! axum's own extractor takes duplicates and bad bytes and answers 415, 413 and 422 in plain text, none of which is
//! OAuth (RFC 6749 §5.2).

use std::error::Error;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use magpie_oidc::params::Params;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Largest form, in bytes.
const LARGEST_FORM: usize = 64 * 1024;

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormRefused {
    /// Another content type, or none.
    ContentType,
    /// Larger than 64 KiB.
    TooLarge,
    /// Broken off, too slow, or not decodable.
    Malformed,
}

/// Reads a form.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Params, FormRefused> {
    if !is_form(headers) || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(FormRefused::ContentType);
    }
    let collected = Limited::new(body, LARGEST_FORM).collect().await;
    let bytes = collected
        .map_err(|cause| {
            if is_too_large(&*cause) { FormRefused::TooLarge } else { FormRefused::Malformed }
        })?
        .to_bytes();
    Params::from_form(&bytes).map_err(|_refused| FormRefused::Malformed)
}

/// Whether a limit was met: ours, or the listener's, whose error arrives wrapped.
pub(crate) fn is_too_large(cause: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(cause), |cause| (*cause).source())
        .any(|cause| cause.is::<LengthLimitError>())
}

/// Parameters as a query string, to be read again by a GET.
pub(crate) fn written_back(params: &Params) -> String {
    query(params.pairs())
}

/// Names and values as a query string.
pub(crate) fn query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    pairs
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// `application/x-www-form-urlencoded`, with no charset but UTF-8.
fn is_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts
        .next()
        .is_some_and(|text| text.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let charset = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    essence && charset.is_none_or(|(_, text)| text.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// TK-02.
    #[test]
    fn only_forms_in_utf_8_are_forms() {
        for (value, expected) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
            ("application/x-www-form-urlencoded; charset=\"utf-8\"", true),
            ("application/x-www-form-urlencoded; charset=utf-16", false),
            ("application/json", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
            assert_eq!(is_form(&headers), expected, "{value}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }
}
