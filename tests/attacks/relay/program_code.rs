//! The picture of a mini program's code: for the desktop alone, only what is a picture, and never in the way of our own.

use harness::Browser;
use harness::channels::MINI_APP_ID;
use magpie_simulator::{Endpoint, Fault};

use crate::program_scene::{Drawn, assert_status, drawn, place, place_of_page};
use crate::scene::{Desk, Place};

/// Nobody gets a code, and the desktop shows what it showed.
async fn assert_none(place: &Place, desk: &mut Desk) -> Drawn {
    let drawn = desk.program_code(place.house.address()).await;
    assert_eq!((drawn.status, &*drawn.kept), (503, "no-store"), "{drawn:?}");
    assert!(drawn.bytes.is_empty(), "{drawn:?}");
    let page = desk.look().await;
    assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-code"));
    assert_eq!(harness::read_qr(&page.body), desk.scanned());
    drawn
}

/// QR-01: it comes to the cookie of the attempt, is kept by that browser alone and no longer than it is good, and comes
/// to nobody else. A look is no visit. Seen red with the ticket's name taken in place of the cookie.
#[tokio::test]
async fn the_picture_comes_to_the_desktop_alone() {
    let place = place().await;
    let at = place.house.address();
    let desk = place.desk().await;
    let good = desk.program_code(at).await;
    assert_eq!((good.status, &*good.media_type), (200, "image/png"));
    let seconds: i64 = good.kept.strip_prefix("private, max-age=").unwrap().parse().unwrap();
    assert!((100..=120).contains(&seconds), "{}", good.kept);
    let asked = place.house.wechat.requests_to(Endpoint::ProgramCode);
    let path = desk.program_code_address();
    assert_eq!(drawn(at, &desk.host(), &path, "").await.status, 404);
    let other = place.desk().await;
    let cookies: Vec<_> =
        other.browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(drawn(at, &desk.host(), &path, &cookies.join("; ")).await.status, 404);
    let with_ticket = path.replace(path.split('/').nth(3).unwrap(), &desk.ticket());
    assert_eq!(drawn(at, &desk.host(), &with_ticket, "").await.status, 404);
    let mut browser = desk.browser.clone();
    assert_eq!(browser.method("HEAD", &path).await.status, 204);
    let mut stranger = Browser::new(&place.house);
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(place.house.wechat.requests_to(Endpoint::ProgramCode), asked);
    assert_status(&place.answers(&desk, "ann", &desk.number()).await, "approved");
    assert_eq!(desk.program_code(at).await.status, 404, "answered");
    place.house.close().await;
}

/// WeChat's refusals: told to the operator by their number, and to nobody else.
#[tokio::test]
async fn a_refusal_is_in_the_log_and_not_on_the_page() {
    let place = place_of_page("elsewhere/confirm").await;
    let mut desk = place.desk().await;
    assert_none(&place, &mut desk).await;
    for errcode in [45_009, -1, 40_129, 48_001] {
        place.house.wechat.script().once(Endpoint::ProgramCode, Fault::Errcode(errcode));
        assert_none(&place, &mut desk).await;
    }
    let log = place.house.log();
    for errcode in [41_030, 45_009, -1, 40_129, 48_001] {
        let told = format!(r#""reason":"WeChat refused the code with errcode {errcode}""#);
        assert!(log.contains(&told), "{errcode}");
        assert!(log.contains(&format!(r#""wechat.errcode":{errcode}"#)), "{errcode}");
    }
    assert!(!log.contains(&desk.ticket()));
    assert_status(&place.answers(&desk, "ann", &desk.number()).await, "approved");
    place.house.close().await;
}

/// WX-14, law 12: what is not a picture, not whole or too large does not come from our origin. Seen red with
/// everything taken for a PNG, and without the cap.
#[tokio::test]
async fn what_is_no_picture_or_too_large_is_not_passed_on() {
    let place = place().await;
    let mut desk = place.desk().await;
    let mut large = b"\x89PNG\r\n\x1A\n".to_vec();
    large.resize(300 * 1024, 0);
    let script = place.house.wechat.script();
    for fault in [
        Fault::Body(b"<!doctype html><script>alert(1)</script>".to_vec()),
        Fault::Body(b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        Fault::Body(b"GIF89a\x01\0".to_vec()),
        Fault::Body(br#"{"errcode":0,"errmsg":"ok"}"#.to_vec()),
        Fault::Body(Vec::new()),
        Fault::Body(large),
        Fault::Truncate(100),
        Fault::Redirect("http://127.0.0.1:1/".to_owned()),
        Fault::HangUpBefore,
    ] {
        script.once(Endpoint::ProgramCode, fault.clone());
        assert_none(&place, &mut desk).await;
    }
    assert_eq!(desk.program_code(place.house.address()).await.status, 200);
    place.house.close().await;
}

/// While WeChat does not answer, the page with our own code comes at once. Seen red with a page that asked first.
#[tokio::test]
async fn a_silent_wechat_keeps_nobody_waiting_for_the_page() {
    let place = place().await;
    place.house.wechat.script().always(Endpoint::ProgramCode, Fault::Hang);
    let began = std::time::Instant::now();
    let mut desk = place.desk().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(3), "{:?}", began.elapsed());
    assert_none(&place, &mut desk).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(9), "{:?}", began.elapsed());
    assert_status(&place.answers(&desk, "ann", &desk.number()).await, "approved");
    place.house.close().await;
}

/// WX-41: a token that somebody else replaced is replaced once; one that is refused again is the end. Seen red
/// without the replacement.
#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let place = place().await;
    let at = place.house.address();
    let mut desk = place.desk().await;
    assert_eq!(desk.program_code(at).await.status, 200);
    let wechat = &place.house.wechat;
    wechat.replace_app_token(MINI_APP_ID);
    assert_eq!(desk.program_code(at).await.status, 200);
    assert_eq!(wechat.requests_to(Endpoint::ProgramCode), 3);
    wechat.script().always(Endpoint::ProgramCode, Fault::Errcode(40_001));
    assert_none(&place, &mut desk).await;
    assert_eq!(wechat.requests_to(Endpoint::ProgramCode), 5);
    place.house.close().await;
}

/// Law 12: a page that is loaded without end reaches WeChat so often and no more. Loopback has ten times as many.
/// Seen red without the count.
#[tokio::test]
async fn a_desktop_that_asks_without_end_is_asked_to_wait() {
    let place = place().await;
    let desk = place.desk().await;
    place.house.wechat.script().always(Endpoint::ProgramCode, Fault::Errcode(45_009));
    let (mut asked, mut refused) = (0, 0);
    for _ in 0..2000 {
        match desk.program_code(place.house.address()).await.status {
            503 => asked += 1,
            429 => refused += 1,
            other => panic!("{other}"),
        }
        if refused > 20 {
            break;
        }
    }
    assert!(refused > 20 && asked >= 200, "{asked} {refused}");
    assert_eq!(place.house.wechat.requests_to(Endpoint::ProgramCode), asked);
    place.house.close().await;
}
