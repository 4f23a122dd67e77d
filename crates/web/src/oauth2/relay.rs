//! `GET /oauth2/resume/{attempt}/events` and `…/news`: how a desktop that shows a QR code learns that its phone has
//! answered. Both say only that there is something to look at; what it is, the resume URL gives to the holder of the
//! attempt's cookie. Without that cookie there is nothing here (QR-01).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use magpie_domain::{AttemptId, Timestamp};
use magpie_flows::relay::{Watch, Woken, has_news, watch};
use magpie_flows::{Incident, Stop};

use crate::kit::throttle::{Caller, Costly};
use crate::kit::visitor::Visit;
use crate::kit::{answers, headers, incident};
use crate::state::{Observation, Web};

/// How long one stream lasts: less than proxies wait for a silent server (nginx: 60 s) and than our own listener keeps a
/// silent browser (75 s). The browser opens the next one by itself.
const STREAM: Duration = Duration::from_secs(45);

/// The first word: tells the page that it hears, and how soon to come back after the end (WHATWG HTML §9.2).
const HELLO: Bytes = Bytes::from_static(b"retry: 1000\nevent: waiting\ndata: 1\n\n");
/// There is something to look at.
const LOOK: Bytes = Bytes::from_static(b"event: look\ndata: 1\n\n");

/// A stream that says when to look.
pub(crate) async fn events(
    State(web): State<Web>,
    Path(id): Path<String>,
    request_headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let visit = Visit::read(&web, &request_headers, &extensions, None);
    let Some(id) = AttemptId::parse(&id) else { return nobody(&web, &visit) };
    let most = usize::try_from(web.parts().limits.waiting).unwrap_or(usize::MAX);
    if web.flows().waiting().number() >= most {
        return crowded();
    }
    match watch(web.flows(), &id, visit.cookies.attempt(&id)).await {
        Ok(Watch::Look) => spoken(stream::iter([HELLO, LOOK])),
        Ok(Watch::Wait { woken, until }) => {
            let heard = stream::once(last_word(woken, until, web.flows().now()));
            spoken(stream::iter([HELLO]).chain(heard.filter_map(std::future::ready)))
        }
        Ok(Watch::Crowded) => crowded(),
        Err(Stop::Refused(_)) => nobody(&web, &visit),
        Err(Stop::Broken(broken)) => broken_off(&web, &broken),
    }
}

/// What the stream ends with: a word when there is something to look at, and nothing when it only ends.
async fn last_word(woken: Woken, until: Timestamp, now: Timestamp) -> Option<Bytes> {
    let left = u64::try_from(until.since(now).as_seconds()).unwrap_or_default();
    let left = Duration::from_secs(left);
    match tokio::time::timeout(left.min(STREAM), woken).await {
        Ok(is_answered) => is_answered.then_some(LOOK),
        Err(_elapsed) => (left <= STREAM).then_some(LOOK),
    }
}

fn spoken(words: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(words.map(Ok::<_, Infallible>)));
    let map = response.headers_mut();
    headers::discreet(map);
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx holds an answer back until it is whole, unless told.
    map.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Whether there is something to look at, as `{"news":…}`.
pub(crate) async fn news(
    State(web): State<Web>,
    Path(id): Path<String>,
    request_headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let visit = Visit::read(&web, &request_headers, &extensions, None);
    let Some(id) = AttemptId::parse(&id) else { return nobody(&web, &visit) };
    match has_news(web.flows(), &id, visit.cookies.attempt(&id)).await {
        Ok(news) => answers::private_json(StatusCode::OK, &serde_json::json!({ "news": news })),
        Err(Stop::Refused(_)) => nobody(&web, &visit),
        Err(Stop::Broken(broken)) => broken_off(&web, &broken),
    }
}

/// No cookie, no attempt, nothing waits: one answer. Only these are counted, so that a stranger who guesses takes nothing
/// from the desktops of the same address.
pub(super) fn nobody(web: &Web, visit: &Visit<'_>) -> Response {
    let counted = web.throttle().count(Costly::RelayMiss, Caller::everybody_at(visit.address));
    let mut response = match counted {
        Ok(()) => StatusCode::NOT_FOUND.into_response(),
        Err(too_often) => {
            web.observe(Observation::Throttled);
            let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
            let wait = HeaderValue::from(too_often.wait_seconds);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            response
        }
    };
    headers::discreet(response.headers_mut());
    response
}

/// The page asks instead.
fn crowded() -> Response {
    let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
    headers::discreet(response.headers_mut());
    response
}

fn broken_off(web: &Web, broken: &Incident) -> Response {
    incident::as_json(web, broken)
}
