//! `/relay/{ticket}`: what the QR code on a desktop says, opened by a phone; and `/relay/end/{end}`: how it came out.
//! Opening it signs nobody in and writes nothing. Whoever invents tickets is slowed down (QR-06).

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use magpie_domain::Locale;
use magpie_flows::Stop;
use magpie_flows::relay::{Scan, ScanRefused, scan};
use magpie_oidc::params::Params;
use magpie_oidc::paths::{self, RelayEnd};

use crate::kit::cookies::SetCookies;
use crate::kit::throttle::{Caller, Costly};
use crate::kit::visitor::Visit;
use crate::kit::{answers, incident, look};
use crate::oauth2::authorize::{SNAPSHOT_MARK, refused, too_often};
use crate::oauth2::steps;
use crate::pages::{NotFound, RelayDone, RelayScan};
use crate::state::Web;

/// Begins the sign-in on the phone.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(ticket): Path<String>,
    request: Request,
) -> Response {
    if look::is_only_a_look(request.method(), request.headers()) {
        return answers::nothing_done();
    }
    let visit = Visit::read(&web, request.headers(), request.extensions(), None);
    let caller = Caller::everybody_at(visit.address);
    if let Err(refused) = web.throttle().count(Costly::Authorize, caller) {
        return too_often(&web, &visit, refused);
    }
    let query = request.uri().query().unwrap_or_default();
    let params = Params::from_query(query).unwrap_or_default();
    let from_snapshot = params.get(SNAPSHOT_MARK) == Some("snapshot");
    let scanned = Scan { ticket: &ticket, visitor: visit.visitor(), from_snapshot };
    match scan(web.flows(), scanned).await {
        Ok(step) => steps::answer(&web, &visit, step),
        Err(Stop::Refused(ScanRefused::Unknown)) => {
            // Only misses are refused for misses: a carrier has one address for a guesser and for many people.
            if let Err(refused) = web.throttle().count(Costly::RelayMiss, caller) {
                return too_often(&web, &visit, refused);
            }
            let page = RelayDone { ctx: visit.context(&web), end: RelayEnd::Late };
            answers::page(StatusCode::NOT_FOUND, &page, &[])
        }
        Err(Stop::Refused(ScanRefused::NotWechat)) => {
            answers::page(StatusCode::OK, &RelayScan { ctx: visit.context(&web) }, &[])
        }
        Err(Stop::Refused(ScanRefused::Login(refusal))) => refused(&web, &visit, refusal),
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
    let mut visit = Visit::read(&web, &headers, &extensions, None);
    let Some(end) = RelayEnd::parse(&end) else {
        let page = NotFound { ctx: visit.context(&web) };
        return answers::page(StatusCode::NOT_FOUND, &page, &[]);
    };
    let params = Params::from_query(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let chosen = params.get("language").and_then(Locale::from_tag);
    visit.locale = chosen.unwrap_or(visit.locale);
    let path = format!("{}{}", web.flows().issuer().path(), paths::relay_end(end));
    let page = RelayDone { ctx: visit.context_at(&web, &path), end };
    let mut response = answers::page(StatusCode::OK, &page, &[]);
    if let Some(locale) = chosen {
        SetCookies::new(web.flows().issuer()).language(locale).apply(response.headers_mut());
    }
    response
}
