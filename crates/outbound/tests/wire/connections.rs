//! Connections that are kept, and what happens when the server gives them up: a code is sent once (wechat.md §8).

use std::thread;
use std::time::Duration;

use magpie_outbound::{CallFailed, HttpSettings};

use crate::call::{block_on, exchange_over, hasty, openid, sns};
use crate::upstream::{Upstream, token};

/// How many calls a test makes to be sure of a kept connection: one goes back to its pool a moment after the answer.
const CALLS: usize = 50;

/// Seen red with no connection kept.
#[test]
fn calls_share_connections() {
    let upstream = Upstream::answering(token());
    block_on(async {
        let sns = sns(HttpSettings::default(), &[&upstream.base()]);
        for number in 0..CALLS {
            let reply = exchange_over(&sns, &format!("code-{number}.")).await;
            assert_eq!(openid(reply), "oPlantedOpenId");
        }
    });
    let heard = upstream.heard();
    assert!(heard.len() < CALLS, "every call had a connection of its own");
    assert_eq!(heard.concat().matches("GET ").count(), CALLS);
}

/// Seen red with a second try after `Interrupted`.
#[test]
fn a_kept_connection_that_breaks_under_a_call_takes_the_code_with_it() {
    let upstream = Upstream::start(|_number, wire| {
        wire.request();
        wire.say(&token());
        wire.request();
    });
    let lost = block_on(async {
        let sns = sns(HttpSettings::default(), &[&upstream.base(), &upstream.base()]);
        for number in 0..CALLS {
            let code = format!("code-{number}.");
            if let Err(failed) = exchange_over(&sns, &code).await {
                assert_eq!(failed, CallFailed::Interrupted);
                return Some((code, number + 1));
            }
        }
        None
    });
    let (lost, made) = lost.expect("no connection was used twice, or a call was made again");
    let heard = upstream.heard();
    assert_eq!(heard.concat().matches(&lost).count(), 1, "{heard:?}");
    assert_eq!(heard.concat().matches("GET ").count(), made, "{heard:?}");
}

/// The client sends a request again when its connection closed before the first byte of it was written. This races
/// the two a few hundred times. A call may be lost, now and then only at its deadline, but no code goes out twice and
/// no loss is called `Connect`, which would send it to the next base. Seen red with a second try after `Interrupted`.
#[test]
fn whenever_the_server_hangs_up_no_code_arrives_twice() {
    let upstream = Upstream::start(|number, wire| {
        wire.request();
        wire.say(&token());
        // At about the time of the next request, after it, or after half an answer to it.
        thread::sleep(Duration::from_micros(20) * u32::try_from(number % 10).unwrap());
        if number % 3 > 0 && wire.request() && number % 3 > 1 {
            wire.say(b"HTTP/1.1 200 OK\r\nContent-Le");
        }
    });
    let answered: Vec<bool> = block_on(async {
        let sns = sns(hasty(), &[&upstream.base(), &upstream.base()]);
        let mut answered = Vec::new();
        for number in 0..300 {
            let result = exchange_over(&sns, &format!("code-{number}.")).await;
            let is_ok = result.is_ok();
            if let Err(failed) = result {
                let lost = [CallFailed::Interrupted, CallFailed::Deadline];
                assert!(lost.contains(&failed), "code {number}: {failed}");
            }
            answered.push(is_ok);
        }
        answered
    });
    let heard = upstream.heard().concat();
    for (number, is_answered) in answered.iter().enumerate() {
        let times = heard.matches(&format!("code-{number}.")).count();
        assert!(times <= 1, "code {number} was heard {times} times");
        assert!(times == 1 || !is_answered, "code {number} was answered unheard");
    }
    assert!(answered.contains(&true) && answered.contains(&false));
}
