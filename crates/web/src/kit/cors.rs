//! Which pages of other origins may read an answer (Fetch; RFC 9700 §2.6): those whose origin the application registered
//! to which the answer is given. Endpoints mark their answers with [`answer_to`]; [`share`] stands around them.
//!
//! The list is `flows::origins`. Cookies never count here, so no answer allows credentials. A preflight names no
//! application and gets its 204 when any of them registered the origin; it lets a page ask and lets it read nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use magpie_domain::ClientId;
use magpie_flows::origins;

use crate::state::Web;

/// How long a browser may go without asking again, in seconds: Chromium's own limit. What may be read is decided anew
/// with every answer.
const MAX_AGE: &str = "7200";

/// The mark of an answer.
#[derive(Debug, Clone)]
struct AnswerTo(ClientId);

/// Marks an answer as one to this client.
pub(crate) fn answer_to(client: &ClientId, mut response: Response) -> Response {
    response.extensions_mut().insert(AnswerTo(client.clone()));
    response
}

/// Answers preflights of registered origins, and lets the pages of the right ones read answers, refusals included.
pub(crate) async fn share(State(web): State<Web>, request: Request, next: Next) -> Response {
    let origin = the_origin(request.headers());
    let asks = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if let Some((text, value)) = &origin
        && asks
        && origins::is_registered(web.flows(), text).await
    {
        return preflight(value.clone());
    }
    let mut response = next.run(request).await;
    if let Some((text, value)) = origin
        && readers(&response).includes(&web, &text).await
    {
        let headers = response.headers_mut();
        let exposed = HeaderValue::from_static("DPoP-Nonce, WWW-Authenticate");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
    }
    varies(response.headers_mut());
    response
}

/// What a page may send. Both methods are allowed without being named, but not every library knows that.
fn preflight(origin: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let methods = HeaderValue::from_static("GET, POST");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let sent = HeaderValue::from_static("Authorization, Content-Type, DPoP");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, sent);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    varies(headers);
    response
}

/// Said always: a cache must not give one origin what was said to another, nor what was said to none.
fn varies(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

/// The one `Origin`, as text and as it came. Two of them are none.
fn the_origin(headers: &HeaderMap) -> Option<(String, HeaderValue)> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let value = values.next()?;
    let text = value.to_str().ok()?.to_owned();
    values.next().is_none().then(|| (text, value.clone()))
}

/// Whose pages may read an answer.
enum Readers {
    /// Those of the client that it is for.
    Of(ClientId),
    /// Those of any client: a refusal of somebody who is not known yet, which holds nothing of anybody's.
    OfAnybody,
    /// Nobody's: a success that no endpoint marked.
    Nobody,
}

fn readers(response: &Response) -> Readers {
    let status = response.status();
    match response.extensions().get::<AnswerTo>() {
        Some(AnswerTo(client)) => Readers::Of(client.clone()),
        None if status.is_client_error() || status.is_server_error() => Readers::OfAnybody,
        None => Readers::Nobody,
    }
}

impl Readers {
    async fn includes(&self, web: &Web, origin: &str) -> bool {
        match self {
            Self::Of(client) => origins::is_of_client(web.flows(), origin, client).await,
            Self::OfAnybody => origins::is_registered(web.flows(), origin).await,
            Self::Nobody => false,
        }
    }
}
