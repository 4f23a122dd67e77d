//! One brought code at many replicas at once.

use futures_util::future::join_all;
use magpie_simulator::{Endpoint, Fault};

use crate::phone_scene::{bring, on_both_engines};
use crate::place::assert_json;

/// Law 7 and WX-32: one answer, one call to WeChat, whoever shows the code and however often.
/// Seen red with the claim not heeded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_arrivals_of_one_code_at_two_replicas_exactly_one_is_answered() {
    for place in on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let (here, there) = (place.public("shop"), place.public("shop").at(address));
        let server = place.house.own_application("server", "");
        let apps = [&here, &there, &server];
        for round in 0..3 {
            let code = place.mini_code("ann");
            // The winner is still waiting while the others come.
            place.house.wechat.script().once(Endpoint::JsCode2Session, Fault::DelayMs(200));
            let arrivals = (0..32).map(|turn| bring(apps[turn % apps.len()], &code, "mini", &[]));
            let (won, lost): (Vec<_>, Vec<_>) =
                join_all(arrivals).await.into_iter().partition(|page| page.status == 200);
            for page in &lost {
                assert_json(page, 400, "invalid_grant");
            }
            assert_eq!((won.len(), lost.len()), (1, 31), "round {round}");
            assert_eq!(place.house.wechat.exchanges_of(&code), 1);
        }
        stop.cancel();
        place.close().await;
    }
}
