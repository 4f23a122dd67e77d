//! `GET /oauth2/resume/{attempt}/program-code`: the code of a mini program for the desktop that holds the attempt's
//! cookie, fetched when its page asks. Whoever gets none gets a bare status: the page shows our own code in any case.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use magpie_domain::AttemptId;
use magpie_flows::Stop;
use magpie_flows::authorize::LoginRefused;
use magpie_flows::relay::{ProgramCode, program_code};

use super::relay::nobody;
use crate::kit::visitor::Visit;
use crate::kit::{answers, headers, incident, look};
use crate::state::{Observation, Web};

/// Answers the picture.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    if look::is_only_a_look(request.method(), request.headers()) {
        return answers::nothing_done();
    }
    let visit = Visit::read(&web, request.headers(), request.extensions(), None);
    let Some(id) = AttemptId::parse(&id) else { return nobody(&web, &visit) };
    match program_code(web.flows(), &id, visit.cookies.attempt(&id), &visit.quota).await {
        Ok(Some(code)) => picture(code),
        Ok(None) => bare(StatusCode::SERVICE_UNAVAILABLE),
        Err(Stop::Refused(LoginRefused::TooOften)) => {
            web.observe(Observation::Throttled);
            bare(StatusCode::TOO_MANY_REQUESTS)
        }
        Err(Stop::Refused(_)) => nobody(&web, &visit),
        Err(Stop::Broken(broken)) => bare(incident::as_status(&web, &broken)),
    }
}

/// The browser may keep it for as long as it leads somewhere, so that a page that is loaded again costs no call. Opened by
/// itself it is a picture that can do nothing.
fn picture(code: ProgramCode) -> Response {
    let mut response = Body::from(code.picture.bytes).into_response();
    let map = response.headers_mut();
    headers::discreet(map);
    map.remove(header::PRAGMA);
    let keep = format!("private, max-age={}", code.left.as_seconds().max(0));
    if let Ok(keep) = HeaderValue::from_str(&keep) {
        map.insert(header::CACHE_CONTROL, keep);
    }
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(code.picture.media_type));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    map.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn bare(status: StatusCode) -> Response {
    let mut response = status.into_response();
    headers::discreet(response.headers_mut());
    response
}
