//! `POST /oauth2/par`: an application pushes its request ahead of the browser (RFC 9126 §2).
//! Rules are in `oidc`, steps in `flows::pushed`; the dialect is that of `client_call`. Nobody is redirected here.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use magpie_flows::pushed::push;

use super::client_call::{Received, Refusal};
use crate::kit::answers;
use crate::state::Web;

/// Answers JSON, refusals included.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    answer(&web, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn answer(web: &Web, request: Request) -> Result<Response, Refusal> {
    let received = Received::read(web, request).await?;
    let kept = received.settle(web, push(web.flows(), &received.call()).await)?;
    Ok(received.answer(web, answers::private_json(StatusCode::CREATED, &kept)))
}
