//! `POST /oauth2/token`: an application trades what it holds for tokens (RFC 6749 §3.2).
//! Rules are in `oidc`, steps in `flows::token`; the dialect is that of `client_call`.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use magpie_flows::token::exchange;

use super::client_call::{Received, Refusal};
use crate::kit::answers;
use crate::state::{Observation, Web};

/// Answers JSON, refusals included; nothing here renders a page.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    answer(&web, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn answer(web: &Web, request: Request) -> Result<Response, Refusal> {
    let received = Received::read(web, request).await?;
    let tokens = received.settle(web, exchange(web.flows(), &received.call()).await)?;
    web.observe(Observation::Token { result: "ok" });
    Ok(received.answer(web, answers::private_json(StatusCode::OK, &tokens)))
}
