//! What is made of answers that are not as they should be (cases WX-13, WX-37).

use magpie_outbound::{CallFailed, HttpSettings};
use magpie_wechat::reply::WechatReply;

use crate::call::{exchange, failure, openid};
use crate::upstream::{TOKEN, Upstream, answer};

/// `{"errcode":40029,"errmsg":"x"}` in gzip.
const ZIPPED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0x2d, 0x2a, 0x4a,
    0xce, 0x4f, 0x49, 0x55, 0xb2, 0x32, 0x31, 0x30, 0x30, 0xb2, 0xd4, 0x01, 0xf1, 0x73, 0x8b, 0xd3,
    0x95, 0xac, 0x94, 0x2a, 0x94, 0x6a, 0x01, 0x1a, 0x4a, 0x0f, 0x36, 0x1e, 0x00, 0x00, 0x00,
];

fn of(status: &str, headers: &str, body: &[u8]) -> crate::call::Exchanged {
    let upstream = Upstream::answering(answer(status, headers, body));
    let result = exchange(HttpSettings::default(), &[&upstream.base()]);
    assert_eq!(upstream.heard().concat().matches("GET ").count(), 1);
    result
}

/// Seen red with the status treated as an error.
#[test]
fn the_status_and_the_content_type_play_no_role() {
    for status in ["200 OK", "201 Created", "400 Bad Request", "500 Internal Server Error"] {
        for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: text/html\r\n"] {
            assert_eq!(openid(of(status, kind, TOKEN.as_bytes())), "oPlantedOpenId", "{status}");
        }
    }
}

/// Seen red with the status treated as an error.
#[test]
fn a_refusal_is_decoded_whatever_its_status() {
    for number in [40029, 40163, 41008, 40125, 40013, 45011, 45009, -1, 50002, 61003, 99999] {
        for status in ["200 OK", "500 Internal Server Error", "412 Precondition Failed"] {
            let body = format!(r#"{{"errcode":{number},"errmsg":"no, rid: 6630a1b2-0c0ffee1"}}"#);
            let Ok(WechatReply::Refused(refusal)) = of(status, "", body.as_bytes()) else {
                panic!("{status} {body}")
            };
            assert_eq!(refusal.code.number(), number);
            assert_eq!(refusal.rid.as_deref(), Some("6630a1b2-0c0ffee1"));
        }
    }
}

#[test]
fn a_page_of_somebody_in_between_is_unreadable() {
    for body in [b"<html>502 Bad Gateway</html>".as_slice(), b"", b"null"] {
        let reply = of("502 Bad Gateway", "Content-Type: text/html\r\n", body);
        assert!(matches!(reply, Ok(WechatReply::Unreadable)), "{reply:?}");
    }
}

/// The cap counts what came over the wire only as long as nothing is inflated.
#[test]
fn nothing_is_inflated_and_nobody_is_asked_to_deflate() {
    let upstream = Upstream::answering(answer("200 OK", "Content-Encoding: gzip\r\n", ZIPPED));
    let reply = exchange(HttpSettings::default(), &[&upstream.base()]);
    assert!(matches!(reply, Ok(WechatReply::Unreadable)), "{reply:?}");
    let heard = upstream.heard().concat().to_ascii_lowercase();
    assert!(!heard.contains("accept-encoding"), "{heard}");
}

#[test]
fn an_answer_cut_short_is_none() {
    let whole = answer("200 OK", "", TOKEN.as_bytes());
    for kept in [0, 5, 17, whole.len() - TOKEN.len(), whole.len() - 1] {
        let part = whole.get(..kept).unwrap().to_vec();
        let upstream = Upstream::start(move |_number, wire| {
            wire.request();
            wire.say(&part);
        });
        let result = exchange(HttpSettings::default(), &[&upstream.base()]);
        assert_eq!(failure(result), CallFailed::Interrupted, "{kept}");
        assert_eq!(upstream.heard().concat().matches("GET ").count(), 1, "{kept}");
    }
}
