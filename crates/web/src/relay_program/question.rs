//! `POST /relay/program/question`: who asks, for the person in the mini program that the desktop's code opened. Tells what
//! anybody learns who scans the code of ours beside it, and writes nothing.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use magpie_flows::Stop;
use magpie_flows::relay::{ProgramQuestion, ask};
use magpie_oidc::relay::program_scene;
use serde_json::json;

use super::{Received, Refusal};
use crate::kit::answers;
use crate::state::Web;

/// Answers JSON, refusals included.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    answer(&web, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn answer(web: &Web, request: Request) -> Result<Response, Refusal> {
    let received = Received::read(web, request).await?;
    let scene = program_scene(&received.form).map_err(Stop::Refused);
    let scene = received.settle(web, scene)?;
    let question = received.settle(web, ask(web.flows(), scene).await)?;
    Ok(answers::private_json(StatusCode::OK, &written(&question)))
}

fn written(question: &ProgramQuestion) -> serde_json::Value {
    let numbers: Vec<_> = question.choices.iter().map(|number| number.get()).collect();
    json!({
        "application": question.client,
        "address": question.address,
        "browser": question.browser,
        "seconds_ago": question.ago.as_seconds(),
        "expires_in": question.left.as_seconds(),
        "numbers": numbers,
        "tries_left": question.tries_left,
    })
}
