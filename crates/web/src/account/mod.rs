//! `/account`: a signed-in person sees who is signed in and which applications hold what, signs out, or takes an
//! application's access back. Every act is a POST with the token of our own page; without a session there is nothing to
//! see and nothing to do.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use magpie_domain::{ClientId, Locale};
use magpie_flows::Stop;
use magpie_flows::account::{self, AccountRefused};
use magpie_oidc::params::Params;
use magpie_oidc::paths;

use crate::kit::cookies::SetCookies;
use crate::kit::throttle::{Caller, Costly};
use crate::kit::visitor::Visit;
use crate::kit::{answers, form, incident};
use crate::oauth2::{authorize, logout};
use crate::pages::{
    Account, ErrorPage, FormTarget, HeldApplication, Hidden, NotSignedIn, OwnPath, Trouble,
    WebAddress,
};
use crate::state::Web;

/// Shows the page; `?language=` switches its language first.
pub(crate) async fn get(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let mut visit = Visit::read(&web, &headers, &extensions, None);
    let caller = Caller::everybody_at(visit.address);
    if let Err(refused) = web.throttle().count(Costly::Authorize, caller) {
        return authorize::too_often(&web, &visit, refused);
    }
    let params = Params::from_query(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let chosen = params.get("language").and_then(Locale::from_tag);
    visit.locale = chosen.unwrap_or(visit.locale);
    let mut response = match account::look(web.flows(), visit.cookies.session()).await {
        Ok(Some(known)) => {
            let page = page(&web, &visit, known);
            answers::page(StatusCode::OK, &page, &["'self'".to_owned()])
        }
        Ok(None) => nobody(&web, &visit),
        Err(Stop::Refused(never)) => match never {},
        Err(Stop::Broken(broken)) => incident::on_page(&web, &visit, &broken),
    };
    if let Some(locale) = chosen {
        SetCookies::new(web.flows().issuer()).language(locale).apply(response.headers_mut());
    }
    response
}

/// Signs out, here and at the applications that want to be told.
pub(crate) async fn sign_out(
    State(web): State<Web>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let visit = Visit::read(&web, &headers, &extensions, None);
    let Some(params) = read(&headers, body).await else { return malformed(&web, &visit) };
    let token = params.get("form_token");
    match account::sign_out(web.flows(), visit.cookies.session(), token).await {
        Ok(ended) => logout::done(&web, &visit, ended),
        Err(stop) => not_done(&web, &visit, stop),
    }
}

/// Takes one application's access back, and shows the page again.
pub(crate) async fn withdraw(
    State(web): State<Web>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Response {
    let visit = Visit::read(&web, &headers, &extensions, None);
    let Some(params) = read(&headers, body).await else { return malformed(&web, &visit) };
    let Some(client) = params.get("client_id").and_then(ClientId::parse) else {
        return malformed(&web, &visit);
    };
    let token = params.get("form_token");
    match account::withdraw(web.flows(), visit.cookies.session(), token, &client).await {
        Ok(()) => answers::see_other(&web.flows().issuer().join(paths::ACCOUNT)),
        Err(stop) => not_done(&web, &visit, stop),
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Option<Params> {
    form::read(headers, body).await.ok().filter(|params| params.first_repeated().is_none())
}

fn page(web: &Web, visit: &Visit<'_>, known: account::Account) -> Account {
    let path = |path: &str| format!("{}{path}", web.flows().issuer().path());
    let target = |to: &str, token: &str| FormTarget {
        action: OwnPath::parse(&path(to)).unwrap_or_else(OwnPath::root),
        hidden: vec![Hidden::new("form_token", token)],
    };
    Account {
        ctx: visit.context_at(web, &path(paths::ACCOUNT)),
        person: known.person.unwrap_or(known.username),
        ago: web.flows().now().since(known.since),
        kind: known.kind,
        sign_out: target(paths::ACCOUNT_SIGN_OUT, known.sign_out_token.expose()),
        withdraw: target(paths::ACCOUNT_WITHDRAW, known.withdraw_token.expose()),
        applications: known
            .applications
            .into_iter()
            .map(|held| HeldApplication {
                id: held.id.into(),
                name: held.name,
                scopes: held.scopes.iter().collect(),
                start: held.start.and_then(|address| WebAddress::parse(&address)),
            })
            .collect(),
    }
}

fn nobody(web: &Web, visit: &Visit<'_>) -> Response {
    let path = format!("{}{}", web.flows().issuer().path(), paths::ACCOUNT);
    let page = NotSignedIn { ctx: visit.context_at(web, &path) };
    answers::page(StatusCode::OK, &page, &[])
}

fn not_done(web: &Web, visit: &Visit<'_>, stop: Stop<AccountRefused>) -> Response {
    match stop {
        Stop::Refused(AccountRefused::Nobody) => nobody(web, visit),
        Stop::Refused(AccountRefused::Forged) => logout::forged(web, visit),
        Stop::Broken(broken) => incident::on_page(web, visit, &broken),
    }
}

fn malformed(web: &Web, visit: &Visit<'_>) -> Response {
    let page = ErrorPage::of(visit.context(web), Trouble::BadRequest);
    answers::page(StatusCode::BAD_REQUEST, &page, &[])
}
