//! `POST /relay/program/answer`: the number that the person chose in the mini program, or their no, with a fresh code of
//! `wx.login` that says who they are.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use magpie_flows::Stop;
use magpie_flows::relay::{ProgramEnd, answer as take};
use magpie_oidc::relay::ProgramAnswer;
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
    let said = ProgramAnswer::read(&received.form).map_err(Stop::Refused);
    let said = received.settle(web, said)?;
    let end = received.settle(web, take(web.flows(), &said, &received.quota).await)?;
    Ok(answers::private_json(StatusCode::OK, &written(end)))
}

fn written(end: ProgramEnd) -> serde_json::Value {
    match end {
        ProgramEnd::Approved => json!({ "status": "approved" }),
        ProgramEnd::Refused => json!({ "status": "refused" }),
        ProgramEnd::Wrong { left } => json!({ "status": "wrong_number", "tries_left": left }),
        ProgramEnd::WrongNumbers => json!({ "status": "cancelled" }),
    }
}
