//! WeCom's endpoints (wechat.md section 12.2): the token of an app, who showed a code, a member's details, and what the
//! console has for an app (WeCom's document 90227).
//! Unlike WeChat's they say `errcode: 0` with an answer. The token is the same as long as it lives, however often it is
//! asked for. A code is worth one answer, and every other use of it is 40029.

use std::time::Duration;

use axum::{body::Bytes, extract::State, http::header, response::Response};

use crate::{
    api::{Asked, answer, app_token::json_fields, errcode::Refused},
    books::{Consent, Exchange, Scope},
    corp::{Agent, Corp},
    ids::Mint,
    query::Params,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
    world::World,
};

/// A ticket opens details for so long.
const TICKET: Duration = Duration::from_secs(1_800);
/// What the books give a grant; the ticket is one whose time is counted from its end.
const GRANT: Duration = crate::books::ACCESS_LIFETIME;
/// The family of its tokens in the books.
const FAMILY: &str = "wecom";

/// `GET /cgi-bin/gettoken`
pub(crate) async fn get_token(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::WecomToken, asked, token).await
}

/// `GET /cgi-bin/auth/getuserinfo`
pub(crate) async fn get_user_info(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::WecomUserInfo, asked, who).await
}

/// `GET /cgi-bin/user/getuserinfo`, the older address, which writes the names with capitals.
pub(crate) async fn get_user_info_old(
    State(simulator): State<Simulator>,
    asked: Asked,
) -> Response {
    answer(&simulator, Endpoint::WecomUserInfo, asked, |simulator, asked| {
        Ok(who(simulator, asked)?.capitalised().text("DeviceId", "0123456789"))
    })
    .await
}

/// `POST /cgi-bin/auth/getuserdetail`
pub(crate) async fn post_user_detail(
    State(simulator): State<Simulator>,
    asked: Asked,
    body: Bytes,
) -> Response {
    let mut pairs = asked.params.clone().into_pairs();
    pairs.extend(json_fields(&body).unwrap_or_default());
    let asked = Asked { params: Params::from_pairs(pairs), ..asked };
    answer(&simulator, Endpoint::WecomUserDetail, asked, detail).await
}

/// `GET /cgi-bin/agent/get`
pub(crate) async fn get_agent(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::WecomAgent, asked, app).await
}

fn ok() -> Reply {
    Reply::new().raw("errcode", "0").text("errmsg", "ok")
}

fn token(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let (world, params) = (simulator.world(), &asked.params);
    let corp = world.corp(params.get("corpid")).ok_or(Refused(40_013))?;
    let secret = match params.get("corpsecret") {
        "" => return Err(Refused(41_004)),
        secret => secret,
    };
    let agent = corp.agents.iter().find(|agent| agent.secret == secret);
    let of_another =
        || world.corps.iter().flat_map(|corp| &corp.agents).any(|a| a.secret == secret);
    let Some(agent) = agent else {
        return Err(Refused(if of_another() { 40_091 } else { 40_001 }));
    };
    let (place, now) = (corp.place(agent), simulator.now());
    let token = simulator.books().app_token(&place, FAMILY, false, now);
    let text = simulator.mint().app_token(&place, FAMILY, token.generation);
    let expires_in = token.until.saturating_sub(now).as_secs();
    Ok(ok().text("access_token", &text).raw("expires_in", &expires_in.to_string()))
}

/// The app whose token this is: 41001, 40014, 42001, and 50003 for one that is switched off.
fn proved_agent<'w>(
    simulator: &Simulator,
    world: &'w World,
    token: &str,
) -> Result<(&'w Corp, &'w Agent), Refused> {
    if token.is_empty() {
        return Err(Refused(41_001));
    }
    let apps = world.corps.iter().flat_map(|corp| corp.agents.iter().map(move |app| (corp, app)));
    for (corp, agent) in apps {
        let place = corp.place(agent);
        let now = simulator.now();
        let known = simulator.books().present_app_token(&place, FAMILY, now);
        let Some((known, lives)) = known else { continue };
        if simulator.mint().app_token(&place, FAMILY, known.generation) == token {
            return match (lives, agent.disabled) {
                (false, _) => Err(Refused(42_001)),
                (true, true) => Err(Refused(50_003)),
                (true, false) => Ok((corp, agent)),
            };
        }
    }
    Err(Refused(40_014))
}

fn who(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let (world, params) = (simulator.world(), &asked.params);
    let (corp, agent) = proved_agent(simulator, &world, params.get("access_token"))?;
    if params.get("code").is_empty() {
        return Err(Refused(41_008));
    }
    let serial = simulator.mint().read_code(params.get("code")).ok_or(Refused(40_029))?;
    let lifetime = Duration::from_secs(world.code_lifetime);
    let (place, now) = (corp.place(agent), simulator.now());
    let taken = simulator.books().spend_code(serial, |code| code.app_id == place, now, lifetime);
    let Exchange::Fresh(consent) = taken else { return Err(Refused(40_029)) };
    if agent.hidden_from.contains(&consent.person) {
        return Err(Refused(50_002));
    }
    let Some(member) = corp.member(&consent.person) else {
        let openid = corp.openid_of(&consent.person);
        return Ok(ok().text("openid", &openid).text("external_userid", &format!("wm{openid}")));
    };
    let reply = ok().text("userid", &member.userid);
    if consent.scope != Scope::PrivateInfo {
        return Ok(reply);
    }
    let serial = simulator.books().open_grant(consent, now);
    Ok(reply
        .text("user_ticket", &simulator.mint().access_token(serial, 0))
        .raw("expires_in", "1800"))
}

fn detail(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let (world, params) = (simulator.world(), &asked.params);
    let (corp, agent) = proved_agent(simulator, &world, params.get("access_token"))?;
    let consent = opened(simulator, params.get("user_ticket"))?;
    if consent.app_id != corp.place(agent) {
        return Err(Refused(84_015));
    }
    let member = corp.member(&consent.person).ok_or(Refused(60_111))?;
    let host = asked.header(header::HOST);
    let drawn = || format!("http://{host}/avatar/{}/132", consent.person);
    Ok(ok()
        .text("userid", &member.userid)
        .text("gender", &member.gender)
        .text("avatar", &member.avatar.clone().unwrap_or_else(drawn))
        .text("qr_code", "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=invented")
        .text("mobile", "13800000000")
        .text("email", &member.email)
        .text("biz_mail", &member.biz_mail)
        .text("address", "广州市海珠区"))
}

/// What the console has for an app; an app's token opens its own page of it alone.
fn app(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let (world, params) = (simulator.world(), &asked.params);
    let (corp, agent) = proved_agent(simulator, &world, params.get("access_token"))?;
    let wanted = corp.agent(params.get("agentid")).ok_or(Refused(40_056))?;
    if wanted.agent_id != agent.agent_id {
        return Err(Refused(301_002));
    }
    let domain = agent.trusted_domains.first().map_or("", String::as_str);
    Ok(ok()
        .raw("agentid", &agent.agent_id.to_string())
        .text("name", &corp.name)
        .text("square_logo_url", "https://wework.qpic.cn/wwpic/invented/0")
        .text("description", "")
        .raw("close", if agent.disabled { "1" } else { "0" })
        .text("redirect_domain", domain)
        .raw("report_location_flag", "0")
        .raw("isreportenter", "0")
        .text("home_url", ""))
}

/// The consent behind a ticket: 84015, 84014.
fn opened(simulator: &Simulator, ticket: &str) -> Result<Consent, Refused> {
    let serial = Mint::read_token(ticket).ok_or(Refused(84_015))?;
    if simulator.mint().access_token(serial, 0) != ticket {
        return Err(Refused(84_015));
    }
    let late = simulator.now().saturating_add(GRANT.saturating_sub(TICKET));
    let found = simulator.books().read_grant(serial, late);
    let (consent, _, is_alive) = found.ok_or(Refused(84_015))?;
    if is_alive { Ok(consent) } else { Err(Refused(84_014)) }
}

/// A refusal in WeCom's words: with a hint in place of a `rid`, and with our address always.
pub(crate) fn refusal(refused: Refused, simulator: &Simulator) -> Reply {
    let hint = format!("17{:011}{:012}", simulator.now().as_secs(), simulator.next_turn());
    let words = match refused.0 {
        40_001 => "invalid credential",
        40_013 => "invalid corpid",
        40_014 => "invalid access_token",
        40_029 => "invalid code",
        40_056 => "invalid agentid",
        40_091 => "secret is invalid",
        41_001 => "access_token missing",
        41_004 => "secret missing",
        41_008 => "code missing",
        42_001 => "access_token expired",
        45_009 => "api freq out of limit",
        45_033 => "api concurrent out of limit",
        48_002 => "api forbidden",
        50_001 => "redirect_url domain invalid",
        50_002 => "user not in range",
        50_003 => "agent disabled",
        60_011 => "no privilege to access/modify contact/party/agent",
        60_020 => "not allow to access from your ip",
        60_111 => "userid not found",
        84_014 => "user_ticket expired",
        84_015 => "user_ticket invalid",
        301_002 => "not allow operate another agent with this accesstoken",
        _ => "system busy",
    };
    let number = refused.0;
    Reply::new().raw("errcode", &number.to_string()).text(
        "errmsg",
        &format!("{words}, hint: [{hint}], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e={number}"),
    )
}
