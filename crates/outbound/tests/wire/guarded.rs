//! Calls to addresses that somebody else chose (CA-13): who is never called, what is never followed, and how much is taken.
//! `Reach::PublicAndLoopback` lets the servers of these tests be called at all; what it refuses besides loopback is
//! the same.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use magpie_domain::Lifetime;
use magpie_outbound::guarded::ResolveName;
use magpie_outbound::{CallFailed, Fetched, GuardedFailed, GuardedHttp, Lane, Limits, Reach};

use tokio::time::Instant;

use crate::call::block_on;
use crate::child;
use crate::upstream::{Upstream, answer};

const DOCUMENT: &str = r#"{"keys":[]}"#;

fn near() -> GuardedHttp {
    GuardedHttp::new(Reach::PublicAndLoopback, Lane::Vouched).unwrap()
}

/// A resolver with these answers, one after the other, the last one for ever; and how often it was asked.
fn answers(all: &[&[&str]]) -> (ResolveName, Arc<AtomicUsize>) {
    let parse = |some: &&[&str]| some.iter().map(|one| one.parse().unwrap()).collect();
    let all: Vec<Vec<IpAddr>> = all.iter().map(parse).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let resolve = move |_name: &str| {
        let turn = counter.fetch_add(1, Ordering::SeqCst).min(all.len() - 1);
        Ok(all.get(turn).cloned().unwrap_or_default())
    };
    (Arc::new(resolve), asked)
}

fn get(http: &GuardedHttp, url: &str) -> Result<Fetched, GuardedFailed> {
    block_on(http.get(url, "application/json", Limits::default()))
}

fn port(server: &Upstream) -> String {
    server.base().rsplit(':').next().unwrap().to_owned()
}

#[test]
fn a_document_comes_with_its_kind_and_how_long_it_may_be_kept() {
    for (cache, expected) in [
        ("", None),
        ("Cache-Control: public, Max-Age=120\r\n", Some(120)),
        ("Cache-Control: max-age=99999999999999\r\n", None),
        ("Cache-Control: max-age=60, no-cache\r\n", Some(0)),
    ] {
        let headers = format!("Content-Type: Application/JSON; charset=utf-8\r\n{cache}");
        let server = Upstream::answering(answer("200 OK", &headers, DOCUMENT.as_bytes()));
        let fetched = get(&near(), &format!("{}/jwks?a=b", server.base())).unwrap();
        assert_eq!(fetched.body, DOCUMENT.as_bytes());
        assert_eq!(fetched.content_type.as_deref(), Some("application/json"));
        assert_eq!(fetched.max_age, expected.map(Lifetime::from_seconds));
        let heard = server.heard().concat();
        assert!(heard.starts_with("GET /jwks?a=b HTTP/1.1\r\naccept: application/json\r\n"));
        assert!(heard.contains("accept-encoding: identity\r\n"), "{heard}");
        assert!(!heard.to_lowercase().contains("cookie"), "{heard}");
    }
}

/// Only what the operator wrote into the configuration is called wherever it is.
#[test]
fn a_configured_address_may_be_near_and_a_body_goes_there_as_it_is() {
    let server = Upstream::answering(answer("200 OK", "Content-Type: text/xml\r\n", b"<xml/>"));
    let url = format!("{}/wechat?signature=1", server.base());
    let post = |reach: Reach| {
        let http = GuardedHttp::new(reach, Lane::Vouched).unwrap();
        block_on(http.post(&url, "text/xml", b"<xml>\xe9</xml>".to_vec(), Limits::default()))
    };
    assert_eq!(post(Reach::Public), Err(GuardedFailed::Url));
    let fetched = post(Reach::Configured).unwrap();
    assert_eq!(
        (&*fetched.body, fetched.content_type.as_deref()),
        (&b"<xml/>"[..], Some("text/xml"))
    );
    let heard = server.heard().concat();
    assert!(
        heard.starts_with("POST /wechat?signature=1 HTTP/1.1\r\ncontent-type: text/xml\r\n"),
        "{heard}"
    );
    let refused = Upstream::answering(answer("404 Not Found", "", b""));
    let http = GuardedHttp::new(Reach::Configured, Lane::Vouched).unwrap();
    let posted = block_on(http.post(&refused.base(), "text/xml", Vec::new(), Limits::default()));
    assert_eq!(posted, Err(GuardedFailed::Status(404)));
}

#[test]
fn a_form_is_posted_once_and_its_answer_is_a_status() {
    for (status, expected) in [("204 No Content", 204), ("400 Bad Request", 400), ("500 No", 500)] {
        let server = Upstream::start(move |_number, wire| {
            wire.request();
            // A body without end is nobody's business here.
            wire.say(format!("HTTP/1.1 {status}\r\nContent-Length: 99999\r\n\r\n").as_bytes());
            wire.listen();
        });
        let form = [("logout_token", "a.b&c=d"), ("x", "鹊 +")];
        let url = format!("{}/logout", server.base());
        let posted = block_on(near().post_form(&url, &form, Duration::from_secs(3)));
        assert_eq!(posted, Ok(expected));
        let heard = server.heard();
        assert_eq!(heard.len(), 1);
        let heard = heard.concat();
        assert!(heard.starts_with("POST /logout HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("content-type: application/x-www-form-urlencoded\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\nlogout_token=a.b%26c%3Dd&x=%E9%B9%8A+%2B"), "{heard}");
    }
}

/// CA-13. Seen red without the look at literal addresses: the client does not ask the resolver for those.
#[test]
fn what_is_not_https_or_a_literal_address_near_us_is_not_called() {
    let server = Upstream::answering(answer("200 OK", "", DOCUMENT.as_bytes()));
    let (resolve, asked) = answers(&[&["127.0.0.1"]]);
    let http = GuardedHttp::resolving(Reach::Public, Lane::Vouched, resolve).unwrap();
    let port = port(&server);
    for scheme in ["http", "ftp", "file", "HTTP"] {
        let failed = get(&http, &format!("{scheme}://app.example:{port}/")).unwrap_err();
        assert_eq!(failed, GuardedFailed::Url, "{scheme}");
    }
    for odd in ["", "no url", "//app.example/", "https://", "https://a:b@app.example/", "data:,x"] {
        assert_eq!(get(&http, odd).unwrap_err(), GuardedFailed::Url, "{odd}");
    }
    for host in
        ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
    {
        let failed = get(&http, &format!("https://{host}:{port}/")).unwrap_err();
        assert_eq!(failed, GuardedFailed::Address, "{host}");
    }
    let posted = block_on(http.post_form(&server.base(), &[], Duration::from_secs(3)));
    assert_eq!(posted, Err(GuardedFailed::Url));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(server.heard(), Vec::<String>::new());
}

/// In development http is for loopback alone.
#[test]
fn development_does_not_open_http_to_everybody() {
    assert_eq!(get(&near(), "http://app.example/"), Err(GuardedFailed::Url));
    assert_eq!(get(&near(), "http://10.0.0.1/"), Err(GuardedFailed::Url));
    assert_eq!(get(&near(), "https://10.0.0.1/"), Err(GuardedFailed::Address));
}

/// CA-13. Seen red with the resolver's answers handed on as they came.
#[test]
fn a_name_that_leads_to_our_neighbours_is_not_called() {
    let server = Upstream::answering(answer("200 OK", "", DOCUMENT.as_bytes()));
    let url = format!("https://app.example:{}/jwks", port(&server));
    for near in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "fd00::1"] {
        let http =
            GuardedHttp::resolving(Reach::Public, Lane::Vouched, answers(&[&[near]]).0).unwrap();
        assert_eq!(get(&http, &url).unwrap_err(), GuardedFailed::Address, "{near}");
        let posted = block_on(http.post_form(&url, &[("a", "b")], Duration::from_secs(3)));
        assert_eq!(posted, Err(GuardedFailed::Address), "{near}");
    }
    let (nobody, _) = answers(&[&[]]);
    let http = GuardedHttp::resolving(Reach::Public, Lane::Vouched, nobody).unwrap();
    assert_eq!(get(&http, &url), Err(GuardedFailed::Call(CallFailed::Connect)));
    assert_eq!(server.heard(), Vec::<String>::new());
}

/// CA-13, rebinding: a name is looked up once for each call, and what was looked at is what is connected to.
/// Seen red with the answers handed on as they came.
#[test]
fn a_name_that_changes_its_mind_is_looked_at_again() {
    let server = Upstream::answering(answer("200 OK", "", DOCUMENT.as_bytes()));
    let (resolve, asked) = answers(&[&["127.0.0.1"], &["10.0.0.1"], &["10.0.0.1", "127.0.0.1"]]);
    let http = GuardedHttp::resolving(Reach::PublicAndLoopback, Lane::Vouched, resolve).unwrap();
    let url = format!("http://app.test:{}/jwks", port(&server));
    block_on(async {
        let get = || http.get(&url, "*/*", Limits::default());
        assert!(get().await.is_ok());
        assert_eq!(get().await, Err(GuardedFailed::Address));
        let began = Instant::now();
        assert!(get().await.is_ok(), "the allowed one of two addresses");
        assert!(began.elapsed() < Duration::from_secs(1), "the other one was tried");
    });
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert_eq!(server.heard().len(), 2);
}

/// CA-13. Seen red with redirects followed.
#[test]
fn a_redirect_is_never_followed_and_other_answers_are_no_documents() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let stranger = Upstream::answering(answer("200 OK", "", DOCUMENT.as_bytes()));
        let location = format!("Location: {}/\r\n", stranger.base());
        let server = Upstream::answering(answer(status, &location, b""));
        let redirected = GuardedFailed::Call(CallFailed::Redirected);
        assert_eq!(get(&near(), &server.base()), Err(redirected), "{status}");
        let posted = block_on(near().post_form(&server.base(), &[], Duration::from_secs(3)));
        assert_eq!(posted, Err(redirected), "{status}");
        assert_eq!(stranger.heard(), Vec::<String>::new(), "{status}");
    }
    for (status, number) in [("404 No", 404), ("204 None", 204), ("500 No", 500)] {
        let server = Upstream::answering(answer(status, "", b""));
        assert_eq!(get(&near(), &server.base()), Err(GuardedFailed::Status(number)));
    }
}

/// CA-13. Seen red without the deadline around the call.
#[test]
fn silence_and_a_byte_now_and_then_end_at_the_deadline() {
    let limits = Limits { total: Duration::from_millis(500), ..Limits::default() };
    for head in ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"] {
        let slow = Upstream::start(move |_number, wire| {
            wire.request();
            wire.say(head.as_bytes());
            while wire.say(b"x") {
                thread::sleep(Duration::from_millis(50));
            }
        });
        let began = Instant::now();
        let failed = block_on(near().get(&slow.base(), "*/*", limits)).unwrap_err();
        assert_eq!(failed, GuardedFailed::Call(CallFailed::Deadline), "{head}");
        assert!(began.elapsed() < Duration::from_secs(3));
    }
    let silent = Upstream::start(|_number, wire| wire.listen());
    let posted = block_on(near().post_form(&silent.base(), &[], limits.total));
    assert_eq!(posted, Err(GuardedFailed::Call(CallFailed::Deadline)));
}

/// CA-13. Seen red without the comparison with the cap.
#[test]
fn a_document_over_the_cap_is_not_read_to_its_end() {
    let cap = Limits::default().largest_body;
    assert_eq!((cap, Limits::default().total), (64 * 1024, Duration::from_secs(3)));
    let fits = Upstream::answering(answer("200 OK", "", &vec![b' '; cap]));
    assert_eq!(get(&near(), &fits.base()).unwrap().body.len(), cap);
    let over = Upstream::answering(answer("200 OK", "", &vec![b' '; cap + 1]));
    let too_large = GuardedFailed::Call(CallFailed::TooLarge);
    assert_eq!(get(&near(), &over.base()), Err(too_large));
    let endless = Upstream::start(|_number, wire| {
        wire.request();
        wire.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while wire.say(b"8\r\nxxxxxxxx\r\n") {}
    });
    assert_eq!(get(&near(), &endless.base()), Err(too_large));
}

/// CA-13, the bomb. Seen red without the look at `Content-Encoding`.
#[test]
fn what_is_compressed_is_not_taken() {
    for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip"] {
        let header = format!("Content-Encoding: {coding}\r\n");
        let server = Upstream::answering(answer("200 OK", &header, b"\x1f\x8b"));
        assert_eq!(get(&near(), &server.base()), Err(GuardedFailed::Compressed), "{coding}");
    }
    let plain = Upstream::answering(answer("200 OK", "Content-Encoding: identity\r\n", b"x"));
    assert!(get(&near(), &plain.base()).is_ok());
}

/// Seen red with the permit dropped before the call.
#[test]
fn nobody_waits_for_a_place_among_the_calls_and_strangers_have_their_own() {
    let silent = Upstream::start(|_number, wire| wire.listen());
    block_on(async {
        let mut calls = tokio::task::JoinSet::new();
        let mut held = 0;
        for (lane, places) in [(Lane::Strangers, 16), (Lane::Vouched, 64)] {
            let http = GuardedHttp::new(Reach::PublicAndLoopback, lane).unwrap();
            for _number in 0..places {
                let (http, url) = (http.clone(), silent.base());
                calls.spawn(async move { http.get(&url, "*/*", Limits::default()).await });
            }
            held += places;
            silent.wait_for(held);
            let one_more = http.get(&silent.base(), "*/*", Limits::default()).await;
            assert_eq!(one_more, Err(GuardedFailed::Call(CallFailed::Busy)), "{lane:?}");
        }
        calls.shutdown().await;
    });
}

/// A look-up that hangs ends its call at the deadline and keeps one thread of a bounded number, fewer for strangers.
/// Seen red with the place given back when the call ends: the resolver was asked forty times.
#[test]
fn name_servers_that_hang_hold_a_bounded_number_of_threads() {
    for (lane, places) in [(Lane::Vouched, 32), (Lane::Strangers, 8)] {
        let (release, released) = mpsc::channel::<()>();
        let (released, asked) = (Mutex::new(released), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&asked);
        let resolve: ResolveName = Arc::new(move |_name| {
            counter.fetch_add(1, Ordering::SeqCst);
            released.lock().unwrap().recv().unwrap_err();
            Ok(Vec::new())
        });
        let http = GuardedHttp::resolving(Reach::Public, lane, resolve).unwrap();
        let limits = Limits { total: Duration::from_millis(50), ..Limits::default() };
        block_on(async {
            for number in 0..40 {
                let failed = http.get("https://app.example/", "*/*", limits).await.unwrap_err();
                let expected =
                    if number < places { CallFailed::Deadline } else { CallFailed::Connect };
                assert_eq!(failed, GuardedFailed::Call(expected), "{lane:?} {number}");
            }
            drop(release);
        });
        assert_eq!(asked.load(Ordering::SeqCst), places);
    }
}

/// Seen red without `no_proxy`.
#[test]
fn a_proxy_of_the_environment_is_not_used_for_guarded_calls() {
    if let Some(bases) = child::bases() {
        assert!(get(&near(), bases.first().unwrap()).is_ok());
        return;
    }
    let server = Upstream::answering(answer("200 OK", "", DOCUMENT.as_bytes()));
    let proxy = Upstream::answering(answer("200 OK", "", DOCUMENT.as_bytes()));
    let named = proxy.base();
    let environment =
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, named.as_str()));
    let test = "guarded::a_proxy_of_the_environment_is_not_used_for_guarded_calls";
    child::run(test, &[server.base()], &environment);
    assert_eq!(proxy.heard(), Vec::<String>::new());
    assert!(server.heard().concat().starts_with("GET / HTTP/1.1\r\n"));
}

/// PR-02: an address may hold what only its owner should read.
#[test]
fn no_failure_names_the_address() {
    let http = near();
    for url in ["ftp://planted.example/", "https://10.1.2.3/planted", "http://planted.test:1/"] {
        let failed = get(&http, url).unwrap_err();
        let told = format!("{failed} {failed:?} {}", failed.as_str());
        assert!(!told.contains("planted") && !told.contains("10.1.2.3"), "{told}");
    }
}
