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
