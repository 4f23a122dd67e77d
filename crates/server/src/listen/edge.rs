//! What every request must be before the application sees it: a path, a known method, one host that is ours,
//! a body within limits; and how long the application may take over it.
//! The peer's address goes along as `ConnectInfo`, so that the application can weigh forwarded headers itself.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use tower::Service as _;

use super::body::bounded;
use super::refusal::Refusal;
use crate::config::Limits;
use crate::metrics::{Metrics, RouteClass};

/// Which `Host` a listener answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRule {
    /// This authority alone, as in the issuer.
    Only(String),
    /// Any: the management listener, which probes reach by address.
    Any,
}

/// The application and what stands before it.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) router: Router,
    pub(super) host: HostRule,
    pub(super) limits: Limits,
    pub(super) issuer_path: String,
    pub(super) metrics: Option<Arc<Metrics>>,
}

impl Edge {
    /// Answers one request.
    pub(super) async fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<Body> {
        let began = Instant::now();
        let route = RouteClass::of(request.uri().path(), &self.issuer_path);
        // The head scanner cannot look behind a chunked body, so nothing may follow one.
        let must_close = request.headers().contains_key(header::TRANSFER_ENCODING);
        let mut response = match self.check(&request) {
            Ok(()) => self.forward(peer, request, began).await,
            Err(refusal) => refusal.response(),
        };
        if must_close {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        if let Some(metrics) = &self.metrics {
            metrics.http_answer(route, response.status(), began.elapsed());
        }
        response
    }

    fn check(&self, request: &Request<Incoming>) -> Result<(), Refusal> {
        let known =
            [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT, Method::DELETE];
        if !known.contains(request.method()) {
            return Err(Refusal::UnknownMethod);
        }
        let uri = request.uri();
        if uri.scheme().is_some() || uri.authority().is_some() {
            return Err(Refusal::NotAPath);
        }
        let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target > size(self.limits.uri_bytes) {
            return Err(Refusal::UriTooLong);
        }
        check_host(&self.host, request.headers())?;
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > size(self.limits.body_bytes)) {
            return Err(Refusal::BodyTooLarge);
        }
        Ok(())
    }

    async fn forward(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
        began: Instant,
    ) -> Response<Body> {
        let Limits { body_bytes, body_time, request_time, .. } = self.limits;
        let mut request = request.map(|body| bounded(body, body_bytes, body_time));
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready (`Router::poll_ready`), so there is nothing to wait for before the call.
        let mut answer = pin!(self.router.clone().call(request));
        // What answers without waiting needs no timer: none could fire in between.
        let at_once = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
        let in_time = match at_once {
            Poll::Ready(answered) => Ok(answered),
            Poll::Pending => timeout_at(began + request_time, answer).await,
        };
        match in_time {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_elapsed) => {
                tracing::warn!("a request took longer than it may and was given up");
                Refusal::TooSlow.response()
            }
        }
    }
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Exactly one `Host`, and it is ours; compared by letters, since a port of its own makes another origin.
fn check_host(rule: &HostRule, headers: &HeaderMap) -> Result<(), Refusal> {
    let HostRule::Only(ours) = rule else { return Ok(()) };
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Refusal::NoHost) };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    match host.to_str() {
        Ok(host) if host.eq_ignore_ascii_case(ours) => Ok(()),
        Ok(host) if !host.is_empty() && host.bytes().all(is_name) => Err(Refusal::OtherHost),
        _ => Err(Refusal::NoHost),
    }
}
