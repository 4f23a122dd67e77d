//! `POST /oauth2/device`: an application on a device asks for a pair of codes (RFC 8628 §3.1).
//! Rules are in `oidc`, steps in `flows::device`; the dialect is that of `client_call`. Nobody is redirected here.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use magpie_flows::device::ask;

use super::client_call::{Received, Refusal};
use crate::kit::answers;
use crate::state::Web;

/// Answers JSON, refusals included. Every good answer is a row, also for a client that proves nothing, so those are counted.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    answer(&web, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn answer(web: &Web, request: Request) -> Result<Response, Refusal> {
    let received = Received::read(web, request).await?;
    let codes = received.settle(web, ask(web.flows(), &received.call()).await)?;
    Ok(answers::private_json(StatusCode::OK, &codes))
}
