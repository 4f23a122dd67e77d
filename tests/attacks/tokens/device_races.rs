//! Many at once: one device code at two replicas, and two answers to one question.

use futures_util::future::join_all;
use harness::Tokens;

use crate::device_scene::{answer, assert_end, bring, codes, poll};
use crate::place::{Place, assert_json};

/// V3, CC-01: exactly one, without a single 5xx. Seen red with a code that can be used again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_redemptions_of_one_device_code_on_two_replicas_exactly_one_wins() {
    for mut place in Place::with_devices_on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let apps = [place.device(), place.device().at(address)];
        for round in 0..4 {
            let one = codes(&apps[0], &[("scope", "openid offline_access")]).await;
            assert_end(&place.say(&one, "allow").await, "allowed");
            let pages = join_all((0..64).map(|turn| poll(&apps[turn % 2], &one))).await;
            let (won, lost): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.status == 200);
            assert_eq!((won.len(), lost.len()), (1, 63), "round {round}");
            for page in lost {
                assert_json(page, 400, "invalid_grant");
            }
            let tokens = Tokens::read(won[0]);
            assert_eq!(apps[1].userinfo(&tokens.access_token).await.status, 200);
        }
        let used = "SELECT count(*) FROM grants JOIN devices ON devices.grant_id = grants.grant_id \
                    WHERE redeemed_at IS NOT NULL AND code_used_at IS NOT NULL AND revoked_at IS NULL";
        assert_eq!(place.facts.number(used).await, 4);
        stop.cancel();
        place.close().await;
    }
}

/// V2: sixty-four questions at once are answered, and slow the device down; nothing breaks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_asks_many_times_at_once_is_slowed_down() {
    for place in Place::with_devices_on_both_engines().await {
        let app = place.public_device("tv");
        let one = codes(&app, &[]).await;
        assert_json(&poll(&app, &one).await, 400, "authorization_pending");
        for page in join_all((0..64).map(|_| poll(&app, &one))).await {
            assert_json(&page, 400, "slow_down");
        }
        let kept = format!("SELECT poll_interval FROM devices WHERE device_id = '{}'", one.row());
        assert!((10..=120).contains(&place.facts.number(&kept).await));
        place.close().await;
    }
}

/// V3: of a yes and a no at the same moment one counts, and a person is told which. Seen red with answers that do not
/// ask whether there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_answers_at_once_one_counts() {
    for mut place in Place::with_devices_on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let app = place.device();
        for _ in 0..4 {
            let one = codes(&app, &[]).await;
            let question = bring(&mut place.browser, &one.user).await;
            let answers = join_all((0..16).map(|turn| {
                let copy = place.browser.clone();
                let mut copy = if turn % 2 == 0 { copy } else { copy.at(address) };
                let question = &question;
                async move {
                    answer(&mut copy, question, if turn % 4 < 2 { "allow" } else { "deny" }).await
                }
            }))
            .await;
            let ends: Vec<_> = answers
                .iter()
                .map(|page| page.location().rsplit('/').next().unwrap().to_owned())
                .collect();
            let counted: Vec<_> = ends.iter().filter(|end| *end != "late").collect();
            assert_eq!(counted.len(), 1, "{ends:?}");
            let page = poll(&app, &one).await;
            match counted[0].as_str() {
                "allowed" => assert_eq!(page.status, 200, "{}", page.body),
                _ => assert_json(&page, 400, "access_denied"),
            }
        }
        stop.cancel();
        place.close().await;
    }
}
