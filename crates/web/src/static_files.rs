//! `/assets/*`: our own style sheet, scripts and mark, by a name that changes with the content.

use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::assets;

/// Answers an embedded file, or a bare 404; nothing here touches a disk.
pub(crate) async fn get(OriginalUri(uri): OriginalUri) -> Response {
    let path = uri.path();
    let Some(asset) = path.find("/assets/").and_then(|at| path.get(at..)).and_then(assets::find)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(asset.bytes.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}
