//! A breakage, told: one log line with its causes, a number for the person, 503 where waiting helps (law 10).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use magpie_flows::Incident;
use magpie_oidc::error::OAuthError;

use super::answers;
use super::visitor::Visit;
use crate::pages::{ErrorPage, Trouble};
use crate::state::{Observation, Web};

/// Logs the incident and gives its number.
fn log(web: &Web, incident: &Incident) -> String {
    web.observe(Observation::Incident);
    let number = web.flows().incident_number();
    tracing::error!(
        incident.id = number, causes = incident.causes(), place = %incident.place(), passing = incident.is_passing(),
        "something broke"
    );
    number
}

/// The incident as a page.
pub(crate) fn on_page(web: &Web, visit: &Visit<'_>, incident: &Incident) -> Response {
    let number = log(web, incident);
    let mut context = visit.context(web);
    context.reference = Some(number);
    let (status, trouble) = if incident.is_passing() {
        (StatusCode::SERVICE_UNAVAILABLE, Trouble::Unavailable)
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, Trouble::Incident)
    };
    let mut response = answers::page(status, &ErrorPage::of(context, trouble), &[]);
    if incident.is_passing() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// The incident as JSON for an application.
pub(crate) fn as_json(web: &Web, incident: &Incident) -> Response {
    log(web, incident);
    if incident.is_passing() {
        return answers::oauth_error(&OAuthError::temporarily_unavailable(
            "busy, or the database is away",
        ));
    }
    broken()
}

/// The incident as nothing but a status, for who reads no more.
pub(crate) fn as_status(web: &Web, incident: &Incident) -> StatusCode {
    log(web, incident);
    if incident.is_passing() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

fn broken() -> Response {
    let mut response =
        answers::oauth_error(&OAuthError::server_error("something broke on our side"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// A handler panicked: the process lives, the next request is answered (HT-22). The payload may name a person, so only
/// the fact is logged; the panic hook has logged the place.
pub(crate) fn panicked(_payload: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    broken()
}
