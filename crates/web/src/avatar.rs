//! `/avatar/{id}`: people's pictures, for whoever was told the address: applications' servers and pages.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use magpie_domain::AvatarId;
use magpie_flows::avatars;

use crate::state::Web;

/// Answers the picture, or a bare 404: this address is put into `<img>`, never opened.
///
/// It may be kept for an hour and no longer, since a person may take it back; its content never changes, so the name
/// is its entity tag.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(id) = AvatarId::parse(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let picture = match avatars::find(web.flows(), &id).await {
        Ok(Some(picture)) => picture,
        Ok(None) => return not_there(),
        Err(error) => {
            tracing::warn!(%error, "a picture could not be read");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let tag = format!("\"{}\"", id.as_str());
    let is_known = headers.get_all(header::IF_NONE_MATCH).iter().any(|known| known == tag.as_str());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(picture.body).into_response();
        if let Ok(media_type) = HeaderValue::from_str(&picture.media_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        }
        response
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    harmless(headers);
    response
}

/// What comes from elsewhere is shown as a picture or not at all, on pages of any origin.
fn harmless(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}

fn not_there() -> Response {
    let mut response = StatusCode::NOT_FOUND.into_response();
    // It may be there in a minute.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
