//! `GET|POST /oauth2/authorize`: an application sends a browser to have somebody sign in (OIDC Core §3.1.2.1).
//! Answers a page, a redirect to WeChat, or a redirect to what flows proved to be the application's own URI.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use magpie_flows::Stop;
use magpie_flows::authorize::{AuthorizeArrival, LoginRefused, begin};
use magpie_oidc::authorize::PageRefusal;
use magpie_oidc::params::Params;
use magpie_oidc::paths;

use super::steps;
use crate::kit::throttle::{Caller, Costly, TooOften};
use crate::kit::visitor::Visit;
use crate::kit::{answers, form, incident, look};
use crate::pages::{AlreadyUsed, ErrorPage, SignInNotFound, Trouble};
use crate::state::{Observation, Web};

/// The longest query that a POST is turned into; the listener takes no longer URI.
const LONGEST_QUERY: usize = 7 * 1024;

/// What a snapshot page adds to the application's own request, so that the person sees its explanation.
pub(crate) const SNAPSHOT_MARK: &str = "magpie_help";

/// By GET: the request is in the query. A look must not cost somebody who is signed in a code.
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
        Err(_refused) => malformed(&web, &headers, &extensions, StatusCode::BAD_REQUEST),
    }
}

/// By POST: the request is in the form (OIDC Core §3.1.2.1 demands both). A cross-site POST brings no session cookie,
/// so it is turned into a GET of our own, which does.
pub(crate) async fn post(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let params = match form::read(&headers, body).await {
        // Parameters split between query and body are ambiguous (AZ-34).
        Ok(params) if query.is_none_or(|text| text.is_empty()) => params,
        Err(form::FormRefused::TooLarge) => {
            return malformed(&web, &headers, &extensions, StatusCode::PAYLOAD_TOO_LARGE);
        }
        Ok(_) | Err(_) => return malformed(&web, &headers, &extensions, StatusCode::BAD_REQUEST),
    };
    let as_query = form::written_back(&params);
    if Visit::read(&web, &headers, &extensions, None).cookies.session().is_none()
        && as_query.len() <= LONGEST_QUERY
    {
        let location = web.flows().issuer().join(&format!("{}?{as_query}", paths::AUTHORIZE));
        return answers::see_other(&location);
    }
    answer(&web, &headers, &extensions, &params).await
}

async fn answer(
    web: &Web,
    headers: &HeaderMap,
    extensions: &Extensions,
    params: &Params,
) -> Response {
    let visit = Visit::read(web, headers, extensions, params.get("ui_locales"));
    if let Err(refused) =
        web.throttle().count(Costly::Authorize, Caller::everybody_at(visit.address))
    {
        return too_often(web, &visit, refused);
    }
    let from_snapshot = params.get(SNAPSHOT_MARK) == Some("snapshot");
    let arrival = AuthorizeArrival { params, visitor: visit.visitor(), from_snapshot };
    match begin(web.flows(), arrival).await {
        Ok(step) => steps::answer(web, &visit, step),
        Err(Stop::Refused(refusal)) => refused(web, &visit, refusal),
        Err(Stop::Broken(broken)) => incident::on_page(web, &visit, &broken),
    }
}

/// No client or no redirect URI is proved: the person is told, nobody is sent anywhere (RFC 6749 §4.1.2.1).
pub(crate) fn refused(web: &Web, visit: &Visit<'_>, refusal: LoginRefused) -> Response {
    let trouble = match refusal {
        LoginRefused::NotFound => {
            return answers::page(
                StatusCode::BAD_REQUEST,
                &SignInNotFound { ctx: visit.context(web) },
                &[],
            );
        }
        LoginRefused::TooOften => {
            let refused = visit.quota.refused().unwrap_or(TooOften { wait_seconds: 60 });
            return too_often(web, visit, refused);
        }
        LoginRefused::AlreadyUsed => {
            let page = AlreadyUsed { ctx: visit.context(web) };
            return answers::page(StatusCode::BAD_REQUEST, &page, &[]);
        }
        LoginRefused::TooManyDepartures | LoginRefused::Request(PageRefusal::PushedRequestGone) => {
            Trouble::Expired
        }
        LoginRefused::Request(PageRefusal::UnknownClient) => Trouble::UnknownClient,
        LoginRefused::Request(
            PageRefusal::RedirectUriMissing | PageRefusal::RedirectUriNotRegistered,
        ) => Trouble::RedirectMismatch,
        LoginRefused::Request(
            PageRefusal::MalformedRequest
            | PageRefusal::RepeatedParameter
            | PageRefusal::RequestObjectUnusable,
        ) => Trouble::BadRequest,
    };
    tracing::info!(refusal = trouble.as_str(), "an authorization request was refused on a page");
    answers::page(StatusCode::BAD_REQUEST, &ErrorPage::of(visit.context(web), trouble), &[])
}

fn malformed(
    web: &Web,
    headers: &HeaderMap,
    extensions: &Extensions,
    status: StatusCode,
) -> Response {
    let visit = Visit::read(web, headers, extensions, None);
    answers::page(status, &ErrorPage::of(visit.context(web), Trouble::BadRequest), &[])
}

/// Too many calls from one address.
pub(crate) fn too_often(web: &Web, visit: &Visit<'_>, refused: TooOften) -> Response {
    web.observe(Observation::Throttled);
    let page = ErrorPage::of(visit.context(web), Trouble::RateLimited);
    let mut response = answers::page(StatusCode::TOO_MANY_REQUESTS, &page, &[]);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(refused.wait_seconds));
    response
}
