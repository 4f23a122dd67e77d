//! The operator's other system, which had the address of pushes before.

use std::time::{Duration, Instant};

use harness::Browser;
use magpie_simulator::{Flaw, Pushed};

use crate::listener::{Listener, Manner};
use crate::push_scene::{ACCOUNT, Wanted, assert_taken};
use crate::scene::{Scene, client};

const REPLY: &str = "<xml><MsgType><![CDATA[text]]></MsgType></xml>";

async fn scene(listener: &Listener) -> Scene {
    let push = format!(", forward_to = \"{}\"", listener.url());
    Wanted { more: client("bye", ""), push }.open().await
}

/// What came is what was sent: signatures, query and body. Seen red with every repetition passed on.
#[tokio::test]
async fn the_other_system_gets_what_wechat_sent_and_answers_what_is_its_own() {
    let listener = Listener::start(Manner::Says("text/xml; charset=utf-8", REPLY)).await;
    let scene = scene(&listener).await;
    let text = scene.written(ACCOUNT, &Pushed::Text("你好".to_owned()), Flaw::None);
    let page = scene.pushed(&text).await;
    assert_eq!((page.status.as_u16(), &*page.body), (200, REPLY));
    assert_eq!(page.header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let received = listener.wait_for(1).await.remove(0);
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let query = text.url.split_once('?').unwrap().1;
    assert!(head.starts_with(&format!("POST /backchannel?fixed=1&{query} HTTP/1.1\r\n")), "{head}");
    assert!(head.contains("content-type: text/xml\r\n"), "{head}");
    assert_eq!(body, text.body);
    // What is ours is answered by us, and goes on all the same.
    let mut browser = Browser::of(&scene.house, harness::WECHAT_PHONE);
    scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    let ours = scene.written(ACCOUNT, &Pushed::Cancelled, Flaw::None);
    assert_taken(&scene.pushed(&ours).await);
    assert!(!scene.is_signed_in(&mut browser).await);
    let received = listener.wait_for(2).await.remove(1);
    assert_eq!(received.split_once("\r\n\r\n").unwrap().1, ours.body);
    // What was forged goes nowhere, and what was heard before goes on once.
    let forged = scene.written(ACCOUNT, &Pushed::Text("x".to_owned()), Flaw::OtherToken);
    assert_eq!(scene.pushed(&forged).await.status, 403);
    assert_taken(&scene.pushed(&ours).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(listener.received().len(), 2);
    scene.house.close().await;
}

/// WeChat waits five seconds and says it again: so a system that does not answer costs it no message, and us no effect.
/// Seen red with nothing tried again.
#[tokio::test]
async fn a_system_that_does_not_answer_holds_nothing_up() {
    let aside = Listener::start(Manner::Status(200)).await;
    for manner in
        [Manner::Hang, Manner::Status(500), Manner::Redirect(aside.url()), Manner::Endless]
    {
        let listener = Listener::start(manner.clone()).await;
        let scene = scene(&listener).await;
        let begun = Instant::now();
        let text = scene.written(ACCOUNT, &Pushed::Text("hello".to_owned()), Flaw::None);
        let page = scene.pushed(&text).await;
        assert_eq!((page.status.as_u16(), &*page.body), (502, ""), "{manner:?}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{manner:?}: {:?}", begun.elapsed());
        let mut browser = Browser::of(&scene.house, harness::WECHAT_PHONE);
        scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let begun = Instant::now();
        scene.push(ACCOUNT, &Pushed::Cancelled).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{manner:?}: {:?}", begun.elapsed());
        assert!(!scene.is_signed_in(&mut browser).await);
        // Tried again, and taken once it is well.
        listener.wait_for(2).await;
        listener.behave(Manner::Says("text/plain", "success"));
        listener.wait_for(3).await;
        scene.house.close().await;
    }
    assert_eq!(aside.received().len(), 0, "a redirect was followed");
}
