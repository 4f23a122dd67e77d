//! WeCom's two doors: its page for desktop browsers, and the in-app link, which has the address of WeChat's and a corp id
//! in place of the AppID (wechat.md section 12.1). The order of each is checked as WeChat's is; the callback's host counts
//! with its port.

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{escape, html, link, page, person_select, remembered};
use crate::{
    api::Asked,
    books::{Consent, Scope},
    corp::{Agent, Corp},
    pages::callback,
    query::Params,
    script::{Endpoint, Fault},
    seen::Sender,
    simulator::Simulator,
    world::{Cancel, World},
};

/// The page for desktop browsers.
pub(crate) const DESKTOP: &str = "/wwlogin/sso/login";
const IN_APP: &str = "/connect/oauth2/authorize";

/// Number or name of a refusal.
type Refusal = &'static str;

/// A link that keeps every rule.
struct Link {
    place: String,
    corp_name: String,
    redirect_uri: String,
    scope: Scope,
    state: String,
}

/// Opens the page for desktop browsers.
pub(crate) async fn desktop(State(simulator): State<Simulator>, asked: Asked) -> Response {
    open(&simulator, DESKTOP, asked).await
}

/// Answers it.
pub(crate) async fn desktop_confirm(
    State(simulator): State<Simulator>,
    asked: Asked,
    form: String,
) -> Response {
    confirm(&simulator, DESKTOP, asked, &form).await
}

/// Opens the in-app link of an organisation.
pub(crate) async fn in_app(simulator: &Simulator, asked: Asked) -> Response {
    open(simulator, IN_APP, asked).await
}

/// Answers it.
pub(crate) async fn in_app_confirm(simulator: &Simulator, asked: Asked, form: &str) -> Response {
    confirm(simulator, IN_APP, asked, form).await
}

/// Whether an in-app link is WeCom's: it names an organisation.
pub(crate) fn is_ours(world: &World, params: &Params) -> bool {
    world.corp(params.get("appid")).is_some()
}

fn endpoint(path: &str) -> Endpoint {
    if path == DESKTOP { Endpoint::WecomLogin } else { Endpoint::Authorize }
}

async fn open(simulator: &Simulator, path: &str, asked: Asked) -> Response {
    simulator.note(endpoint(path), &asked.params, asked.sender.clone());
    let faults = simulator.script().take(endpoint(path));
    if let Some(response) = link::scripted(&faults).await {
        return response;
    }
    let world = simulator.world();
    let agent = asked.sender.user_agent.to_ascii_lowercase();
    let inside = agent.contains("wxwork") || agent.contains("micromessenger");
    let found = match read(&world, path, &asked.params) {
        Ok(_) if path == IN_APP && !inside && !world.any_browser => Err("not-in-wecom"),
        other => other,
    };
    let found = match found {
        Ok(found) => found,
        Err(why) => return html(refused(why)),
    };
    let person = remembered(&world, &asked.headers)
        .and_then(|key| world.person(&key))
        .or_else(|| world.person_in_turn(0))
        .unwrap_or_default();
    if world.auto_approve || (path == IN_APP && found.scope == Scope::Base) {
        return send_back(simulator, &found, &person.key);
    }
    let action = escape(&format!("{path}?{}", asked.raw_query));
    let question = if path == DESKTOP {
        "企业微信扫码登录 · Scan with WeCom"
    } else {
        "申请获取你的头像、企业邮箱 · wants your picture and corporate e-mail address"
    };
    let select = person_select(&world, &person.key);
    let body = format!(
        "<h1 id=\"wecom\">{}</h1><p>{question}</p>\
         <form method=\"post\" action=\"{action}\">{select}\
         <button id=\"approve\" class=\"yes\" name=\"decision\" value=\"approve\">同意 · Allow</button>\
         <button id=\"cancel\" name=\"decision\" value=\"cancel\">取消 · Cancel</button></form>",
        escape(&found.corp_name)
    );
    html(page(&format!("{} · WeCom simulator", found.corp_name), &body))
}

async fn confirm(simulator: &Simulator, path: &str, asked: Asked, form: &str) -> Response {
    let form = Params::parse(form);
    simulator.note(Endpoint::Confirm, &form, asked.sender);
    let faults = simulator.script().take(Endpoint::Confirm);
    if let Some(response) = link::scripted(&faults).await {
        return response;
    }
    let world = simulator.world();
    let found = match read(&world, path, &asked.params) {
        Ok(found) => found,
        Err(why) => return html(refused(why)),
    };
    match (form.get("decision"), world.person(form.get("person"))) {
        ("approve", Some(person)) => send_back(simulator, &found, &person.key),
        ("cancel", _) if world.cancel == Cancel::StateOnly => {
            link::redirect(&callback::append(&found.redirect_uri, &[("state", &found.state)]))
        }
        ("cancel", _) => {
            html(page("已取消 · Cancelled", "<h1 id=\"cancelled\">已取消 · Cancelled</h1>"))
        }
        _ => (StatusCode::BAD_REQUEST, "decision and person are needed").into_response(),
    }
}

/// Checks a link of either door.
fn read(world: &World, path: &str, params: &Params) -> Result<Link, Refusal> {
    let order: &[&str] = if path == DESKTOP {
        &["login_type", "appid", "agentid", "redirect_uri", "state", "lang"]
    } else {
        // Behind the state, unlike anywhere else.
        &["appid", "redirect_uri", "response_type", "scope", "state", "agentid"]
    };
    let places = params.names().map(|name| order.iter().position(|known| *known == name));
    let places: Option<Vec<usize>> = places.collect();
    if !places.is_some_and(|places| places.is_sorted_by(|one, next| one < next)) {
        return Err("order");
    }
    let corp = world.corp(params.get("appid")).ok_or("40013")?;
    let agent = corp.agent(params.get("agentid"));
    let scope = if path == DESKTOP {
        if params.get("login_type") != "CorpApp" {
            return Err("login_type");
        }
        Scope::Login
    } else {
        asked_scope(params, agent)?
    };
    let agent = agent.or_else(|| corp.agents.first()).filter(|_| path == IN_APP || agent.is_some());
    let agent = agent.ok_or("40056")?;
    check_redirect(agent, params.get("redirect_uri"))?;
    let state = params.get("state");
    if state.len() > 128 || !state.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err("state");
    }
    Ok(link_of(corp, agent, scope, params))
}

fn link_of(corp: &Corp, agent: &Agent, scope: Scope, params: &Params) -> Link {
    Link {
        place: corp.place(agent),
        corp_name: corp.name.clone(),
        redirect_uri: params.get("redirect_uri").to_owned(),
        scope,
        state: params.get("state").to_owned(),
    }
}

/// Without an AgentId nothing private is given, and nothing is said of it.
fn asked_scope(params: &Params, agent: Option<&Agent>) -> Result<Scope, Refusal> {
    if params.get("response_type") != "code" {
        return Err("response_type");
    }
    match params.get("scope") {
        "snsapi_privateinfo" if agent.is_some() => Ok(Scope::PrivateInfo),
        "snsapi_base" | "snsapi_privateinfo" | "snsapi_userinfo" => Ok(Scope::Base),
        _ => Err("scope"),
    }
}

/// Host and port must be a trusted domain, whole.
fn check_redirect(agent: &Agent, redirect_uri: &str) -> Result<(), Refusal> {
    let uri: Uri = redirect_uri.parse().map_err(|_no_uri| "50001")?;
    let authority = uri.authority().map(axum::http::uri::Authority::as_str).unwrap_or_default();
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_listed =
        agent.trusted_domains.iter().any(|domain| domain.eq_ignore_ascii_case(authority));
    if is_web && is_listed { Ok(()) } else { Err("50001") }
}

fn send_back(simulator: &Simulator, link: &Link, person: &str) -> Response {
    let mut response = link::redirect(&callback_url(simulator, link, person));
    super::remember(&mut response, person);
    response
}

fn callback_url(simulator: &Simulator, link: &Link, person: &str) -> String {
    let mut state = link.state.clone();
    for fault in simulator.script().take(Endpoint::Callback).0 {
        match fault {
            Fault::StateOnly => {
                return callback::append(&link.redirect_uri, &[("state", &link.state)]);
            }
            Fault::OtherState(other) => state = other,
            _ => {}
        }
    }
    let code = simulator.code_for(Consent {
        app_id: link.place.clone(),
        person: person.to_owned(),
        scope: link.scope,
        snapshot: false,
    });
    callback::append(&link.redirect_uri, &[("code", &code), ("state", &state)])
}

fn refused(code: Refusal) -> String {
    let words = match code {
        "50001" => "redirect_uri 与配置的授权完成回调域名不一致",
        "40013" => "企业不存在",
        "40056" => "应用不存在",
        _ => "参数错误",
    };
    let body = format!(
        "<h1 id=\"error\" data-code=\"{code}\">企业微信拒绝了这个链接 · WeCom refuses this link</h1><p>{words}</p><p>错误码: {code}</p>"
    );
    page("出错了 · Refused", &body)
}

/// Does what a person would do with a link of WeCom's; nothing when it is none of WeCom's. The desktop page needs no
/// fragment, the in-app link ends in `#wechat_redirect`.
pub(crate) fn approve_without_browser(
    simulator: &Simulator,
    url: &str,
    person: &str,
) -> Option<Result<String, String>> {
    let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (address, query) = before.split_once('?').unwrap_or((before, ""));
    let (world, params) = (simulator.world(), Params::parse(query));
    let path = if address.ends_with(DESKTOP) {
        DESKTOP
    } else if address.ends_with(IN_APP) && is_ours(&world, &params) {
        IN_APP
    } else {
        return None;
    };
    simulator.note(endpoint(path), &params, Sender::default());
    let wanted = if path == IN_APP { "wechat_redirect" } else { "" };
    if fragment != wanted {
        return Some(Err(format!("the link must end in {wanted:?}")));
    }
    Some(read(&world, path, &params).map_err(str::to_owned).and_then(|link| {
        let person =
            world.person(person).ok_or_else(|| format!("nobody has the key {person:?}"))?;
        Ok(callback_url(simulator, &link, &person.key))
    }))
}
