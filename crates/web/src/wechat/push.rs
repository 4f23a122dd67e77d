//! `/push/{channel}`: what WeChat tells us unasked. `GET` is the console's question whether the address is ours, `POST` a
//! push. Every refusal is an empty text, and every forgery the same one, so that nobody learns how far it came (WP-06).

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, Limited};
use magpie_domain::{ChannelId, Locale};
use magpie_flows::wechat::push::{self as flow, Posted, PushRefused, Received, Reply, Theirs};
use magpie_flows::{Incident, Outcome, Stop};
use magpie_oidc::params::Params;
use magpie_wechat::push::Marks;

use crate::kit::form::is_too_large;
use crate::kit::{headers, incident};
use crate::state::{Observation, Web};
use crate::texts::Texts;
use crate::wechat::chat;

/// Largest push, in bytes.
const LARGEST: usize = 64 * 1024;
/// WeChat hangs up after five seconds and says it again; a little earlier we say ourselves that it should.
const PATIENCE: Duration = Duration::from_millis(4500);
/// Longest question that the console asks; it sends some twenty digits.
const LONGEST_ECHO: usize = 1024;

/// Answers the console's question by repeating it, if it is signed with our token.
pub(crate) async fn get(
    State(web): State<Web>,
    Path(channel): Path<String>,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let Some((channel, params)) = ChannelId::parse(&channel).zip(params(query)) else {
        return refused(&web, PushRefused::Forged);
    };
    let echo = params.get("echostr").filter(|text| text.len() <= LONGEST_ECHO);
    match (flow::answer_echo(web.flows(), &channel, &marks(&params)), echo) {
        (Ok(()), Some(echo)) => {
            web.observe(Observation::Push { event: "echo", outcome: "done" });
            text(StatusCode::OK, "text/plain; charset=utf-8", echo.to_owned().into_bytes())
        }
        (Ok(()), None) => refused(&web, PushRefused::Format),
        (Err(why), _) => refused(&web, why),
    }
}

/// Takes a push.
pub(crate) async fn post(
    State(web): State<Web>,
    Path(channel): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    let Some((channel, params)) = ChannelId::parse(&channel).zip(params(query)) else {
        return refused(&web, PushRefused::Forged);
    };
    let body = match Limited::new(body, LARGEST).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(cause) if is_too_large(&*cause) => return empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_broken_off) => return empty(StatusCode::BAD_REQUEST),
    };
    let Some(content_type) = content_type(&head.headers) else {
        return refused(&web, PushRefused::Format);
    };
    let marks = marks(&params);
    let posted = Posted { channel: &channel, marks, query, content_type, body: &body };
    let Ok(received) = tokio::time::timeout(PATIENCE, flow::receive(web.flows(), posted)).await
    else {
        tracing::warn!(
            channel = channel.as_str(),
            "a push took longer than WeChat waits; it says it again"
        );
        web.observe(Observation::Push { event: "unread", outcome: "too_slow" });
        return empty(StatusCode::SERVICE_UNAVAILABLE);
    };
    answer(&web, received)
}

fn answer(web: &Web, received: Outcome<Received, PushRefused>) -> Response {
    match received {
        Ok(Received { event, outcome, theirs, reply }) => {
            web.observe(Observation::Push { event, outcome });
            match reply {
                Some(reply) => answered(web, &reply),
                None => theirs.map_or_else(success, passed_on),
            }
        }
        Err(Stop::Refused(why)) => refused(web, why),
        Err(Stop::Broken(broken)) => {
            web.observe(Observation::Push { event: "unread", outcome: "broken" });
            empty(incident::as_status(web, &broken))
        }
    }
}

/// What we say to the person in the chat, in both languages: WeChat does not say which one is theirs, and a stranger who
/// shows them a code of his own must not be the one who chooses.
fn answered(web: &Web, reply: &Reply) -> Response {
    let words = Locale::ALL.map(|locale| chat::words(Texts::of(locale), &reply.word));
    match reply.body(web.flows(), &words.join("\n\n")) {
        Ok(Some(body)) => text(StatusCode::OK, "text/xml; charset=utf-8", body.into_bytes()),
        Ok(None) => success(),
        Err(no_entropy) => empty(incident::as_status(web, &Incident::new(no_entropy, false))),
    }
}

/// The query as it is signed. One that names something twice is nobody's.
fn params(query: &str) -> Option<Params> {
    Params::from_query(query).ok().filter(|params| params.first_repeated().is_none())
}

fn marks(params: &Params) -> Marks<'_> {
    Marks {
        signature: params.get("signature"),
        msg_signature: params.get("msg_signature"),
        timestamp: params.get("timestamp"),
        nonce: params.get("nonce"),
    }
}

/// The media type as it came; none when it says another charset than UTF-8 (WP-09), or is no text.
fn content_type(headers: &HeaderMap) -> Option<&str> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Some("text/xml") };
    let text = value.to_str().ok().filter(|text| text.len() <= 256)?;
    let charset = text.split(';').filter_map(|part| part.trim().split_once('='));
    let mut charset = charset.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let is_utf8 = |name: &str| name.trim().trim_matches('"').eq_ignore_ascii_case("utf-8");
    charset.all(|(_, name)| is_utf8(name)).then_some(text)
}

/// What keeps WeChat from saying it again.
fn success() -> Response {
    text(StatusCode::OK, "text/plain; charset=utf-8", b"success".to_vec())
}

/// What the other system says to the person, in one of the types that WeChat reads.
fn passed_on(theirs: Theirs) -> Response {
    let content_type = match theirs.content_type.as_deref() {
        Some("text/xml") => "text/xml; charset=utf-8",
        Some("application/xml") => "application/xml; charset=utf-8",
        Some("application/json") => "application/json",
        Some(_) | None => "text/plain; charset=utf-8",
    };
    text(StatusCode::OK, content_type, theirs.body)
}

fn refused(web: &Web, why: PushRefused) -> Response {
    let (outcome, status) = match why {
        PushRefused::Unknown => ("unknown", StatusCode::NOT_FOUND),
        PushRefused::Forged => ("forged", StatusCode::FORBIDDEN),
        PushRefused::Format => ("format", StatusCode::BAD_REQUEST),
        PushRefused::NotForwarded => ("not_forwarded", StatusCode::BAD_GATEWAY),
    };
    web.observe(Observation::Push { event: "unread", outcome });
    empty(status)
}

fn empty(status: StatusCode) -> Response {
    text(status, "text/plain; charset=utf-8", Vec::new())
}

fn text(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = (status, Body::from(body)).into_response();
    headers::discreet(response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
