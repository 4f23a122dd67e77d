//! The two authorization links, opened and answered: `/connect/oauth2/authorize` and `/connect/qrconnect`.
//! A link is checked when it is opened and again when the form comes back; then a code is written down and the browser sent on.
//! Silent cases (base scope, snapshot mode, `auto_approve`) answer at once for the person this browser is known to be.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{callback, consent, embedded, html, refusal, remember, remembered, wecom};
use crate::{
    api::Asked,
    books::{Consent, Scope},
    pages::rules::{Door, Link, Refusal, read_link},
    query::Params,
    reply::{deliver_bytes, hang_up},
    script::{Endpoint, Fault, Faults},
    simulator::Simulator,
    world::{Cancel, Person, World},
};

/// Opens the in-app consent.
pub(crate) async fn in_app(State(simulator): State<Simulator>, asked: Asked) -> Response {
    if wecom::is_ours(&simulator.world(), &asked.params) {
        return wecom::in_app(&simulator, asked).await;
    }
    open(&simulator, Door::InApp, asked).await
}

/// Answers the in-app consent.
pub(crate) async fn in_app_confirm(
    State(simulator): State<Simulator>,
    asked: Asked,
    form: String,
) -> Response {
    if wecom::is_ours(&simulator.world(), &asked.params) {
        return wecom::in_app_confirm(&simulator, asked, &form).await;
    }
    confirm(&simulator, Door::InApp, asked, &form).await
}

/// Opens the QR page.
pub(crate) async fn qr(State(simulator): State<Simulator>, asked: Asked) -> Response {
    let door = qr_door(&asked);
    open(&simulator, door, asked).await
}

/// Answers the QR page.
pub(crate) async fn qr_confirm(
    State(simulator): State<Simulator>,
    asked: Asked,
    form: String,
) -> Response {
    let door = qr_door(&asked);
    confirm(&simulator, door, asked, &form).await
}

fn qr_door(asked: &Asked) -> Door {
    if embedded::is_embedded(&asked.params) { Door::Embedded } else { Door::Qr }
}

async fn open(simulator: &Simulator, door: Door, asked: Asked) -> Response {
    let endpoint = if door == Door::InApp { Endpoint::Authorize } else { Endpoint::QrConnect };
    simulator.note(endpoint, &asked.params, asked.sender.clone());
    let faults = simulator.script().take(endpoint);
    if let Some(response) = scripted(&faults).await {
        return response;
    }
    let world = simulator.world();
    let link = match read_link(&world, door, &asked.params)
        .and_then(|link| in_wechat(&world, door, &asked, link))
    {
        Ok(link) => link,
        Err(why) => return html(refusal::show(why)),
    };
    let known = remembered(&world, &asked.headers);
    if world.auto_approve {
        return match automatic_person(simulator, &world, &asked, known) {
            Some(person) => send_back(simulator, door, &link, &person),
            None => html(refusal::show(Refusal::Unreachable)),
        };
    }
    let person = known
        .and_then(|key| world.person(&key))
        .or_else(|| world.person_in_turn(0))
        .unwrap_or_default();
    let snapshot_mode = link.scope == Scope::UserInfo && (person.snapshot || link.force_snapshot);
    if link.scope == Scope::Base || (snapshot_mode && !link.force_popup) {
        return send_back(simulator, door, &link, &person);
    }
    html(consent::ask(&world, door, &link, &asked.raw_query, &person.key))
}

async fn confirm(simulator: &Simulator, door: Door, asked: Asked, form: &str) -> Response {
    let form = Params::parse(form);
    simulator.note(Endpoint::Confirm, &form, asked.sender);
    let faults = simulator.script().take(Endpoint::Confirm);
    if let Some(response) = scripted(&faults).await {
        return response;
    }
    let world = simulator.world();
    let link = match read_link(&world, door, &asked.params) {
        Ok(link) => link,
        Err(why) => return html(refusal::show(why)),
    };
    match (form.get("decision"), world.person(form.get("person"))) {
        ("approve", Some(person)) => send_back(simulator, door, &link, &person),
        ("cancel", _) if world.cancel == Cancel::StateOnly => redirect(&state_only(&link)),
        ("cancel", _) => html(consent::cancelled(door, &asked.raw_query)),
        _ => (StatusCode::BAD_REQUEST, "decision and person are needed").into_response(),
    }
}

/// What a script does to a page: a refusal by number, a delay, another status, a closed connection.
pub(super) async fn scripted(faults: &Faults) -> Option<Response> {
    for fault in &faults.0 {
        match fault {
            Fault::HangUpBefore | Fault::HangUpAfter => return Some(hang_up()),
            Fault::DelayMs(_) | Fault::Hang => {
                deliver_bytes(
                    HeaderValue::from_static("text/html"),
                    "".into(),
                    &fault.clone().into(),
                )
                .await;
            }
            Fault::Errcode(number) => return Some(html(refusal::show(Refusal::Numbered(*number)))),
            Fault::Status(_) | Fault::Redirect(_) | Fault::Body(_) => {
                return Some(
                    deliver_bytes(
                        HeaderValue::from_static("text/html; charset=utf-8"),
                        "".into(),
                        faults,
                    )
                    .await,
                );
            }
            _ => {}
        }
    }
    None
}

/// The in-app door opens in WeChat's own browser only, unless the world is relaxed about it.
fn in_wechat(world: &World, door: Door, asked: &Asked, link: Link) -> Result<Link, Refusal> {
    let marked = asked.sender.user_agent.to_ascii_lowercase().contains("micromessenger");
    if door != Door::InApp || world.any_browser || marked {
        Ok(link)
    } else {
        Err(Refusal::NotInWechat)
    }
}

/// The person of the link's own hint, of the cookie, or whose turn it is.
fn automatic_person(
    simulator: &Simulator,
    world: &World,
    asked: &Asked,
    known: Option<String>,
) -> Option<Person> {
    let hint = Some(asked.params.get("simulator_person")).filter(|hint| !hint.is_empty());
    match hint.map(str::to_owned).or(known) {
        Some(key) => world.person(&key),
        None => world.person_in_turn(simulator.next_turn()),
    }
}

/// Writes a code down and redirects the browser to the application.
fn send_back(simulator: &Simulator, door: Door, link: &Link, person: &Person) -> Response {
    let address = callback_url(simulator, link, person);
    let mut response =
        if door == Door::Embedded { embedded::send_top(&address) } else { redirect(&address) };
    if !simulator.world().auto_approve {
        remember(&mut response, &person.key);
    }
    response
}

fn callback_url(simulator: &Simulator, link: &Link, person: &Person) -> String {
    let snapshot = link.scope == Scope::UserInfo && (person.snapshot || link.force_snapshot);
    let consent = Consent {
        app_id: link.app_id.clone(),
        person: person.key.clone(),
        scope: link.scope,
        snapshot,
    };
    let faults = simulator.script().take(Endpoint::Callback);
    let mut state = link.state.as_str();
    for fault in &faults.0 {
        match fault {
            Fault::StateOnly => return state_only(link),
            Fault::OtherState(other) => state = other,
            _ => {}
        }
    }
    let code = simulator.code_for(consent);
    callback::append(&link.redirect_uri, &[("code", &code), ("state", state)])
}

fn state_only(link: &Link) -> String {
    callback::append(&link.redirect_uri, &[("state", &link.state)])
}

pub(super) fn redirect(address: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match HeaderValue::from_str(address) {
        Ok(address) => {
            headers.insert(header::LOCATION, address);
            (StatusCode::FOUND, headers).into_response()
        }
        Err(_) => html(refusal::show(Refusal::Numbered(10_003))),
    }
}

/// Does what a person in WeChat would do with the whole link, fragment included.
pub(crate) fn approve_without_browser(
    simulator: &Simulator,
    url: &str,
    person: &str,
) -> Result<String, String> {
    if let Some(answered) = wecom::approve_without_browser(simulator, url, person) {
        return answered;
    }
    let link = visit(simulator, url)?;
    let person =
        simulator.world().person(person).ok_or_else(|| format!("nobody has the key {person:?}"))?;
    Ok(callback_url(simulator, &link, &person))
}

pub(crate) fn deny_without_browser(simulator: &Simulator, url: &str) -> Result<String, String> {
    visit(simulator, url).map(|link| state_only(&link))
}

fn visit(simulator: &Simulator, url: &str) -> Result<Link, String> {
    let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (address, query) = before.split_once('?').unwrap_or((before, ""));
    if fragment != "wechat_redirect" {
        return Err("the link must end in #wechat_redirect".to_owned());
    }
    let (door, endpoint) = match address {
        address if address.ends_with(Door::InApp.path()) => (Door::InApp, Endpoint::Authorize),
        address if address.ends_with(Door::Qr.path()) => (Door::Qr, Endpoint::QrConnect),
        _ => return Err("not an authorization link".to_owned()),
    };
    let params = Params::parse(query);
    simulator.note(endpoint, &params, crate::seen::Sender::default());
    let refused = |why| {
        let (code, text) = refusal::describe(why);
        format!("{code}: {text}")
    };
    for fault in simulator.script().take(endpoint).0 {
        if let Fault::Errcode(number) = fault {
            return Err(refused(Refusal::Numbered(number)));
        }
    }
    read_link(&simulator.world(), door, &params).map_err(refused)
}
