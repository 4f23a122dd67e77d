//! `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`: made once, served as bytes.
//! OIDC appends the well-known path to the issuer, RFC 8414 §3 puts it before the issuer's path; both are answered.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::state::Web;

/// Answers either document: they say the same.
pub(crate) async fn get(State(web): State<Web>, headers: HeaderMap) -> Response {
    let documents = web.documents();
    public_document(&headers, &documents.etag, || documents.body.clone())
}

/// A document that anybody may read from anywhere and keep for five minutes.
pub(crate) fn public_document(
    request: &HeaderMap,
    etag: &str,
    body: impl FnOnce() -> Bytes,
) -> Response {
    let known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .any(|tag| matches!(tag.trim(), "*") || tag.trim().trim_start_matches("W/") == etag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut full = Response::new(Body::from(body()));
        full.headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        full
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}
