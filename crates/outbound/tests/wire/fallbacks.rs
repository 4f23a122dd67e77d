//! Another base is tried when no connection can be had, and only then (case WX-37).

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use magpie_outbound::{CallFailed, HttpSettings};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;

use crate::call::{REQUEST_LINE, block_on, exchange, exchange_over, failure, hasty, openid, sns};
use crate::upstream::{Upstream, token};

/// An address that refuses connections for as long as the socket lives.
fn refusing() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let base = format!("http://{}", socket.local_addr().unwrap());
    (socket, base)
}

/// An address that swallows the first packet of a connection: its queue is full.
fn swallowing() -> (TcpListener, Vec<TcpStream>, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let short = Duration::from_millis(200);
    let queue = std::iter::from_fn(|| TcpStream::connect_timeout(&address, short).ok()).take(16);
    let queue: Vec<TcpStream> = queue.collect();
    assert!(queue.len() < 16, "the queue never fills");
    (listener, queue, format!("http://{address}"))
}

/// Seen red with the loop over the bases ended after the first.
#[test]
fn a_refused_connection_goes_to_the_fallback_base() {
    let (_socket, refusing) = refusing();
    let fallback = Upstream::answering(token());
    let reply = exchange(HttpSettings::default(), &[&refusing, &fallback.base()]);
    assert_eq!(openid(reply), "oPlantedOpenId");
    let heard = fallback.heard();
    assert_eq!(heard.len(), 1);
    assert!(heard.concat().starts_with(REQUEST_LINE), "{heard:?}");
}

#[test]
fn refused_everywhere_is_no_connection() {
    let ((_one, first), (_other, second)) = (refusing(), refusing());
    let result = exchange(HttpSettings::default(), &[&first, &second]);
    assert_eq!(failure(result), CallFailed::Connect);
}

/// Seen red with the loop over the bases ended after the first.
#[test]
fn a_name_that_nobody_has_goes_to_the_fallback_base() {
    let fallback = Upstream::answering(token());
    let reply = exchange(HttpSettings::default(), &["http://nobody.invalid", &fallback.base()]);
    assert_eq!(openid(reply), "oPlantedOpenId");
}

#[test]
fn a_base_that_answers_keeps_the_fallback_idle() {
    let (base, fallback) = (Upstream::answering(token()), Upstream::answering(token()));
    let slashed = format!("{}/", base.base());
    openid(exchange(HttpSettings::default(), &[&slashed, &fallback.base()])).clear();
    assert!(base.heard().concat().starts_with(REQUEST_LINE));
    assert_eq!(fallback.heard(), Vec::<String>::new());
}

/// Seen red with `Interrupted` and `Deadline` trying the next base as well.
#[test]
fn once_connected_there_is_no_second_base() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    let rude = Upstream::start(|_number, wire| {
        wire.request();
    });
    for (base, expected) in [(silent, CallFailed::Deadline), (rude, CallFailed::Interrupted)] {
        let fallback = Upstream::answering(token());
        let result = exchange(hasty(), &[&base.base(), &fallback.base()]);
        assert_eq!(failure(result), expected);
        assert_eq!(fallback.heard(), Vec::<String>::new());
        let heard = base.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard.concat().matches("planted-code").count(), 1, "{heard:?}");
    }
}

/// The deadline is the person's, not each base's. Seen red with a deadline per base.
#[test]
fn all_bases_together_have_one_deadline() {
    block_on(async {
        let (_listener, _queue, swallowing) = swallowing();
        let silent = Upstream::start(|_number, wire| wire.listen());
        let settings = HttpSettings {
            connect: Duration::from_millis(2000),
            total: Duration::from_millis(2600),
            ..HttpSettings::default()
        };
        let sns = sns(settings, &[&swallowing, &silent.base()]);
        let call = exchange_over(&sns, "planted-code");
        let result = timeout(Duration::from_millis(4200), call).await.unwrap();
        assert_eq!(failure(result), CallFailed::Deadline);
        silent.wait_for(1);
    });
}

/// Seen red without the deadline of a connection.
#[test]
fn a_connection_that_is_never_taken_goes_to_the_fallback_base() {
    block_on(async {
        let (_listener, _queue, swallowing) = swallowing();
        let fallback = Upstream::answering(token());
        let settings =
            HttpSettings { connect: Duration::from_millis(300), ..HttpSettings::default() };
        let sns = sns(settings, &[&swallowing, &fallback.base()]);
        let call = exchange_over(&sns, "planted-code");
        assert_eq!(openid(timeout(Duration::from_secs(3), call).await.unwrap()), "oPlantedOpenId");
    });
}
