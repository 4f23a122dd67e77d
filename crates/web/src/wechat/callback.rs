//! `GET /callback/{channel}`: the browser comes back from WeChat.
//! HEAD and prefetch do nothing. Every answer forbids `Referer` and storing, since this URL holds WeChat's code.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use magpie_domain::{AttemptId, ChannelId};
use magpie_flows::Stop;
use magpie_flows::wechat::{CallbackArrival, CallbackRefused, Failure, Landing, callback};
use magpie_oidc::params::Params;
use magpie_oidc::paths;
use magpie_wechat::callback as rules;

use crate::kit::cookies::SetCookies;
use crate::kit::throttle::{Caller, Costly};
use crate::kit::visitor::Visit;
use crate::kit::{answers, incident, look};
use crate::oauth2::authorize::{SNAPSHOT_MARK, too_often};
use crate::oauth2::steps::{application_answer, with_attempt};
use crate::pages::{AlreadyUsed, ErrorPage, OwnPath, SignInNotFound, Trouble};
use crate::state::{Observation, Web};

/// Lands a login, or shows why it cannot.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(channel): Path<String>,
    request: Request,
) -> Response {
    if look::is_only_a_look(request.method(), request.headers()) {
        return answers::nothing_done();
    }
    let visit = Visit::read(&web, request.headers(), request.extensions(), None);
    let params = Params::from_query(request.uri().query().unwrap_or_default()).ok();
    let arrived =
        params.filter(|params| params.first_repeated().is_none()).zip(ChannelId::parse(&channel));
    let cookies = visit.cookies.attempts();
    let Some((params, channel)) = arrived.filter(|_| !cookies.is_empty()) else {
        return not_found(&web, &visit);
    };
    let caller = Caller::everybody_at(visit.address);
    if let Err(refused) = web.throttle().used_up(Costly::Callback, caller) {
        return too_often(&web, &visit, refused);
    }
    let arrival = CallbackArrival {
        channel: channel.clone(),
        callback: rules::read(params.get("code"), params.get("state")),
        cookies: &cookies,
        session: visit.cookies.session(),
        locale: visit.locale,
        agent: visit.agent,
    };
    let landing = callback(web.flows(), arrival).await;
    // What is nobody's has cost a few unsealings, no row and no call. Counting it would let one stranger with invented
    // cookies spend the turn of everybody behind a carrier's address.
    if !matches!(landing, Err(Stop::Refused(CallbackRefused::NotFound))) {
        web.throttle().note(Costly::Callback, caller);
    }
    match landing {
        Ok(landing) => {
            count(&web, &channel, &landing);
            landed(&web, &visit, &landing)
        }
        Err(Stop::Refused(CallbackRefused::NotFound)) => not_found(&web, &visit),
        Err(Stop::Refused(CallbackRefused::AlreadyUsed)) => {
            let page = AlreadyUsed { ctx: visit.context(&web) };
            answers::page(StatusCode::BAD_REQUEST, &page, &[])
        }
        Err(Stop::Broken(broken)) => incident::on_page(&web, &visit, &broken),
    }
}

/// Without the cookie nothing is known and nothing is done; the person is told where to start again.
fn not_found(web: &Web, visit: &Visit<'_>) -> Response {
    web.observe(Observation::Landed { outcome: "not_found" });
    answers::page(StatusCode::BAD_REQUEST, &SignInNotFound { ctx: visit.context(web) }, &[])
}

/// The attempt left by this channel, so it is one of the configuration and no invention of the path's.
fn count(web: &Web, channel: &ChannelId, landing: &Landing) {
    web.observe(Observation::Returned { channel });
    if matches!(landing, Landing::Restarted { .. }) {
        web.observe(Observation::Departed { channel });
    }
}

/// Writes down how a login landed, whether this browser came back from WeChat or a phone did for it.
pub(crate) fn landed(web: &Web, visit: &Visit<'_>, landing: &Landing) -> Response {
    web.observe(Observation::Landed { outcome: landing.name() });
    let issuer = web.flows().issuer();
    let mut response = match landing {
        Landing::Answered { response, .. } => application_answer(web, visit, response),
        Landing::Arrived { attempt, .. } | Landing::NotYetKnown { attempt, .. } => {
            answers::see_other(&issuer.join(&paths::resume(attempt)))
        }
        Landing::Restarted { location, .. } => answers::see_other(location),
        // What the application signed cannot be said again for it: the person begins there.
        Landing::Snapshot { again: None } => {
            let page = SignInNotFound { ctx: visit.context(web) };
            answers::page(StatusCode::BAD_REQUEST, &page, &[])
        }
        Landing::Snapshot { again: Some(again) } => {
            answers::see_other(&issuer.join(&format!("{again}&{SNAPSHOT_MARK}=snapshot")))
        }
        Landing::Withdrawn => {
            let page = ErrorPage::of(visit.context(web), Trouble::UnknownClient);
            answers::page(StatusCode::BAD_REQUEST, &page, &[])
        }
        Landing::Spent { .. } => {
            answers::page(StatusCode::BAD_REQUEST, &AlreadyUsed { ctx: visit.context(web) }, &[])
        }
        Landing::Failed { failure, attempt } => failed(web, visit, failure, attempt),
    };
    if let Landing::Answered { session: Some(value), .. }
    | Landing::Spent { session: Some(value) }
    | Landing::Arrived { session: value, .. } = landing
    {
        let lifetime = web.flows().settings().lifetimes.session.absolute;
        SetCookies::new(issuer).session(value, lifetime).apply(response.headers_mut());
    }
    if let Some(cookie) = landing.cookie() {
        with_attempt(web, visit, &mut response, &cookie);
    }
    response
}

/// What WeChat said, in plain words, with a number for the operator and a way to try again.
pub(crate) fn failed(
    web: &Web,
    visit: &Visit<'_>,
    failure: &Failure,
    attempt: &AttemptId,
) -> Response {
    let mut context = visit.context(web);
    context.reference = Some(failure.reference.clone());
    let mut page = ErrorPage::of_wechat(context, failure.help.as_str());
    let retry = format!("{}{}", web.flows().issuer().path(), paths::resume(attempt));
    if let Some(path) = OwnPath::parse(&retry) {
        page = page.with_retry(path);
    }
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_GATEWAY);
    answers::page(status, &page, &[])
}
