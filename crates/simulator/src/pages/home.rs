//! The simulator's front door: who lives here, and whom this browser is.
//! WeChat has no such page; it is here so that a person can change before a silent sign-in leaves no time to choose.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{escape, html, page, person_select, remember, remembered};
use crate::{api::Asked, query::Params, script::Endpoint, simulator::Simulator, world::World};

/// Shows the accounts, the people and the chosen one.
pub(crate) async fn show(State(simulator): State<Simulator>, asked: Asked) -> Response {
    let world = simulator.world();
    let chosen = remembered(&world, &asked.headers).unwrap_or_default();
    html(render(&simulator, &world, &chosen))
}

/// Remembers the chosen person.
pub(crate) async fn choose(State(simulator): State<Simulator>, body: String) -> Response {
    let world = simulator.world();
    let params = Params::parse(&body);
    let Some(person) = world.person(params.get("person")) else {
        let mut response = html(page(
            "?",
            "<h1 id=\"error\" data-code=\"person\">没有这个人 · Nobody has this key</h1>",
        ));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    let mut response = html(render(&simulator, &world, &person.key));
    remember(&mut response, &person.key);
    response
}

fn render(simulator: &Simulator, world: &World, chosen: &str) -> String {
    let accounts: String = world
        .accounts
        .iter()
        .map(|account| {
            let domains = account.callback_domains.join(" ");
            format!(
                "<tr><td>{}<td>{:?}<td>{}</tr>",
                escape(&account.app_id),
                account.kind,
                escape(&domains)
            )
        })
        .collect();
    let counts: String = Endpoint::ALL
        .iter()
        .filter(|endpoint| simulator.requests_to(**endpoint) > 0)
        .map(|endpoint| {
            format!("<tr><td>{endpoint:?}<td>{}</tr>", simulator.requests_to(*endpoint))
        })
        .collect();
    let counts = if counts.is_empty() {
        counts
    } else {
        format!("<p>请求 · Requests</p><table>{counts}</table>")
    };
    let select = person_select(world, chosen);
    let leave = if world.pushes.is_empty() {
        String::new()
    } else {
        format!(
            "<form method=\"post\" action=\"/leave\">{select}\
             <button id=\"withdraw\" name=\"how\" value=\"withdraw\">撤回授权 · Withdraw authorization</button>\
             <button id=\"close-account\" name=\"how\" value=\"close\">注销微信 · Close WeChat account</button></form>"
        )
        // One id a page, and a question of its own.
        .replace("id=\"person\"", "id=\"leaver\"")
        .replace("for=\"person\"", "for=\"leaver\"")
        .replace("我是谁 · Who am I", "谁要离开 · Who leaves")
    };
    let body = format!(
        "<h1>鹊桥的微信模拟器</h1><p>Magpie's fake WeChat</p>\
         <form method=\"post\" action=\"/\">{select}<button id=\"choose\" class=\"yes\">就是我 · That is me</button></form>{leave}\
         <p>帐号 · Accounts</p><table>{accounts}</table>{counts}"
    );
    page("模拟器 · Simulator", &body)
}
