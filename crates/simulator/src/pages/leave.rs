//! A person leaves: withdraws what they allowed, or closes their WeChat account. Every account with an address of
//! pushes is told, as WeChat tells them within seconds.

use axum::{extract::State, response::Response};

use super::{escape, html, page};
use crate::{
    push::{PushAnswer, Pushed},
    query::Params,
    simulator::Simulator,
};

/// Tells the accounts and shows what they answered.
pub(crate) async fn post(State(simulator): State<Simulator>, body: String) -> Response {
    let params = Params::parse(&body);
    let pushed = match params.get("how") {
        "close" => Pushed::Cancelled,
        _ => Pushed::Revoked("301".to_owned()),
    };
    let answers = simulator.tell_everybody(params.get("person"), &pushed).await;
    let rows: String = answers
        .iter()
        .map(|answer| match answer {
            PushAnswer::Answered { status, body } => {
                format!("<tr><td>{status}<td>{}</tr>", escape(body))
            }
            PushAnswer::Unreachable => "<tr><td>–<td>unreachable</tr>".to_owned(),
        })
        .collect();
    html(page("已通知 · Told", &format!("<h1 id=\"told\">已通知 · Told</h1><table>{rows}</table>")))
}
