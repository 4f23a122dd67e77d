//! `/device`: a person brings the code that their device shows (RFC 8628 §3.3), and `/device/{end}`: how it came out.
//! A code in the address is filled in and confirms nothing (§5.4). Whoever guesses is slowed down, by address and all
//! together (§5.1); nothing here changes a row.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use magpie_domain::{Locale, UserCode};
use magpie_flows::Stop;
use magpie_flows::device::{Entry, EntryRefused, enter};
use magpie_oidc::params::Params;
use magpie_oidc::paths::{self, DeviceEnd};

use crate::kit::cookies::SetCookies;
use crate::kit::throttle::{Caller, Costly, TooOften};
use crate::kit::visitor::Visit;
use crate::kit::{answers, cross_site, form, form_action, incident};
use crate::oauth2::authorize::{SNAPSHOT_MARK, refused, too_often};
use crate::oauth2::steps;
use crate::pages::{Device, DeviceDone, ErrorPage, FormTarget, Hidden, NotFound, OwnPath, Trouble};
use crate::state::Web;

/// Shows the field; `?user_code=` fills it in, `?language=` switches the page's language.
pub(crate) async fn get(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let visit = Visit::read(&web, &headers, &extensions, None);
    if let Err(refused) =
        web.throttle().count(Costly::Authorize, Caller::everybody_at(visit.address))
    {
        return too_often(&web, &visit, refused);
    }
    let params = Params::from_query(query.as_deref().unwrap_or_default()).unwrap_or_default();
    in_language(&web, visit, &params, |visit| {
        let code = params.get("user_code").and_then(UserCode::read);
        let filled = code.map(|code| code.to_string());
        let page = field(&web, visit, &params, filled);
        shown(&web, StatusCode::OK, &page)
    })
}

/// Takes the code and begins the sign-in.
pub(crate) async fn post(
    State(web): State<Web>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let visit = Visit::read(&web, &headers, &extensions, None);
    let params = form::read(&headers, body).await.ok();
    let is_ours = !cross_site::is_from_elsewhere(&headers, web.flows().issuer());
    // Somebody else's page may not begin a sign-in here, nor spend what this address may try.
    let params = params.filter(|params| is_ours && params.first_repeated().is_none());
    let Some(params) = params else {
        let page = ErrorPage::of(visit.context(&web), Trouble::BadRequest);
        return answers::page(StatusCode::BAD_REQUEST, &page, &[]);
    };
    // Before the work: a right guess among too many must not be told from a wrong one.
    if let Err(refused) = may_try(&web, &visit) {
        return too_often(&web, &visit, refused);
    }
    let typed = params.get("user_code").unwrap_or_default();
    let from_snapshot = params.get(SNAPSHOT_MARK) == Some("snapshot");
    let entry = Entry { code: typed, visitor: visit.visitor(), from_snapshot };
    match enter(web.flows(), entry).await {
        Ok(step) => steps::answer(&web, &visit, step),
        Err(Stop::Refused(EntryRefused::UnknownCode)) => {
            web.throttle().note(Costly::WrongUserCode, Caller::everybody());
            tracing::info!("a code was brought with which no device waits");
            let mut page = field(&web, &visit, &params, None);
            page.wrong = true;
            shown(&web, StatusCode::BAD_REQUEST, &page)
        }
        Err(Stop::Refused(EntryRefused::Login(refusal))) => refused(&web, &visit, refusal),
        Err(Stop::Broken(broken)) => incident::on_page(&web, &visit, &broken),
    }
}

/// Says how it came out. Knows nothing of the person, so anybody may look.
pub(crate) async fn end(
    State(web): State<Web>,
    Path(end): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let visit = Visit::read(&web, &headers, &extensions, None);
    let Some(end) = DeviceEnd::parse(&end) else {
        let page = NotFound { ctx: visit.context(&web) };
        return answers::page(StatusCode::NOT_FOUND, &page, &[]);
    };
    let params = Params::from_query(query.as_deref().unwrap_or_default()).unwrap_or_default();
    in_language(&web, visit, &params, |visit| {
        let path = format!("{}{}", web.flows().issuer().path(), paths::device_end(end));
        let page = DeviceDone { ctx: visit.context_at(&web, &path), end };
        answers::page(StatusCode::OK, &page, &[])
    })
}

/// Every code that somebody brings counts for their address; wrong ones count for everybody.
fn may_try(web: &Web, visit: &Visit<'_>) -> Result<(), TooOften> {
    web.throttle().count(Costly::UserCode, Caller::everybody_at(visit.address))?;
    web.throttle().used_up(Costly::WrongUserCode, Caller::everybody())
}

/// Answers in the language that the address asks for, and remembers it.
fn in_language(
    web: &Web,
    mut visit: Visit<'_>,
    params: &Params,
    answer: impl FnOnce(&Visit<'_>) -> Response,
) -> Response {
    let chosen = params.get("language").and_then(Locale::from_tag);
    visit.locale = chosen.unwrap_or(visit.locale);
    let mut response = answer(&visit);
    if let Some(locale) = chosen {
        SetCookies::new(web.flows().issuer()).language(locale).apply(response.headers_mut());
    }
    response
}

fn field(web: &Web, visit: &Visit<'_>, params: &Params, filled: Option<String>) -> Device {
    let path = format!("{}{}", web.flows().issuer().path(), paths::DEVICE);
    let mut ctx = visit.context_at(web, &path);
    if let Some(code) = &filled {
        let query =
            form::query([("user_code", &**code), ("language", ctx.other_tag())].into_iter());
        ctx.other_language = OwnPath::parse(&format!("{path}?{query}"));
    }
    let mut form = FormTarget::new(OwnPath::parse(&path).unwrap_or_else(OwnPath::root));
    if params.get(SNAPSHOT_MARK) == Some("snapshot") {
        form.hidden.push(Hidden::new(SNAPSHOT_MARK, "snapshot"));
    }
    Device { ctx, form, filled, wrong: false }
}

/// The form may lead on to WeChat.
fn shown(web: &Web, status: StatusCode, page: &Device) -> Response {
    let flows = web.flows();
    let wechat = flows.settings().open_base.as_str();
    answers::page(status, page, &form_action::of_attempt(flows.issuer().is_secure(), [wechat, ""]))
}
