//! `POST /oauth2/revoke`: an application hands a token back (RFC 7009).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use magpie_flows::revocation::revoke;

use super::client_call::{Received, Refusal};
use crate::kit::headers;
use crate::state::Web;

/// Answers 200 without a body, whatever the token was.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    answer(&web, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn answer(web: &Web, request: Request) -> Result<Response, Refusal> {
    let received = Received::read(web, request).await?;
    received.settle(web, revoke(web.flows(), &received.call()).await)?;
    let mut response = StatusCode::OK.into_response();
    headers::no_store(response.headers_mut());
    Ok(received.answer(web, response))
}
