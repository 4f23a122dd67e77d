//! Deadlines, the size cap and the number of calls in flight (case WX-37, law 12).

use std::thread;
use std::time::Duration;

use magpie_outbound::{CallFailed, Http, HttpSettings};
use tokio::task::JoinSet;

use crate::call::{block_on, exchange, exchange_over, failure, hasty, openid, sns};
use crate::upstream::{TOKEN, Upstream, answer, token};

#[test]
fn the_limits_are_those_of_the_design() {
    let limits = HttpSettings::default();
    assert_eq!((limits.connect, limits.total), (Duration::from_secs(2), Duration::from_secs(5)));
    assert_eq!((limits.largest_body, limits.in_flight), (256 * 1024, 200));
}

/// Seen red without any total deadline.
#[test]
fn silence_ends_at_the_deadline_and_nothing_is_sent_again() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    assert_eq!(failure(exchange(hasty(), &[&silent.base()])), CallFailed::Deadline);
    let heard = silent.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard.concat().matches("GET ").count(), 1, "{heard:?}");
}

/// Seen red with a deadline for each read in place of the total ones.
#[test]
fn a_byte_now_and_then_does_not_stretch_the_deadline() {
    for head in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"] {
        let slow = Upstream::start(move |_number, wire| {
            wire.request();
            wire.say(head.as_bytes());
            for byte in b"HTTP/1.1 200 OK\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
                thread::sleep(Duration::from_millis(100));
                if !wire.say(&[*byte]) {
                    break;
                }
            }
        });
        assert_eq!(failure(exchange(hasty(), &[&slow.base()])), CallFailed::Deadline, "{head}");
        assert_eq!(slow.heard().concat().matches("GET ").count(), 1);
    }
}

/// Not every caller goes through `Sns`. Seen red without the client's own deadline.
#[test]
fn the_client_alone_keeps_the_deadline_too() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    block_on(async {
        let (http, limit) = (Http::new(hasty()).unwrap(), Duration::from_secs(3));
        let got = tokio::time::timeout(limit, http.get(&silent.base(), "/", &[])).await.unwrap();
        assert_eq!(failure(got), CallFailed::Deadline);
        let request = http::Request::get(silent.base()).body(Vec::new()).unwrap();
        let sent = tokio::time::timeout(limit, http.send(request)).await.unwrap();
        assert_eq!(failure(sent), CallFailed::Deadline);
    });
    assert_eq!(silent.heard().concat().matches("GET ").count(), 2);
}

#[test]
fn a_late_answer_in_time_is_an_answer() {
    let late = Upstream::start(|_number, wire| {
        wire.request();
        thread::sleep(Duration::from_millis(300));
        wire.say(&token());
    });
    assert_eq!(openid(exchange(HttpSettings::default(), &[&late.base()])), "oPlantedOpenId");
}

/// Seen red without the comparison with the cap.
#[test]
fn a_body_over_the_cap_is_not_read_to_its_end() {
    let settings = HttpSettings { largest_body: 1024, ..HttpSettings::default() };
    let padded = |length: usize| format!("{TOKEN}{}", " ".repeat(length - TOKEN.len()));
    let fits = Upstream::answering(answer("200 OK", "", padded(1024).as_bytes()));
    assert_eq!(openid(exchange(settings, &[&fits.base()])), "oPlantedOpenId");
    let over = Upstream::answering(answer("200 OK", "", padded(1025).as_bytes()));
    assert_eq!(failure(exchange(settings, &[&over.base()])), CallFailed::TooLarge);
    let endless = Upstream::start(|_number, wire| {
        wire.request();
        wire.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while wire.say(b"8\r\nxxxxxxxx\r\n") {}
    });
    assert_eq!(failure(exchange(settings, &[&endless.base()])), CallFailed::TooLarge);
    assert_eq!(endless.heard().len(), 1);
}

/// Seen red with the permit dropped before the request is sent.
#[test]
fn the_call_after_the_last_permit_waits_a_moment_and_is_refused_then() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    block_on(async {
        let patience = Duration::from_millis(200);
        let sns = sns(HttpSettings { patience, ..HttpSettings::default() }, &[&silent.base()]);
        let mut waiting = JoinSet::new();
        for number in 0..200 {
            let sns = sns.clone();
            waiting.spawn(async move { exchange_over(&sns, &format!("code-{number}")).await });
        }
        silent.wait_for(200);
        let soon =
            tokio::time::timeout(Duration::from_secs(4), exchange_over(&sns, "one-too-many"));
        assert_eq!(failure(soon.await.unwrap()), CallFailed::Busy);
        // A permit comes back with the call that held it, however the call ended.
        waiting.shutdown().await;
        waiting.spawn(async move { exchange_over(&sns, "next").await });
        silent.wait_for(201);
        waiting.shutdown().await;
    });
    let heard = silent.heard();
    assert_eq!(heard.len(), 201);
    assert!(!heard.concat().contains("one-too-many"));
}
