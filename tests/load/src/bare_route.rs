//! The yardstick of the static documents: axum with nothing but routes that answer fixed bytes.
//! It serves the same bytes as the measured server, so that the comparison is about the way and not about the length.
//! Started by the campaign as a program of its own, because its cost must be counted apart from the load generator's.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::routing::get;
use bytes::Bytes;

/// The documents: the file in the folder, the path here, and the path at the server.
pub(crate) const DOCUMENTS: [Document; 2] = [
    Document {
        name: "discovery",
        file: "discovery.json",
        path: "/.well-known/openid-configuration",
    },
    Document { name: "jwks", file: "jwks.json", path: "/oauth2/jwks" },
];

/// A static answer that both programs give under the same path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) path: &'static str,
}

/// Serves the files of `folder` on `address` until the process is ended.
pub(crate) async fn serve(address: SocketAddr, folder: &Path) -> anyhow::Result<()> {
    let mut routes = Router::new();
    for document in DOCUMENTS {
        let body = std::fs::read(folder.join(document.file))
            .with_context(|| format!("cannot read {}", document.file))?;
        let body = Bytes::from(body);
        routes = routes.route(document.path, get(async move || answer(body)));
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, routes).await.context("the bare route ended")
}

fn answer(body: Bytes) -> impl axum::response::IntoResponse {
    let fields =
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "max-age=300"), (ETAG, "\"bare\"")];
    (fields, body)
}
