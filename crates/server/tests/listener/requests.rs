//! What a request may be: heads, targets, framing, hosts, bodies.

use magpie_server::listen::HostRule;
use tokio::io::AsyncWriteExt as _;

use crate::house::{HOST, House, read_some, refuses, request, short_times, status};

#[tokio::test]
async fn a_good_request_is_answered_and_the_connection_kept() {
    let house = House::open().await;
    let mut stream = house.connect().await;
    for _ in 0..3 {
        stream.write_all(request("GET /peer", "").as_bytes()).await.unwrap();
        let answer = read_some(&mut stream).await;
        let peer = stream.local_addr().unwrap().to_string();
        assert!(status(&answer) == "200" && answer.ends_with(&peer), "{answer}");
    }
    let body = request("POST /echo", "Content-Length: 5\r\n") + "GET /";
    stream.write_all(body.as_bytes()).await.unwrap();
    assert!(read_some(&mut stream).await.ends_with("GET /"));
    stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
    assert!(read_some(&mut stream).await.ends_with("hello"));
}

/// HT-01. Seen red with the limits of `head` lifted.
#[tokio::test]
async fn heads_beyond_the_limits_are_431() {
    let field = |name: &str, length: usize| format!("{name}: {}\r\n", "x".repeat(length));
    refuses(request("GET /", &field("Big", 10_000_000)), "431").await;
    refuses(request("GET /", &(0..70).map(|_| field("A", 1000)).collect::<String>()), "431").await;
    refuses(request("GET /", &(0..100).map(|_| field("A", 1)).collect::<String>()), "431").await;
    refuses(request("GET /", &(0..64).map(|_| field("A", 1)).collect::<String>()), "431").await;
    let house = House::open().await;
    let fields: String = (0..62).map(|_| field("A", 1)).collect();
    let most = request("GET /", &(fields + "Connection: close\r\n"));
    assert_eq!(status(&house.tell(most).await), "200");
}

/// HT-02.
#[tokio::test]
async fn targets_beyond_8_kib_are_414() {
    for length in [8193, 9000, 70_000, 2_000_000] {
        let answer = refuses(request(&format!("GET /{}", "a".repeat(length - 1)), ""), "414").await;
        assert!(!answer.contains("aaaa"), "{answer}");
    }
    let house = House::open().await;
    let longest = request(&format!("GET /{}", "a".repeat(8191)), "Connection: close\r\n");
    assert_eq!(status(&house.tell(longest).await), "404");
}

/// HT-05, HT-06.
#[tokio::test]
async fn framing_that_two_readers_could_see_differently_is_400() {
    let post = |fields: &str| request("POST /echo", fields) + "0\r\n\r\n";
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    let answer = refuses(post(both), "400").await;
    assert!(answer.contains("The request is malformed."), "{answer}");
    for fields in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length : 5\r\n",
        "Content-Length: 5\r\n folded\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "A: b\n",
        "A: \0\r\n",
    ] {
        refuses(post(fields), "400").await;
    }
    refuses(format!("GET / HTTP/1.1\nHost: {HOST}\n\n"), "400").await;
    refuses("NONSENSE\r\n\r\n", "400").await;
}

/// HT-06. Codings other than chunked: the library refuses them; without an answer or with 400, never served.
#[tokio::test]
async fn unknown_transfer_codings_are_refused() {
    for coding in ["chunked, identity", "xchunked", "identity", "chunked\r\nTransfer-Encoding: x"] {
        let fields = format!("Transfer-Encoding: {coding}\r\n");
        refuses(request("POST /echo", &fields) + "0\r\n\r\n", "400").await;
    }
}

#[tokio::test]
async fn a_chunked_request_is_served_and_ends_its_connection() {
    let house = House::open().await;
    let chunked = request("POST /echo", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n";
    let answer = house.tell(chunked + &request("GET /", "")).await;
    assert!(status(&answer) == "200" && answer.ends_with("abc"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(house.reached(), 1);
}

/// HT-08.
#[tokio::test]
async fn nothing_is_served_after_an_error_on_the_same_connection() {
    let good = request("GET /", "");
    refuses(format!("GET / HTTP/1.1\r\nHost: evil\r\n\r\n{good}"), "421").await;
    refuses(format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n{good}"), "400").await;
    refuses(format!("BREW / HTTP/1.1\r\nHost: {HOST}\r\n\r\n{good}"), "501").await;
    let house = House::open().await;
    let answer = house.tell(format!("{good}GET / HTTP/1.1\r\nHost : x\r\n\r\n{good}")).await;
    assert!(house.reached() <= 1 && answer.matches("200 OK").count() <= 1, "{answer}");
}

/// HT-09.
#[tokio::test]
async fn this_is_no_proxy_and_knows_few_methods() {
    refuses(request(&format!("GET http://{HOST}/"), ""), "400").await;
    refuses(request("GET http://evil.example/", ""), "400").await;
    refuses(request("CONNECT evil.example:443", ""), "501").await;
    refuses(request("TRACE /", "Cookie: s=1\r\n"), "501").await;
    refuses(request("BREW /", ""), "501").await;
}

/// HT-10. Seen red with `check_host` answering Ok to everything.
#[tokio::test]
async fn one_host_and_only_ours() {
    let get = |host: &str| format!("GET / HTTP/1.1\r\n{host}\r\n");
    refuses(get(""), "400").await;
    refuses("GET / HTTP/1.0\r\n\r\n", "400").await;
    refuses(get(&format!("Host: {HOST}\r\nHost: {HOST}\r\n")), "400").await;
    for (host, expected) in [
        ("", "400"),
        ("ok@evil", "400"),
        ("login.example.com/x", "400"),
        ("login.example.com, evil", "400"),
        ("\u{fc}ber.example", "400"),
        ("evil", "421"),
        ("login.example.com:8443", "421"),
        ("login.example.com:443", "421"),
        ("login.example.com.", "421"),
        ("login.example.com.evil.example", "421"),
        ("127.0.0.1", "421"),
    ] {
        let answer = refuses(get(&format!("Host: {host}\r\n")), expected).await;
        assert!(host.is_empty() || !answer.contains(host), "the host came back:\n{answer}");
    }
    let house = House::open().await;
    let shouted = get("Host: LOGIN.Example.com\r\nConnection: close\r\n");
    assert_eq!(status(&house.tell(shouted).await), "200");
}

#[tokio::test]
async fn a_listener_without_a_host_rule_answers_probes_by_address() {
    let house = House::with(short_times(), HostRule::Any).await;
    let probe = "GET / HTTP/1.1\r\nHost: 10.0.0.9:9090\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&house.tell(probe).await), "200");
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_413_announced_or_not() {
    refuses(request("POST /echo", "Content-Length: 65537\r\n"), "413").await;
    let house = House::open().await;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let chunked = request("POST /echo", "Transfer-Encoding: chunked\r\n") + &chunk.repeat(2);
    assert_eq!(status(&house.tell(chunked + "0\r\n\r\n").await), "413");
    let most = request("POST /echo", "Content-Length: 65536\r\nConnection: close\r\n");
    let answer = house.tell(most + &"x".repeat(65536)).await;
    assert_eq!(status(&answer), "200");
}
