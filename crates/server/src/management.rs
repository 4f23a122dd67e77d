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
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn get_from(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn management(works: Arc<AtomicBool>) -> Management {
        let ask = move || {
            let works = Arc::clone(&works);
            async move { works.load(Ordering::Relaxed) }
        };
        Management {
            metrics: Arc::new(Metrics::default()),
            checks: vec![Check::new("database", ask)],
            stop: CancellationToken::new(),
            refresh: Arc::new(|metrics| metrics.commits(41)),
        }
    }

    /// HT-28.
    #[tokio::test]
    async fn a_failing_database_makes_the_server_unready_but_not_dead() {
        let works = Arc::new(AtomicBool::new(true));
        let router = router(management(Arc::clone(&works)));
        assert_eq!(get_from(&router, "/readyz").await.0, StatusCode::OK);
        works.store(false, Ordering::Relaxed);
        let (status, text) = get_from(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, r#"{"ready":false,"checks":{"database":"failing"}}"#);
        assert_eq!(get_from(&router, "/healthz").await.0, StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_counts_as_failing() {
        let checks = vec![Check::new("database", std::future::pending)];
        let router = router(Management { checks, ..management(Arc::default()) });
        assert_eq!(get_from(&router, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn a_draining_server_is_not_ready() {
        let management = management(Arc::new(AtomicBool::new(true)));
        management.stop.cancel();
        let (status, text) = get_from(&router(management), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text.contains(r#""shutdown":"failing""#), "{text}");
    }

    #[tokio::test]
    async fn metrics_are_refreshed_before_they_are_told() {
        let (status, text) = get_from(&router(management(Arc::default())), "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("magpie_commits_total 41"), "{text}");
    }
}
