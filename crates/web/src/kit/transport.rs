//! What a listed proxy says of the person's connection: a login never travels over plain http (HT-13).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, OriginalUri, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use magpie_domain::Issuer;

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
    answers::see_other(&by_https(web.flows().issuer(), &request))
}

/// The same address by https. Nesting takes the issuer's path off the request's URI; the original one still has it.
fn by_https(issuer: &Issuer, request: &Request) -> String {
    let original = request.extensions().get::<OriginalUri>().map(|OriginalUri(uri)| uri);
    let uri = original.unwrap_or_else(|| request.uri());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{}{path}", issuer.origin())
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::header;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    /// Seen red with the request's own URI, which nesting has shortened.
    #[tokio::test]
    async fn a_redirect_to_https_keeps_the_issuers_path() {
        let redirect = from_fn(|request: Request, _next: Next| async move {
            let issuer = Issuer::parse("https://login.example.com/sso").unwrap();
            answers::see_other(&by_https(&issuer, &request))
        });
        let below =
            Router::new().route("/oauth2/authorize", get(|| async {})).route_layer(redirect);
        let request = Request::get("/sso/oauth2/authorize?a=b%20c").body(Body::empty()).unwrap();
        let answer = Router::new().nest("/sso", below).oneshot(request).await.unwrap();
        assert_eq!(
            answer.headers().get(header::LOCATION).unwrap(),
            "https://login.example.com/sso/oauth2/authorize?a=b%20c"
        );
    }
}
