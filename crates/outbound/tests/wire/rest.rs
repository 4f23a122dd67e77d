//! What becomes of callers while WeChat is silent (case WX-40, and the hanging upstream of the design's limits).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use magpie_outbound::{CallFailed, HttpSettings};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::call::{block_on, exchange_over, failure, openid, sns};
use crate::upstream::{Upstream, token};

/// Seen red with a leave for everybody.
#[test]
fn a_silent_upstream_is_left_alone_and_found_again() {
    let is_awake = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_awake);
    let wakes = Upstream::start(move |_number, wire| {
        if wire.request() && seen.load(Ordering::Relaxed) {
            wire.say(&token());
        } else {
            wire.listen();
        }
    });
    block_on(async {
        let settings = HttpSettings { total: Duration::from_secs(1), ..HttpSettings::default() };
        let sns = sns(settings, &[&wakes.base()]);
        let mut silenced = JoinSet::new();
        for number in 0..5 {
            let sns = sns.clone();
            silenced.spawn(async move { exchange_over(&sns, &format!("code-{number}")).await });
        }
        for failed in silenced.join_all().await {
            assert_eq!(failure(failed), CallFailed::Deadline);
        }
        is_awake.store(true, Ordering::Relaxed);
        assert_eq!(failure(exchange_over(&sns, "at-rest").await), CallFailed::Resting);
        tokio::time::sleep(Duration::from_millis(5100)).await;
        assert_eq!(openid(exchange_over(&sns, "finds-out").await), "oPlantedOpenId");
        assert_eq!(openid(exchange_over(&sns, "well-again").await), "oPlantedOpenId");
    });
    let heard = wakes.heard().concat();
    assert!(!heard.contains("at-rest"), "{heard}");
}

/// Seen red with the whole patience for everybody.
#[test]
fn in_a_jam_behind_a_silent_upstream_everybody_is_told_at_once() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    block_on(async {
        let settings = HttpSettings { in_flight: 2, ..HttpSettings::default() };
        let sns = sns(settings, &[&silent.base()]);
        let mut waiting = JoinSet::new();
        for number in 0..2 {
            let sns = sns.clone();
            waiting.spawn(async move { exchange_over(&sns, &format!("code-{number}")).await });
        }
        silent.wait_for(2);
        let asked = Instant::now();
        assert_eq!(failure(exchange_over(&sns, "one-too-many").await), CallFailed::Busy);
        assert!(asked.elapsed() < settings.patience / 2, "{:?}", asked.elapsed());
        waiting.shutdown().await;
    });
}
