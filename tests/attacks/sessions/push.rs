//! Pushes that WeChat did not send, sent twice, or wrote in a way nobody expects.

use std::time::{Duration, Instant};

use harness::{Browser, Page, raw, send};
use magpie_simulator::{Flaw, PushMode, PushRequest, Pushed};

use crate::push_scene::{ACCOUNT, WEBSITE, Wanted, assert_taken, pushed_to};
use crate::scene::{Scene, client};

const SEEN: &str = "SELECT count(*) FROM seen_once";

/// The same text for every forgery, whatever it lacks: status, body and headers but the date.
#[track_caller]
fn assert_forged(page: &Page, why: &str) {
    let headers: Vec<_> = page
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    let mut sorted = headers;
    sorted.sort_unstable();
    let expected = [
        "cache-control: no-store",
        "content-length: 0",
        "content-type: text/plain; charset=utf-8",
        "pragma: no-cache",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
    ];
    assert_eq!((page.status.as_u16(), &*page.body), (403, ""), "{why}");
    assert_eq!(sorted, expected, "{why}");
}

fn altered(request: &PushRequest, from: &str, to: &str) -> PushRequest {
    let url = request.url.replace(from, to);
    assert_ne!(url, request.url, "{from}");
    PushRequest { url, ..request.clone() }
}

fn value<'a>(request: &'a PushRequest, name: &str) -> &'a str {
    let query = request.url.split_once('?').unwrap().1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// What a true push would have erased, and did not.
async fn assert_nothing_happened(scene: &Scene, browser: &mut Browser) {
    assert!(scene.is_signed_in(browser).await);
    assert_eq!(scene.number(SEEN).await, 0);
    assert_eq!(scene.number("SELECT count(*) FROM openids").await, 1);
    assert_eq!(scene.number("SELECT count(*) FROM users WHERE name IS NOT NULL").await, 1);
}

/// WP-01, WP-02, WP-05, WP-06.
/// Seen red with the signature of the address alone looked at.
#[tokio::test]
async fn whoever_cannot_sign_for_the_account_changes_nothing_and_learns_nothing() {
    for scene in Wanted::with(&client("bye", "")).on_both_engines().await {
        let mut browser = Browser::new(&scene.house);
        scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        for app_id in [WEBSITE, ACCOUNT] {
            let good = scene.written(app_id, &Pushed::Cancelled, Flaw::None);
            let signature = value(&good, "msg_signature").to_owned();
            let of_address = value(&good, "signature").to_owned();
            let timestamp = value(&good, "timestamp").to_owned();
            let removed = format!("&msg_signature={signature}");
            let other_body = scene.written(app_id, &Pushed::InfoModified, Flaw::None).body;
            for (why, request) in [
                ("no msg_signature", altered(&good, &removed, "")),
                ("empty", altered(&good, &signature, "")),
                ("short", altered(&good, &signature, &signature[..20])),
                ("upper case", altered(&good, &signature, &signature.to_ascii_uppercase())),
                ("the other signature", altered(&good, &signature, &of_address)),
                ("wrong signature", altered(&good, &of_address, &of_address.to_ascii_uppercase())),
                ("twice", altered(&good, &removed, &format!("{removed}{removed}"))),
                ("other time", altered(&good, &timestamp, "1")),
                ("other body", PushRequest { body: other_body, ..good.clone() }),
            ] {
                assert_forged(&scene.pushed(&request).await, why);
            }
            for flaw in [
                Flaw::OtherToken,
                Flaw::MsgSignature,
                Flaw::Old(301),
                Flaw::Old(-302),
                Flaw::OtherReceiver("wx0000000000000003".to_owned()),
                Flaw::OtherReceiver(String::new()),
                Flaw::Padding(0),
                Flaw::Padding(33),
                Flaw::Length(0),
                Flaw::Length(u32::MAX),
                Flaw::Truncated(1),
                Flaw::Truncated(32),
                Flaw::Truncated(100_000),
                // The first block holds chance alone, and turns a bit of the length.
                Flaw::Bit(0),
            ] {
                let request = scene.written(app_id, &Pushed::Cancelled, flaw.clone());
                assert_forged(&scene.pushed(&request).await, &format!("{flaw:?}"));
            }
            scene.set_mode(app_id, PushMode::Plain);
            let plain = scene.written(app_id, &Pushed::Cancelled, Flaw::None);
            assert_forged(&scene.pushed(&plain).await, "plain mode");
        }
        assert_nothing_happened(&scene, &mut browser).await;
        scene.house.close().await;
    }
}

/// WP-04: at the same replica, at another, and at one that was started later.
/// Seen red with the mark left out.
#[tokio::test]
async fn a_push_counts_once_wherever_and_however_often_it_comes() {
    for scene in Wanted::with(&client("bye", "")).on_both_engines().await {
        let (other, _stop) = scene.house.replica().await;
        let mut browser = Browser::new(&scene.house);
        scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let request = scene.written(WEBSITE, &Pushed::Revoked("301".to_owned()), Flaw::None);
        assert_taken(&scene.pushed(&request).await);
        assert!(!scene.is_signed_in(&mut browser).await);
        scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let (later, _stop_too) = scene.house.replica().await;
        for address in [scene.house.address(), other, later] {
            assert_taken(&pushed_to(address, &request).await);
            assert!(scene.is_signed_in(&mut browser).await);
        }
        // Said again anew, it counts anew; at once at two replicas, it counts once.
        let again = scene.written(WEBSITE, &Pushed::Revoked("301".to_owned()), Flaw::None);
        let both = tokio::join!(pushed_to(other, &again), pushed_to(later, &again));
        assert_taken(&both.0);
        assert_taken(&both.1);
        assert!(!scene.is_signed_in(&mut browser).await);
        let audited = "SELECT count(*) FROM audit_events WHERE fact LIKE '%authorization_revoked%'";
        assert_eq!(scene.number(audited).await, 2);
        assert_eq!(scene.number(SEEN).await, 2);
        scene.house.close().await;
    }
}

/// WP-08: what is too large is not read, and what is busy costs nothing before it has proved anything.
#[tokio::test]
async fn a_large_or_busy_body_costs_nothing() {
    let scene = Wanted::default().open().await;
    let good = scene.written(ACCOUNT, &Pushed::Cancelled, Flaw::None);
    let attributes = |count: usize| {
        let all: String = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
        format!("<xml{all}><Encrypt>AAAA</Encrypt></xml>")
    };
    let namespaces: String = (0..100_000).map(|n| format!(" xmlns:n{n}=\"u\"")).collect();
    for (why, body) in [
        ("10 MB", "<".repeat(10_000_000)),
        ("80 000 attributes", attributes(80_000)),
        ("100 000 namespaces", format!("<xml{namespaces}></xml>")),
        ("one byte too many", format!("<xml>{}</xml>", " ".repeat(65_526))),
    ] {
        // Refused for its length before it is sent.
        let path = good.url.strip_prefix(&format!("http://{}", scene.house.authority())).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            scene.house.authority(),
            body.len()
        );
        let answer = raw(scene.house.address(), head.as_bytes(), Duration::from_secs(5)).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{why}: {answer}");
    }
    for (why, body) in [
        ("5 000 attributes", attributes(5_000)),
        ("depth", "<a>".repeat(21_000)),
        ("open Encrypts", format!("<xml>{}", "<Encrypt>".repeat(7_000))),
    ] {
        assert!(body.len() <= 65_536, "{why}");
        let request = PushRequest { body, ..good.clone() };
        let begun = Instant::now();
        assert_forged(&scene.pushed(&request).await, why);
        assert!(begun.elapsed() < Duration::from_millis(250), "{why}: {:?}", begun.elapsed());
    }
    scene.house.close().await;
}

/// WP-09. Seen red with any charset accepted.
#[tokio::test]
async fn only_the_configured_format_and_utf_8_are_read() {
    let scene = Wanted::with(&client("bye", "")).open().await;
    let mut browser = Browser::new(&scene.house);
    scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    let raw = |message: &str| Pushed::Raw(message.to_owned());
    let json = r#"{"MsgType":"event","Event":"user_authorization_cancellation","OpenID":"o"}"#;
    for (app_id, message) in [
        (ACCOUNT, json),
        (WEBSITE, "<xml><MsgType>event</MsgType></xml>"),
        (ACCOUNT, "<xml><MsgType><![CDATA[event]]>]]></MsgType>"),
        (
            ACCOUNT,
            "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><MsgType>&e;</MsgType></xml>",
        ),
        (ACCOUNT, "<?xml version=\"1.0\" encoding=\"GBK\"?><xml></xml>"),
        (ACCOUNT, "<xml></xml><xml></xml>"),
        (WEBSITE, "{\"MsgType\":\"event\",}"),
    ] {
        let page = scene.pushed(&scene.written(app_id, &raw(message), Flaw::None)).await;
        assert_eq!((page.status.as_u16(), &*page.body), (400, ""), "{message}");
    }
    let good = scene.written(ACCOUNT, &Pushed::Cancelled, Flaw::None);
    for content_type in ["text/xml; charset=gbk", "text/xml; charset=\"utf-16\""] {
        let page = scene.pushed(&PushRequest { content_type, ..good.clone() }).await;
        assert_eq!((page.status.as_u16(), &*page.body), (400, ""), "{content_type}");
    }
    let swapped = scene.written(WEBSITE, &Pushed::Cancelled, Flaw::None).body;
    let page = scene.pushed(&PushRequest { body: swapped, ..good }).await;
    assert_eq!((page.status.as_u16(), &*page.body), (400, ""), "the other account's format");
    assert_nothing_happened(&scene, &mut browser).await;
    scene.house.close().await;
}

/// WP-10. Seen red with the profile erased of who stops to follow, whatever the operator wants.
#[tokio::test]
async fn what_means_nothing_here_is_taken_and_leaves_no_row() {
    let scene = Wanted::with(&client("bye", "")).open().await;
    let mut browser = Browser::new(&scene.house);
    scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    let event = |more: &str| {
        Pushed::Raw(format!(
            "<xml><FromUserName>o1</FromUserName><MsgType>event</MsgType>{more}</xml>"
        ))
    };
    let cancelled = "<Event>user_authorization_cancellation</Event>";
    for pushed in [
        Pushed::Text("<xml>hello</xml>".to_owned()),
        Pushed::Subscribed(Some("scene".to_owned())),
        Pushed::Scanned("scene".to_owned()),
        Pushed::Unsubscribed,
        Pushed::Revoked("201".to_owned()),
        event("<Event>never_heard_of</Event>"),
        event(cancelled),
        event(&format!("{cancelled}<OpenID>o1</OpenID><OpenID>o1</OpenID>")),
        event(&format!("{cancelled}<OpenID>o1</OpenID><AppID>wx0000000000000001</AppID>")),
        Pushed::Raw("<xml></xml>".to_owned()),
    ] {
        scene.push(ACCOUNT, &pushed).await;
    }
    assert_nothing_happened(&scene, &mut browser).await;
    // Somebody we do not know: taken as well, and nothing is made of it.
    scene.push(ACCOUNT, &Pushed::Cancelled).await;
    assert_eq!(scene.number("SELECT count(*) FROM users").await, 1);
    assert!(scene.is_signed_in(&mut browser).await);
    scene.set_mode(ACCOUNT, PushMode::Compatible);
    scene.push(ACCOUNT, &Pushed::Unsubscribed).await;
    scene.house.close().await;
}

/// The console's question is answered with what it asked, as text, and only when it is signed. Seen red with the time
/// not looked at.
#[tokio::test]
async fn the_address_proves_itself_to_the_console_and_to_nobody_else() {
    let scene = Wanted::default().open().await;
    let signed = scene.written(ACCOUNT, &Pushed::Unsubscribed, Flaw::None);
    let stale = scene.written(ACCOUNT, &Pushed::Unsubscribed, Flaw::Old(301));
    let get = async |url: String| {
        let request = http::Request::get(&url).body(Vec::new()).unwrap();
        Page::new(&url, send(scene.house.address(), request).await)
    };
    let html = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let page = get(format!("{}&echostr={html}", signed.url)).await;
    assert_eq!((page.status.as_u16(), &*page.body), (200, "<script>alert(1)</script>"));
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let signature = value(&signed, "signature").to_owned();
    let wrong = altered(&signed, &format!("signature={signature}&t"), "signature=0&t").url;
    for (why, url) in [("wrong", wrong), ("stale", stale.url)] {
        assert_forged(&get(format!("{url}&echostr=1")).await, why);
    }
    let path = format!("{}/push/inapp", scene.house.issuer);
    assert_forged(&get(path.clone()).await, "nothing");
    assert_forged(&get(format!("{path}?echostr=1")).await, "no signature");
    let unknown = get(format!("{}/push/nowhere?echostr=1", scene.house.issuer)).await;
    assert_eq!((unknown.status.as_u16(), &*unknown.body), (404, ""));
    scene.house.close().await;
}
