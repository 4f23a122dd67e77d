//! What is sent, and what is never told: no secret, code or URL in an error, a log line or a `Debug` output (law 9,
//! case PR-02).

use std::error::Error;
use std::io::{Result as IoResult, Write};
use std::sync::{Arc, Mutex};

use magpie_outbound::{CallFailed, HttpClientBroken, HttpSettings, Sns};
use tracing::Level;

use crate::call::{
    REQUEST_LINE, block_on, exchange, exchange_over, failure, hasty, openid, sns, userinfo_over,
};
use crate::upstream::{TOKEN, Upstream, answer, token};

/// Seen red with two parameters exchanged, and with a cookie and a `Referer` added.
#[test]
fn a_call_says_the_documented_parameters_in_their_order_and_little_else() {
    let upstream =
        Upstream::answering(answer("200 OK", "Set-Cookie: a=b; Path=/\r\n", TOKEN.as_bytes()));
    block_on(async {
        let sns = sns(HttpSettings::default(), &[&upstream.base()]);
        assert_eq!(openid(exchange_over(&sns, "planted-code").await), "oPlantedOpenId");
        drop(userinfo_over(&sns).await.unwrap());
    });
    let host = format!("host: {}\r\n", upstream.base().replace("http://", ""));
    let headers =
        format!("accept: */*\r\nuser-agent: magpie/{}\r\n{host}\r\n", env!("CARGO_PKG_VERSION"));
    let profile = "GET /sns/userinfo?access_token=planted-access-token&openid=oPlantedOpenId&lang=zh_CN HTTP/1.1\r\n";
    let expected = format!("{REQUEST_LINE}{headers}{profile}{headers}");
    assert_eq!(upstream.heard().concat(), expected);
}

/// A code may hold anything but control characters (wechat.md §1.4); it must not become another parameter.
/// Seen red with the query put together by hand.
#[test]
fn a_code_cannot_add_parameters() {
    let upstream = Upstream::answering(token());
    block_on(async {
        let sns = sns(HttpSettings::default(), &[&upstream.base()]);
        openid(exchange_over(&sns, "a&secret=b#c +%26鹊").await).clear();
    });
    let heard = upstream.heard().concat();
    let query = "&code=a%26secret%3Db%23c+%2B%2526%E9%B9%8A&grant_type=authorization_code HTTP/1.1";
    assert!(heard.contains(query), "{heard}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

fn assert_tells_nothing(text: &str) {
    for planted in ["planted", "oPlanted", "wx0123456789abcdef", "secret=", "code=", "/sns/"] {
        assert!(!text.contains(planted), "{planted} in {text}");
    }
}

/// The failures of the wire, each made by a server that causes it.
fn failures() -> Vec<CallFailed> {
    let silent = Upstream::start(|_number, wire| wire.listen());
    let rude = Upstream::start(|_number, wire| {
        wire.request();
    });
    let large = Upstream::answering(answer("200 OK", "", &[b' '; 300 * 1024]));
    let moved = Upstream::answering(answer("302 Found", "Location: /sns/planted\r\n", b""));
    let bases = [silent.base(), rude.base(), large.base(), moved.base()];
    let none = HttpSettings { in_flight: 0, ..HttpSettings::default() };
    let mut failures: Vec<CallFailed> =
        bases.iter().map(|base| failure(exchange(hasty(), &[base]))).collect();
    failures.push(failure(exchange(none, &[&silent.base()])));
    failures.push(failure(exchange(hasty(), &["http://nobody.invalid"])));
    failures.push(failure(exchange(hasty(), &["no url at all"])));
    failures
}

/// Seen red with the client's own error written to the log.
#[test]
fn no_failure_and_no_log_line_tells_what_was_sent() {
    let log = Log::default();
    let writer = log.clone();
    // Every level of every library, those that speak `log` included.
    tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let failures = failures();
    let classes: Vec<&str> = failures.iter().map(|failed| failed.as_str()).collect();
    assert_eq!(
        classes,
        ["deadline", "interrupted", "too_large", "redirected", "busy", "connect", "interrupted"]
    );
    let errors = failures.into_iter().map(|failed| Box::new(failed) as Box<dyn Error>);
    for error in errors.chain([Box::new(HttpClientBroken) as Box<dyn Error>]) {
        assert!(error.source().is_none(), "{error}");
        let told = format!("{error} {error:?}");
        assert_tells_nothing(&told);
        assert!(!told.contains("://"), "{told}");
    }
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("starting new connection"), "the libraries were not heard: {told}");
    assert_tells_nothing(&told);
}

/// Seen red with `Debug` derived for `Sns`.
#[test]
fn a_client_cannot_be_printed() {
    let upstream = Upstream::answering(token());
    block_on(async {
        let sns: Sns = sns(HttpSettings::default(), &[&upstream.base()]);
        openid(exchange_over(&sns, "planted-code").await).clear();
        let told = format!("{sns:?} {sns:#?}");
        assert_tells_nothing(&told);
        assert!(!told.contains("://"), "{told}");
    });
}
