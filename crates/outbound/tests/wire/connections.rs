//! Connections that are kept, and what happens when the server gives them up: a code is sent once (wechat.md §8).

use std::thread;
use std::time::Duration;

use magpie_outbound::{CallFailed, HttpSettings};

use crate::call::{block_on, exchange_over, failure, openid, sns};
use crate::upstream::{Upstream, token};

#[test]
fn two_calls_share_a_connection() {
    let upstream = Upstream::answering(token());
    block_on(async {
        let sns = sns(HttpSettings::default(), &[&upstream.base()]);
        for code in ["code-1", "code-2"] {
            assert_eq!(openid(exchange_over(&sns, code).await), "oPlantedOpenId");
        }
    });
    let heard = upstream.heard();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard.concat().matches("GET ").count(), 2);
}

/// Seen red with a second try after `Interrupted`.
#[test]
fn a_kept_connection_that_breaks_under_a_call_takes_the_code_with_it() {
    let upstream = Upstream::start(|_number, wire| {
        wire.request();
        wire.say(&token());
        wire.request();
    });
    block_on(async {
        let sns = sns(HttpSettings::default(), &[&upstream.base(), &upstream.base()]);
        assert_eq!(openid(exchange_over(&sns, "code-1").await), "oPlantedOpenId");
        assert_eq!(failure(exchange_over(&sns, "code-2").await), CallFailed::Interrupted);
    });
    let heard = upstream.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard.concat().matches("code-2").count(), 1);
}

/// The client sends a request again when its connection closed before the first byte of it was written. This races
/// the two a few hundred times. Seen red with a second try after `Interrupted`.
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
        let sns = sns(HttpSettings::default(), &[&upstream.base(), &upstream.base()]);
        let mut answered = Vec::new();
        for number in 0..300 {
            let result = exchange_over(&sns, &format!("code-{number}.")).await;
            assert!(!matches!(result, Err(failed) if failed != CallFailed::Interrupted));
            answered.push(result.is_ok());
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
