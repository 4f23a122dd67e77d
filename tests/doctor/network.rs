//! What can stand between the server and WeChat.

use harness::House;
use magpie_simulator::{Endpoint, Fault};

use crate::configuration::Setup;
use crate::trap::{Authority, Trap, response};

/// Seen red with the answer of a portal taken for WeChat's.
#[tokio::test]
async fn a_way_out_that_is_closed_silent_or_not_wechats_is_named() {
    let house = House::open().await;
    let portal = |_path: &str| response(200, "content-type: text/html\r\n", "<h1>Log in here</h1>");
    let intercepting = Trap::tls(Authority::new().server(4000), portal);
    for (api_base, problem) in [
        ("http://api.nowhere.test".to_owned(), "wechat_name_unknown"),
        (Trap::closed().url("http"), "wechat_refused"),
        (Trap::silent().url("http"), "wechat_silent"),
        (intercepting.named("https"), "wechat_intercepted"),
        (Trap::answering(portal).url("http"), "wechat_imitated"),
    ] {
        let broken = Setup { api_base: api_base.clone(), ..Setup::of(&house) };
        broken.suffers(problem).await;
        // While another base works, people can sign in.
        let fallback = Some(api_base);
        Setup { fallback, ..Setup::of(&house) }.is_warned(problem).await;
    }
    house.close().await;
}

/// Seen red with credentials sent to whoever answers, and with any answer taken for WeChat's.
#[tokio::test]
async fn who_does_not_speak_as_wechat_does_never_hears_a_secret() {
    let house = House::open().await;
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&heard);
    let trap = Trap::answering(move |path| {
        noted.lock().unwrap().push(path.to_owned());
        response(200, "", "{}")
    });
    Setup { api_base: trap.url("http"), ..Setup::of(&house) }.suffers("wechat_imitated").await;
    assert_eq!(*heard.lock().unwrap(), ["/sns/oauth2/access_token"]);
    house.close().await;
}

/// Seen red with the tolerance set to a century.
#[tokio::test]
async fn a_clock_that_differs_from_wechats_is_told_with_its_direction() {
    let house = House::open().await;
    for (date, problem) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "clock_ahead"),
        ("Tue, 06 Nov 2091 08:49:37 GMT", "clock_behind"),
    ] {
        house.wechat.script().clear();
        house.wechat.script().always(Endpoint::AccessToken, Fault::Date(date.to_owned()));
        Setup::of(&house).suffers(problem).await;
    }
    house.close().await;
}
