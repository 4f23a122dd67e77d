//! `/MP_verify_*.txt` and its relatives: WeChat's proof that a domain is the operator's. By exact name, from the configuration
//! or as added at the command line.

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use magpie_flows::verification_files;

use crate::kit::answers;
use crate::kit::headers;
use crate::kit::visitor::Visit;
use crate::pages::NotFound;
use crate::state::Web;

/// Answers a known file, or the page for addresses that nothing answers. The name is looked up, never opened.
pub(crate) async fn get(
    State(web): State<Web>,
    OriginalUri(uri): OriginalUri,
    request: axum::http::Request<Body>,
) -> Response {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let body = if is_ours(&web, uri.path(), name) { find(&web, name).await } else { None };
    if let Some(body) = body {
        let mut response = Response::new(Body::from(body));
        headers::discreet(response.headers_mut());
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        return response;
    }
    let visit = Visit::read(&web, request.headers(), request.extensions(), None);
    answers::page(StatusCode::NOT_FOUND, &NotFound { ctx: visit.context(&web) }, &[])
}

/// The configuration's file of that name, or the one that was added. Without the database the latter is not there.
async fn find(web: &Web, name: &str) -> Option<String> {
    if let Some(body) = web.parts().verification_files.get(name) {
        return Some(body.clone());
    }
    match verification_files::body(web.flows(), name).await {
        Ok(body) => body,
        Err(cause) => {
            tracing::warn!(%cause, "a verification file could not be looked up");
            None
        }
    }
}

/// At the root, and under the issuer's path, which an operator may have registered as the callback domain.
fn is_ours(web: &Web, path: &str, name: &str) -> bool {
    let folder = path.strip_suffix(name).and_then(|rest| rest.strip_suffix('/'));
    folder.is_some_and(|folder| folder.is_empty() || folder == web.flows().issuer().path())
}
