//! `GET|POST /oauth2/logout`: an application asks that its person be signed out here (OIDC RP-Initiated Logout §2), and
//! `POST /oauth2/logout/confirm`: the person agreed. Answers a redirect to what flows proved to be the application's own
//! address, the question, or the page that says that nobody is signed in any more.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{Extensions, HeaderMap, Method, StatusCode};
use axum::response::Response;
use magpie_domain::{Lifetime, Locale};
use magpie_flows::Stop;
use magpie_flows::logout::{ConfirmRefused, LogoutStep, Question, SignedOut, begin, confirm};
use magpie_oidc::logout::{LogoutRefusal, WayBack};
use magpie_oidc::params::Params;
use magpie_oidc::paths;

use super::authorize::too_often;
use crate::kit::cookies::SetCookies;
use crate::kit::throttle::{Caller, Costly};
use crate::kit::visitor::Visit;
use crate::kit::{answers, form, form_action, incident, look};
use crate::pages::{
    ConfirmSignOut, ErrorPage, FormTarget, Hidden, OwnPath, SignedOut as SignedOutPage, Trouble,
    WebAddress,
};
use crate::state::Web;

/// The longest query that a POST is turned into; the listener takes no longer URI.
const LONGEST_QUERY: usize = 7 * 1024;

/// By GET: the request is in the query. A look ends nothing.
pub(crate) async fn get(
    State(web): State<Web>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    if look::is_only_a_look(&method, &headers) {
        return answers::nothing_done();
    }
    match Params::from_query(query.as_deref().unwrap_or_default()) {
        Ok(params) => answer(&web, &headers, &extensions, &params).await,
        Err(_refused) => malformed(&web, &headers, &extensions),
    }
}

/// By POST: the request is in the form. A post from another site brings no session cookie, so it is turned into a GET
/// of our own, which does.
pub(crate) async fn post(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let params = match form::read(&headers, body).await {
        Ok(params) if query.is_none_or(|text| text.is_empty()) => params,
        Ok(_) | Err(_) => return malformed(&web, &headers, &extensions),
    };
    if Visit::read(&web, &headers, &extensions, None).cookies.session().is_some() {
        return answer(&web, &headers, &extensions, &params).await;
    }
    let as_query = form::written_back(&params);
    if as_query.len() > LONGEST_QUERY {
        return malformed(&web, &headers, &extensions);
    }
    answers::see_other(&web.flows().issuer().join(&format!("{}?{as_query}", paths::LOGOUT)))
}

/// Takes the answer to the question: `step` is `continue` or `cancel`.
pub(crate) async fn post_confirmation(
    State(web): State<Web>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let Ok(params) = form::read(&headers, body).await else {
        return malformed(&web, &headers, &extensions);
    };
    let visit = Visit::read(&web, &headers, &extensions, None);
    if params.get("step") == Some("cancel") {
        return answers::see_other(&web.flows().issuer().join(paths::ACCOUNT));
    }
    match confirm(web.flows(), &params, visit.cookies.session()).await {
        Ok(ended) => done(&web, &visit, ended),
        Err(Stop::Refused(ConfirmRefused::Forged)) => forged(&web, &visit),
        Err(Stop::Refused(ConfirmRefused::Request(refusal))) => refused(&web, &visit, refusal),
        Err(Stop::Broken(broken)) => incident::on_page(&web, &visit, &broken),
    }
}

async fn answer(
    web: &Web,
    headers: &HeaderMap,
    extensions: &Extensions,
    params: &Params,
) -> Response {
    let mut visit = Visit::read(web, headers, extensions, params.get("ui_locales"));
    let caller = Caller::everybody_at(visit.address);
    if let Err(refused) = web.throttle().count(Costly::Authorize, caller) {
        return too_often(web, &visit, refused);
    }
    let chosen = params.get("language").and_then(Locale::from_tag);
    visit.locale = chosen.unwrap_or(visit.locale);
    let mut response = match begin(web.flows(), params, visit.cookies.session()).await {
        Ok(LogoutStep::Ask(question)) => ask(web, &visit, question),
        Ok(LogoutStep::Done(ended)) => done(web, &visit, ended),
        Err(Stop::Refused(refusal)) => refused(web, &visit, refusal),
        Err(Stop::Broken(broken)) => incident::on_page(web, &visit, &broken),
    };
    if let Some(locale) = chosen {
        SetCookies::new(web.flows().issuer()).language(locale).apply(response.headers_mut());
    }
    response
}

/// The question, with all that is needed to go on after a yes.
fn ask(web: &Web, visit: &Visit<'_>, question: Question) -> Response {
    let carried = question.way_back.as_ref().map_or(&[][..], |way| &way.carried);
    let mut ctx = visit.context(web);
    let language = ctx.other_tag();
    ctx.other_language = with_query(web, carried, Some(language));
    let mut hidden: Vec<_> =
        carried.iter().map(|(name, value)| Hidden::new(*name, value.as_str())).collect();
    hidden.push(Hidden::new("form_token", question.form_token.expose()));
    let path = format!("{}{}", web.flows().issuer().path(), paths::LOGOUT_CONFIRM);
    let action = OwnPath::parse(&path).unwrap_or_else(OwnPath::root);
    let page =
        ConfirmSignOut { ctx, client: question.client_name, form: FormTarget { action, hidden } };
    let address = question.way_back.as_ref().map_or("", |way| way.address.as_str());
    let targets = form_action::of_attempt(web.flows().issuer().is_secure(), [address, ""]);
    answers::page(StatusCode::OK, &page, &targets)
}

/// Nobody is signed in any more: the browser goes back, by a page where applications have to be told in frames.
pub(crate) fn done(web: &Web, visit: &Visit<'_>, ended: SignedOut) -> Response {
    let mut response = match ended.way_back {
        Some(way) if ended.frames.is_empty() => answers::see_other(&way.location),
        way => signed_out(web, visit, way.as_ref(), &ended.frames),
    };
    // Not from a request that brought none: another site must not be able to take it away.
    if visit.cookies.session().is_some() {
        SetCookies::new(web.flows().issuer())
            .session("", Lifetime::from_seconds(0))
            .apply(response.headers_mut());
    }
    response
}

fn signed_out(web: &Web, visit: &Visit<'_>, way: Option<&WayBack>, frames: &[String]) -> Response {
    let mut ctx = visit.context(web);
    let language = ctx.other_tag();
    if frames.is_empty() {
        ctx.other_language = with_query(web, &[], Some(language));
    }
    // The way back leads through our own endpoint, where nobody is signed in any more: it checks the address again, and
    // takes schemes that a link of ours may not have.
    let next = way.and_then(|way| with_query(web, &way.carried, None));
    let sources = frames.iter().filter_map(|address| form_action::origin(address)).collect();
    let frames = frames.iter().filter_map(|address| WebAddress::parse(address)).collect();
    let page = SignedOutPage { ctx, frames, next };
    answers::page_with_frames(StatusCode::OK, &page, sources)
}

/// The end-session endpoint with these parameters.
fn with_query(
    web: &Web,
    carried: &[(&'static str, String)],
    language: Option<&'static str>,
) -> Option<OwnPath> {
    let pairs = carried.iter().map(|(name, value)| (*name, value.as_str()));
    let query = form::query(pairs.chain(language.map(|tag| ("language", tag))));
    OwnPath::parse(&format!("{}{}?{query}", web.flows().issuer().path(), paths::LOGOUT))
}

/// The request contradicts itself or leads where it may not: nothing has ended, and the person can still sign out here.
fn refused(web: &Web, visit: &Visit<'_>, refusal: LogoutRefusal) -> Response {
    tracing::info!(refusal = refusal.as_str(), "a request to sign out was refused on a page");
    let trouble = match refusal {
        LogoutRefusal::RepeatedParameter => Trouble::BadRequest,
        LogoutRefusal::OtherClient
        | LogoutRefusal::UnknownClient
        | LogoutRefusal::ReturnNotRegistered => Trouble::SignOutRefused,
    };
    on_page(web, visit, StatusCode::BAD_REQUEST, trouble)
}

/// A post that did not come from our page (LO-02).
pub(crate) fn forged(web: &Web, visit: &Visit<'_>) -> Response {
    tracing::info!("a form of a signed-in person came without its token");
    on_page(web, visit, StatusCode::FORBIDDEN, Trouble::SignOutRefused)
}

fn on_page(web: &Web, visit: &Visit<'_>, status: StatusCode, trouble: Trouble) -> Response {
    let path = format!("{}{}", web.flows().issuer().path(), paths::ACCOUNT);
    let page = ErrorPage::of(visit.context(web), trouble);
    let page = match OwnPath::parse(&path) {
        Some(path) if trouble == Trouble::SignOutRefused => page.with_retry(path),
        _ => page,
    };
    answers::page(status, &page, &[])
}

fn malformed(web: &Web, headers: &HeaderMap, extensions: &Extensions) -> Response {
    let visit = Visit::read(web, headers, extensions, None);
    on_page(web, &visit, StatusCode::BAD_REQUEST, Trouble::BadRequest)
}
