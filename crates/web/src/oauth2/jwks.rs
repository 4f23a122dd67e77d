//! `GET /oauth2/jwks`: the public keys, as bytes that were made when the keys changed. No row is read.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::discovery::public_document;
use crate::state::Web;

/// Answers the key set (RFC 7517 §5), or 304 to who has it.
pub(crate) async fn get(State(web): State<Web>, headers: HeaderMap) -> Response {
    let jwks = web.flows().keyring().jwks();
    public_document(&headers, &jwks.etag, || axum::body::Bytes::from_owner(jwks.body.clone()))
}
