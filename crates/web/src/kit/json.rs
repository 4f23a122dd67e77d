//! Bodies of `application/json` that hold an object. The content type is insisted on: it is what a page of somebody else
//! cannot send here without asking first (Fetch §3.2, CORS preflight).

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Map, Value};

use super::form::is_too_large;

/// Largest object, in bytes.
const LARGEST: usize = 64 * 1024;

/// Why a body is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonRefused {
    /// Another content type, or none.
    ContentType,
    /// Larger than 64 KiB.
    TooLarge,
    /// Broken off, too slow, not JSON, or no object.
    Malformed,
}

/// Reads an object.
pub(crate) async fn object(
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, JsonRefused> {
    if !is_json(headers) || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(JsonRefused::ContentType);
    }
    let collected = Limited::new(body, LARGEST).collect().await;
    let bytes = collected
        .map_err(|cause| {
            if is_too_large(&*cause) { JsonRefused::TooLarge } else { JsonRefused::Malformed }
        })?
        .to_bytes();
    serde_json::from_slice(&bytes).map_err(|_quotes_the_body| JsonRefused::Malformed)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// Seen red with the check left out: `text/plain` needs no preflight.
    #[tokio::test]
    async fn only_an_object_under_its_own_content_type_is_read() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGEST));
        for (kind, body, expected) in [
            ("application/json", "{\"a\":1}", None),
            ("Application/JSON; charset=utf-8", "{}", None),
            ("text/plain", "{}", Some(JsonRefused::ContentType)),
            ("application/jsonp", "{}", Some(JsonRefused::ContentType)),
            ("", "{}", Some(JsonRefused::ContentType)),
            ("application/json", "[]", Some(JsonRefused::Malformed)),
            ("application/json", "{", Some(JsonRefused::Malformed)),
            ("application/json", "", Some(JsonRefused::Malformed)),
            ("application/json", &*long, Some(JsonRefused::TooLarge)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
            let read = object(&headers, Body::from(body.to_owned())).await;
            assert_eq!(read.err(), expected, "{kind} {:.20}", body);
        }
    }
}
