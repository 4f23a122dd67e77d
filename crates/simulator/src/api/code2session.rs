//! `GET /sns/jscode2session`: a mini program's `wx.login` code for an openid and a session key (wechat.md section 5.1).
//! Success carries no `errcode`, as since 2019; codes of web authorization are invalid here.

use axum::{extract::State, response::Response};

use crate::{
    api::{Asked, access_token::spend, answer, errcode::Refused, proved_account},
    books::Scope,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
};

/// Exchanges a mini program code.
pub(crate) async fn get(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::JsCode2Session, asked, exchange).await
}

fn exchange(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let world = simulator.world();
    let account = proved_account(&world, &asked.params)?;
    let code = asked.params.get("js_code");
    if code.is_empty() {
        return Err(Refused(41_008));
    }
    if asked.params.get("grant_type") != "authorization_code" {
        return Err(Refused(40_002));
    }
    let fits = |scope, app_id: &str| scope == Scope::MiniProgram && app_id == account.app_id;
    let consent = spend(simulator, code, |consent| fits(consent.scope, &consent.app_id))?;
    let serial = simulator.mint().read_code(code).unwrap_or_default();
    let reply = Reply::new()
        .text("session_key", &simulator.mint().session_key(serial))
        .text("openid", &account.openid_of(&consent.person));
    Ok(match account.unionid_of(&consent.person) {
        Some(unionid) => reply.text("unionid", &unionid),
        None => reply,
    })
}
