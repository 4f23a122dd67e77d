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
    let world = simulator.world();
    let answers = simulator.tell_everybody(params.get("person"), &pushed).await;
    // Somebody who lives here is told of to every account, in their order.
    let rows: String = answers
        .iter()
        .zip(&world.pushes)
        .map(|(answer, console)| {
            let (status, body) = match answer {
                PushAnswer::Answered { status, body } => (status.to_string(), escape(body)),
                PushAnswer::Unreachable => ("–".to_owned(), "unreachable".to_owned()),
            };
            format!("<tr><td>{}<td>{status}<td>{body}</tr>", escape(&console.app_id))
        })
        .collect();
    let who = world.person(params.get("person")).unwrap_or_default();
    let body = format!(
        "<h1 id=\"told\">已通知 · Told</h1><p>{}</p><p>帐号的回答 · What the accounts answered</p>\
         <table>{rows}</table><p><a id=\"back\" href=\"/\">返回 · Back</a></p>",
        escape(&who.nickname)
    );
    html(page("已通知 · Told", &body))
}
