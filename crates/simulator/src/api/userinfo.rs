//! `GET /sns/userinfo` and `GET /sns/auth`: what a user's access token opens (wechat.md sections 3.3 and 3.4).
//! City, province and country come back empty and `sex` is 0 unless the world says otherwise, as since 2021.
//! A base token opens nothing here, and an openid of somebody else is refused.

use axum::{extract::State, http::header, response::Response};

use crate::{
    api::{Asked, answer, errcode::Refused},
    books::Consent,
    ids::{self, Mint},
    query::Params,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
};

/// Answers the profile.
pub(crate) async fn get(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::UserInfo, asked, profile).await
}

/// Answers whether token and openid belong together.
pub(crate) async fn get_auth(State(simulator): State<Simulator>, asked: Asked) -> Response {
    let check = |simulator: &Simulator, asked: &Asked| {
        proved_consent(simulator, &asked.params)?;
        Ok(Reply::new().raw("errcode", "0").text("errmsg", "ok"))
    };
    answer(&simulator, Endpoint::Auth, asked, check).await
}

fn profile(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let consent = proved_consent(simulator, &asked.params)?;
    if !consent.scope.shows_profile() {
        return Err(Refused(48_001));
    }
    let world = simulator.world();
    // An account or a person can be taken out of the world after the token was given.
    let account = world.account(&consent.app_id).ok_or(Refused(40_014))?;
    let mut person = world.person(&consent.person).ok_or(Refused(46_004))?;
    if consent.snapshot {
        person.nickname = "微信用户".to_owned();
        person.headimgurl = None;
    }
    let drawn = || format!("http://{}/avatar/{}/132", asked.header(header::HOST), person.key);
    let reply = Reply::new()
        .text("openid", &ids::openid(&consent.app_id, &consent.person, consent.snapshot))
        .text("nickname", &person.nickname)
        .raw("sex", &person.sex.to_string())
        .text("language", "")
        .text("city", "")
        .text("province", "")
        .text("country", "")
        .text("headimgurl", &person.headimgurl.clone().unwrap_or_else(drawn))
        .raw("privilege", "[]");
    Ok(match account.unionid(&consent.person, consent.snapshot) {
        Some(unionid) => reply.text("unionid", &unionid),
        None => reply,
    })
}

/// The consent behind the token, of this openid: 41001, 41009, 40014, 42001, 40003.
fn proved_consent(simulator: &Simulator, params: &Params) -> Result<Consent, Refused> {
    let (token, openid) = (params.get("access_token"), params.get("openid"));
    if token.is_empty() {
        return Err(Refused(41_001));
    }
    if openid.is_empty() {
        return Err(Refused(41_009));
    }
    let serial = Mint::read_token(token).ok_or(Refused(40_014))?;
    let found = simulator.books().read_grant(serial, simulator.now());
    let (consent, generation, alive) = found.ok_or(Refused(40_014))?;
    if simulator.mint().access_token(serial, generation) != token {
        return Err(Refused(40_014));
    }
    if !alive {
        return Err(Refused(42_001));
    }
    if ids::openid(&consent.app_id, &consent.person, consent.snapshot) != openid {
        return Err(Refused(40_003));
    }
    Ok(consent)
}
