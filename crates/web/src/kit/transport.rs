//! What a listed proxy says of the person's connection: a login never travels over plain http (HT-13).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{answers, client_ip};
use crate::state::Web;

/// Sends a browser that came to a listed proxy by http on to https; anything but a GET is refused, since what it
/// carried has been readable on the way already.
pub(crate) async fn demand_https(State(web): State<Web>, request: Request, next: Next) -> Response {
    if !came_by_http(&web, &request) {
        return next.run(request).await;
    }
    if request.method() != Method::GET {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    answers::see_other(&format!("{}{path}", web.flows().issuer().origin()))
}

/// Whether a proxy that we trust says so; without an https issuer or a trusted proxy nobody can.
fn came_by_http(web: &Web, request: &Request) -> bool {
    let issuer = web.flows().issuer();
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let trusted = peer.is_some_and(|peer| {
        client_ip::is_trusted(peer.to_canonical(), &web.parts().trusted_proxies)
    });
    let scheme = request.headers().get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    issuer.is_secure()
        && trusted
        && scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("http"))
}
