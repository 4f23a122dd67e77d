//! The management listener: is the process alive, can it serve, and what has it counted.
//! It tells no name of a secret and no cause: a failed check is its own name and the word "failing" (HT-28).
//! It is never public; whoever reaches it learns how busy the server is.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderName, StatusCode, header};
use serde::Serialize;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// Longer than a healthy database ever takes, shorter than a probe waits.
const PATIENCE: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = bool> + Send>>;

/// One thing that must work before requests should come here.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.name).finish()
    }
}

impl Check {
    /// A check by name; `ask` answers whether the thing works. It gets a second.
    pub fn new<F, A>(name: &'static str, ask: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = bool> + Send + 'static,
    {
        Self { name, ask: Arc::new(move || Box::pin(ask())) }
    }
}

/// What the management listener shows.
#[derive(Clone)]
pub struct Management {
    /// The numbers.
    pub metrics: Arc<Metrics>,
    /// What must work.
    pub checks: Vec<Check>,
    /// Once cancelled, the server drains and is no longer ready.
    pub stop: CancellationToken,
    /// Brings numbers up to date that others keep, just before they are told.
    pub refresh: Arc<dyn Fn(&Metrics) + Send + Sync>,
}

impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management").field("checks", &self.checks).finish_non_exhaustive()
    }
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(management: Management) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(management))
}

/// The process answers: that is all, so that a broken database never gets it restarted.
async fn alive() -> &'static str {
    "alive\n"
}

#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    checks: BTreeMap<&'static str, &'static str>,
}

async fn ready(State(management): State<Arc<Management>>) -> Response {
    let mut checks = BTreeMap::new();
    for Check { name, ask } in &management.checks {
        let works = timeout(PATIENCE, ask()).await.unwrap_or(false);
        checks.insert(*name, if works { "ok" } else { "failing" });
    }
    if management.stop.is_cancelled() {
        checks.insert("shutdown", "failing");
    }
    let ready = checks.values().all(|state| *state == "ok");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers: [(HeaderName, &str); 2] =
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
    let text = serde_json::to_string(&Readiness { ready, checks }).unwrap_or_default();
    (status, headers, text).into_response()
}

async fn metrics(State(management): State<Arc<Management>>) -> Response {
    (management.refresh)(&management.metrics);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match management.metrics.write() {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(_unwritable) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests;
