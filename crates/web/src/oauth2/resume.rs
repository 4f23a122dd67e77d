//! `GET|POST /oauth2/resume/{attempt}`: where every page of a login leads back to. The attempt's cookie is the way in;
//! it is `SameSite=Lax`, so a form on another site cannot bring it, and the path names the attempt besides.

use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use magpie_domain::{AttemptId, ChannelId, Locale, MatchNumber};
use magpie_flows::Stop;
use magpie_flows::authorize::{LoginRefused, Resumption, Said, resume};
use magpie_oidc::params::Params;

use super::{authorize, steps};
use crate::kit::cookies::SetCookies;
use crate::kit::visitor::Visit;
use crate::kit::{answers, form, incident, look};
use crate::pages::{ErrorPage, Trouble};
use crate::state::Web;

/// Shows the attempt's page again; `?language=` switches its language first.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    if look::is_only_a_look(request.method(), request.headers()) {
        return answers::nothing_done();
    }
    let (headers, extensions) = (request.headers(), request.extensions());
    let mut visit = Visit::read(&web, headers, extensions, None);
    let params = Params::from_query(query.as_deref().unwrap_or_default()).ok();
    let chosen =
        params.as_ref().and_then(|params| params.get("language")).and_then(Locale::from_tag);
    visit.locale = chosen.unwrap_or(visit.locale);
    let mut response = answer(&web, &visit, &id, (Said::Nothing, None)).await;
    if let Some(locale) = chosen {
        SetCookies::new(web.flows().issuer()).language(locale).apply(response.headers_mut());
    }
    response
}

/// Takes what the person said on the page: `step` is `continue`, `leave`, `allow`, `deny`, `cancel` or `number`.
pub(crate) async fn post(
    State(web): State<Web>,
    Path(id): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let visit = Visit::read(&web, &headers, &extensions, None);
    let params = form::read(&headers, body).await.unwrap_or_default();
    match said(&params) {
        Some(said) => answer(&web, &visit, &id, (said, params.get("form_token"))).await,
        // An empty or foreign post never advances a login (WX-30).
        None => answers::page(
            StatusCode::BAD_REQUEST,
            &ErrorPage::of(visit.context(&web), Trouble::BadRequest),
            &[],
        ),
    }
}

fn said(params: &Params) -> Option<Said> {
    if params.first_repeated().is_some() {
        return None;
    }
    match params.get("step")? {
        "continue" => match params.get("channel") {
            Some(text) => ChannelId::parse(text).map(|channel| Said::Continue(Some(channel))),
            None => Some(Said::Continue(None)),
        },
        "leave" => Some(Said::FullPage),
        "allow" => Some(Said::Allow),
        "deny" | "cancel" => Some(Said::Deny),
        "number" => params.get("number").and_then(MatchNumber::parse).map(Said::Number),
        _ => None,
    }
}

/// What was said, and the token of our own form that came with it.
type Heard<'a> = (Said, Option<&'a str>);

async fn answer(web: &Web, visit: &Visit<'_>, id: &str, heard: Heard<'_>) -> Response {
    let Some(id) = AttemptId::parse(id) else {
        return authorize::refused(web, visit, LoginRefused::NotFound);
    };
    let (said, form_token) = heard;
    let (cookie, visitor) = (visit.cookies.attempt(&id), visit.visitor());
    let resumption = Resumption { cookie, visitor, said, form_token };
    match resume(web.flows(), &id, resumption).await {
        Ok(step) => steps::answer(web, visit, step),
        Err(Stop::Refused(refusal)) => authorize::refused(web, visit, refusal),
        Err(Stop::Broken(broken)) => incident::on_page(web, visit, &broken),
    }
}
