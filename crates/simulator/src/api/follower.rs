//! `GET /cgi-bin/user/info`: what an account may know of who follows it (wechat.md section 11.2). Names and pictures have
//! not been told since 2021; of who does not follow, nothing but the openid.

use axum::{extract::State, response::Response};

use crate::{
    api::{Asked, answer, errcode::Refused, phone_number::account_of},
    ids,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
    world::AccountKind,
};

/// Answers who somebody is.
pub(crate) async fn get(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::FollowerInfo, asked, |simulator, asked| {
        let kinds = [AccountKind::ServiceAccount, AccountKind::Sandbox];
        let app_id = account_of(simulator, asked.params.get("access_token"), &kinds)?;
        follower(simulator, &app_id, asked.params.get("openid"))
    })
    .await
}

fn follower(simulator: &Simulator, app_id: &str, openid: &str) -> Result<Reply, Refused> {
    let world = simulator.world();
    let faceless = (0..world.people_count).map(|number| format!("p{number}"));
    let keys = world.people.iter().map(|person| person.key.clone()).chain(faceless);
    let person = keys.into_iter().find(|key| ids::openid(app_id, key, false) == openid);
    let person = person.ok_or(Refused(40_003))?;
    if !simulator.books().follows(app_id, &person) {
        return Ok(Reply::new().raw("subscribe", "0").text("openid", openid));
    }
    let mut reply = Reply::new()
        .raw("subscribe", "1")
        .text("openid", openid)
        .text("nickname", "")
        .raw("sex", "0")
        .text("headimgurl", "")
        .text("subscribe_scene", "ADD_SCENE_QR_CODE");
    let account = world.account(app_id);
    if let Some(platform) = account.and_then(|account| account.platform.as_deref()) {
        reply = reply.text("unionid", &ids::unionid(platform, &person, false));
    }
    Ok(reply)
}
