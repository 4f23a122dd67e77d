//! `POST /oauth2/introspect`: a resource server asks about a token (RFC 7662), in JSON or signed (RFC 9701).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use magpie_flows::introspection::{Introspection, introspect};
use magpie_oidc::introspection::SIGNED;

use super::client_call::{Received, Refusal};
use crate::kit::answers;
use crate::state::Web;

/// Answers about a token; who may not know of it hears `active: false`.
pub(crate) async fn post(State(web): State<Web>, request: Request) -> Response {
    answer(&web, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn answer(web: &Web, request: Request) -> Result<Response, Refusal> {
    let accept = accepted(request.headers());
    let received = Received::read(web, request).await?;
    let told = received.settle(web, introspect(web.flows(), &received.call(), &accept).await)?;
    Ok(match told {
        Introspection::Plain(members) => answers::private_json(StatusCode::OK, &members),
        Introspection::Signed(token) => answers::private_jwt(SIGNED, token),
    })
}

/// Every `Accept` header as one list (RFC 9110 §5.3).
fn accepted(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}
