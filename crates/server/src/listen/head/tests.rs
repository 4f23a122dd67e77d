//! Heads by the byte, whole and in pieces.

use super::*;

const LIMITS: HeadLimits = HeadLimits { fields: 4, bytes: 200, uri_bytes: 50 };

/// What becomes of the bytes; the same whatever the pieces they arrive in.
fn scan(bytes: &[u8]) -> Result<Stage, Refusal> {
    let whole = scan_in(bytes, bytes.len().max(1));
    for size in 1..bytes.len().min(9) {
        assert_eq!(scan_in(bytes, size), whole, "in pieces of {size}");
    }
    whole
}

fn scan_in(bytes: &[u8], size: usize) -> Result<Stage, Refusal> {
    let mut scanner = HeadScanner::new(LIMITS);
    for piece in bytes.chunks(size) {
        scanner.feed(piece)?;
    }
    Ok(scanner.stage)
}

#[test]
fn a_connection_of_good_requests_ends_where_it_began() {
    let bytes =
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /t HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde\
        \r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(scan(bytes), Ok(Stage::Idle));
}

#[test]
fn a_body_is_never_read_as_a_head() {
    let bytes = b"POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nX : y\n";
    assert_eq!(scan(bytes), Ok(Stage::Idle));
    let bytes = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\n \r\n0\r\n\r\n";
    assert_eq!(scan(bytes), Ok(Stage::Blind));
}

/// HT-05, HT-06. Seen red with the check in `end_head` taken out.
#[test]
fn what_two_readers_could_read_differently_is_malformed() {
    for head in [
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    ] {
        assert_eq!(scan(head.as_bytes()), Err(Refusal::Malformed), "{head:?}");
    }
}

#[test]
fn the_limits_hold_at_their_edge() {
    let target = |length: usize| format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(length));
    assert_eq!(scan(target(49).as_bytes()), Ok(Stage::Idle));
    assert_eq!(scan(target(70).as_bytes()), Err(Refusal::UriTooLong));
    assert_eq!(scan(&[b'G'; 100]), Err(Refusal::UriTooLong));
    assert_eq!(scan("\r\n".repeat(100).as_bytes()), Err(Refusal::UriTooLong));
    let fields = |count: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(count));
    assert_eq!(scan(fields(4).as_bytes()), Ok(Stage::Idle));
    assert_eq!(scan(fields(5).as_bytes()), Err(Refusal::HeadTooLarge));
    let long = format!("GET / HTTP/1.1\r\na: {}", "b".repeat(200));
    assert_eq!(scan(long.as_bytes()), Err(Refusal::HeadTooLarge));
}

#[test]
fn a_name_that_only_begins_like_a_length_is_none() {
    let head = b"GET / HTTP/1.1\r\nContent-Length-And-More: x\r\n\r\n";
    assert_eq!(scan(head), Ok(Stage::Idle));
    let head = b"POST / HTTP/1.1\r\nTransfer-Encodings: x\r\nContent-Length: 3\r\n\r\n";
    assert_eq!(scan(head), Ok(Stage::Body(3)));
}
