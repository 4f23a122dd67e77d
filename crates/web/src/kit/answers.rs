//! Answers in the dialects of the endpoints: a page, a redirect, JSON.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use magpie_oidc::error::OAuthError;
use serde::Serialize;

use super::headers;
use crate::pages::Page;

/// Renders a page. A template that cannot be rendered is a plain 500: there is no page left to show it on.
pub(crate) fn page<P: Page>(status: StatusCode, page: &P, form_action: &[String]) -> Response {
    let mut response = rendered(status, page);
    headers::page(response.headers_mut(), form_action);
    response
}

/// A page whose script asks us for news.
pub(crate) fn page_that_listens<P: Page>(page: &P, form_action: &[String]) -> Response {
    let mut response = rendered(StatusCode::OK, page);
    headers::page_that_listens(response.headers_mut(), form_action);
    response
}

/// A page that opens frames of these origins, and has no form.
pub(crate) fn page_with_frames<P: Page>(
    status: StatusCode,
    page: &P,
    frames: Vec<String>,
) -> Response {
    let mut response = rendered(status, page);
    headers::page_with_frames(response.headers_mut(), &[], frames);
    response
}

/// The page with WeChat's script and frame.
pub(crate) fn page_with_wechat<P: Page>(
    page: &P,
    form_action: &[String],
    (script, frame): (&str, &str),
) -> Response {
    let mut response = rendered(StatusCode::OK, page);
    headers::page_with_wechat(response.headers_mut(), form_action, script, frame);
    response
}

fn rendered<P: Page>(status: StatusCode, page: &P) -> Response {
    let Ok(html) = page.render() else {
        tracing::error!(page = page.marker(), "a page could not be rendered");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, html).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Sends the browser on by 303, which never repeats a POST (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let Ok(mut location) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    location.set_sensitive(true);
    response.headers_mut().insert(header::LOCATION, location);
    headers::discreet(response.headers_mut());
    response
}

/// To HEAD and to browsers that look ahead: a look is no visit (RFC 9110 §9.2.1), so nothing starts and nothing is given.
pub(crate) fn nothing_done() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    headers::discreet(response.headers_mut());
    response
}

/// JSON that nobody may keep.
pub(crate) fn private_json(status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(bytes) = serde_json::to_vec(body) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, Body::from(bytes)).into_response();
    let map = response.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    map.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers::no_store(map);
    response
}

/// A signed answer that nobody may keep.
pub(crate) fn private_jwt(media_type: &'static str, jwt: String) -> Response {
    let mut response = Body::from(jwt).into_response();
    let map = response.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    map.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers::no_store(map);
    response
}

/// An OAuth error as JSON (RFC 6749 §5.2).
pub(crate) fn oauth_error(error: &OAuthError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = private_json(status, error);
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}
