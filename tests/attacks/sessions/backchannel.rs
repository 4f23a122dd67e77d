//! Applications are told over the back channel that a session ended, however they behave.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::Browser;
use serde_json::Value;

use crate::listener::{Listener, Manner};
use crate::scene::{BYE, Scene, client, end_session, id_token};

const QUEUED: &str = "SELECT count(*) FROM logout_deliveries";

pub(crate) fn told(id: &str, listener: &Listener) -> String {
    client(id, &format!("backchannel_logout_uri = \"{}\"", listener.url()))
}

fn token_of(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /backchannel?fixed=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-www-form-urlencoded"));
    body.strip_prefix("logout_token=").unwrap().to_owned()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(crate) async fn signed_out(scene: &Scene, browser: &mut Browser, hint: &str) -> Duration {
    let begun = Instant::now();
    let page = browser
        .get(&end_session(&[("id_token_hint", hint), ("post_logout_redirect_uri", BYE)]))
        .await;
    assert_eq!(page.location(), BYE, "{}", page.body);
    assert!(!scene.is_signed_in(browser).await);
    begun.elapsed()
}

async fn metrics(scene: &Scene) -> String {
    let management = scene.house.management();
    let request = http::Request::get(format!("http://{management}/metrics"));
    let response = harness::send(management, request.body(Vec::new()).unwrap()).await;
    String::from_utf8(response.into_body()).unwrap()
}

async fn empty(scene: &Scene) {
    queued(scene, 0).await;
}

/// Waits until that many messages are in the outbox.
async fn queued(scene: &Scene, count: i64) {
    for _ in 0..600 {
        if scene.number(QUEUED).await == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the outbox does not come to hold {count}");
}

/// Waits until that many messages have come to this end, and gives the last of them a moment to be written down.
async fn counted(scene: &Scene, outcome: &str, count: usize) {
    let line = format!("magpie_logout_messages_total{{outcome=\"{outcome}\"}} {count}\n");
    for _ in 0..600 {
        if metrics(scene).await.contains(&line) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no {line} in {}", metrics(scene).await);
}

/// L7, L8, I9, B2, JW-05, and the module oidcc-backchannel-rp-initiated-logout. Seen red with 204 taken for a failure
/// (L8).
#[tokio::test]
async fn every_application_of_the_session_is_told_with_a_token_of_its_own() {
    let (one, two, never) = (
        Listener::start(Manner::Status(200)).await,
        Listener::start(Manner::Status(204)).await,
        Listener::start(Manner::Status(200)).await,
    );
    let more = told("bye", &one) + &told("two", &two) + &told("unused", &never);
    let mut scenes = vec![Scene::with(&more).await];
    scenes.extend(Scene::on_postgres(&more).await);
    for (round, scene) in scenes.into_iter().enumerate() {
        let mut browser = Browser::new(&scene.house);
        let first = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let second = scene.sign_in(&mut browser, "two", "xiaoyu").await;
        assert_eq!(first.id_token["sid"], second.id_token["sid"]);
        // Signing in again at the same application is not another message.
        scene.sign_in(&mut browser, "two", "xiaoyu").await;
        signed_out(&scene, &mut browser, &id_token(&first)).await;
        // The one that asked comes last: its browser is on the way back.
        for (listener, tokens) in [(&two, &second), (&one, &first)] {
            let received = listener.wait_for(round + 1).await;
            assert_eq!(
                one.received().len(),
                if listener.address == one.address { round + 1 } else { round }
            );
            let token = token_of(&received[round]);
            let (header, claims) = (part(&token, 0), part(&token, 1));
            assert_eq!(header["typ"], "logout+jwt");
            let of_id_token = part(&id_token(tokens), 0);
            assert_eq!(
                (&header["alg"], &header["kid"]),
                (&of_id_token["alg"], &of_id_token["kid"])
            );
            for name in ["iss", "aud", "sub", "sid"] {
                assert_eq!(claims[name], tokens.id_token[name], "{name}");
            }
            let event = "http://schemas.openid.net/event/backchannel-logout";
            assert_eq!(claims["events"], serde_json::json!({ event: {} }));
            assert!(claims.get("nonce").is_none());
            let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
            assert_eq!(exp - iat, 120);
            assert!(claims["jti"].as_str().unwrap().len() >= 22);
            // B2: it is no ID token and names nobody as one.
            let app = scene.house.application();
            let hinted = app.authorize(&[("prompt", "none"), ("id_token_hint", &token)]);
            let page = browser.get(&hinted).await;
            assert_eq!(page.sent("error").as_deref(), Some("invalid_request"));
        }
        empty(&scene).await;
        assert_eq!((one.received().len(), two.received().len()), (round + 1, round + 1));
        assert_eq!(never.received().len(), 0, "nobody was signed in there");
        scene.house.close().await;
    }
}

/// L8, LO-06: 500, silence, a redirect and a body without end cost the person nothing and stay in the outbox. Seen red
/// with the messages sent before the person goes on, and with 500 taken for the last word.
#[tokio::test]
async fn an_application_that_does_not_answer_holds_nobody_up_and_is_told_later() {
    let aside = Listener::start(Manner::Status(200)).await;
    let manners =
        [Manner::Status(500), Manner::Hang, Manner::Redirect(aside.url()), Manner::Endless];
    let mut listeners = Vec::new();
    let mut more = client("bye", "");
    for (index, manner) in manners.into_iter().enumerate() {
        let listener = Listener::start(manner).await;
        more += &told(&format!("rp{index}"), &listener);
        listeners.push(listener);
    }
    let scene = Scene::with(&more).await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    for index in 0..listeners.len() {
        scene.sign_in(&mut browser, &format!("rp{index}"), "xiaoyu").await;
    }
    let took = signed_out(&scene, &mut browser, &hint).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    for listener in &listeners {
        listener.wait_for(1).await;
    }
    // The one that hangs is cut off after five seconds; then all of them wait for their next turn.
    counted(&scene, "retried", 4).await;
    assert_eq!(scene.number(QUEUED).await, 4);
    assert_eq!(scene.number("SELECT count(*) FROM logout_deliveries WHERE attempts = 1").await, 4);
    assert_eq!(aside.received().len(), 0, "a redirect was followed");
    for listener in &listeners {
        listener.behave(Manner::Status(200));
    }
    scene.run("UPDATE logout_deliveries SET due_at = 0").await;
    for listener in &listeners {
        listener.wait_for(2).await;
    }
    empty(&scene).await;
    let audited = "SELECT count(*) FROM audit_events WHERE fact LIKE '%logout_not_delivered%'";
    assert_eq!(scene.number(audited).await, 0);
    scene.house.close().await;
}

/// L9, LO-06: an address near us is not connected to, and a broken TLS is a moment's trouble like any other.
/// Seen red with an IPv4 address inside an IPv6 one taken for what it stands for.
#[tokio::test]
async fn an_application_near_us_is_not_called_and_holds_nobody_up() {
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = canary.local_addr().unwrap().port();
    let plain = Listener::start(Manner::Status(200)).await;
    let uris = [
        format!("https://[::ffff:127.0.0.1]:{port}/b"),
        format!("https://[::ffff:7f00:1]:{port}/b"),
        "https://10.0.0.1/b".to_owned(),
        "https://169.254.169.254/b".to_owned(),
        "https://[fd00:ec2::254]/b".to_owned(),
        // Nobody speaks TLS there.
        format!("https://{}/b", plain.address),
    ];
    let mut more = client("bye", "");
    for (index, uri) in uris.iter().enumerate() {
        more += &client(&format!("rp{index}"), &format!("backchannel_logout_uri = \"{uri}\""));
    }
    let scene = Scene::with(&more).await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    for index in 0..uris.len() {
        scene.sign_in(&mut browser, &format!("rp{index}"), "xiaoyu").await;
    }
    let took = signed_out(&scene, &mut browser, &hint).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    counted(&scene, "retried", 6).await;
    let waiting = "SELECT count(*) FROM logout_deliveries WHERE attempts = 1";
    assert_eq!(scene.number(waiting).await, 6);
    let called = tokio::time::timeout(Duration::from_millis(100), canary.accept()).await;
    assert!(called.is_err(), "it was connected to");
    assert_eq!(plain.received().len(), 0);
    scene.house.close().await;
}

/// L8, LO-06: 400 is the last word; a day of silence is another. Both are written down. Seen red with 400 taken for a
/// moment's trouble.
#[tokio::test]
async fn a_refusal_is_final_and_so_is_a_day_of_silence() {
    let (refusing, silent) =
        (Listener::start(Manner::Status(400)).await, Listener::start(Manner::Status(503)).await);
    let scene = Scene::with(&(told("bye", &refusing) + &told("two", &silent))).await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    scene.sign_in(&mut browser, "two", "xiaoyu").await;
    signed_out(&scene, &mut browser, &hint).await;
    refusing.wait_for(1).await;
    silent.wait_for(1).await;
    // The refused message goes, the other one waits for its next turn.
    queued(&scene, 1).await;
    counted(&scene, "retried", 1).await;
    scene.run("UPDATE logout_deliveries SET due_at = 0, gives_up_at = 1").await;
    silent.wait_for(2).await;
    empty(&scene).await;
    let audited = "SELECT count(*) FROM audit_events WHERE fact LIKE '%logout_not_delivered%'";
    assert_eq!(scene.number(audited).await, 2);
    assert_eq!(refusing.received().len(), 1);
    // The refused one and the silent one are given up, after one more try of the latter.
    for (outcome, count) in [("retried", 1), ("given_up", 2), ("delivered", 0)] {
        let line = format!("magpie_logout_messages_total{{outcome=\"{outcome}\"}} {count}\n");
        let metrics = metrics(&scene).await;
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    scene.house.close().await;
}

/// CC-08: two replicas send once, also while the application takes its time; a lease that a dead sender holds passes.
/// Seen red with a lease that ends at once.
#[tokio::test]
async fn replicas_send_a_message_once_and_take_over_from_a_dead_one() {
    let listener = Listener::start(Manner::Slow).await;
    let more = told("bye", &listener);
    let mut scenes = vec![Scene::with(&more).await];
    scenes.extend(Scene::on_postgres(&more).await);
    for scene in scenes {
        let before = listener.received().len();
        let (_address, _stop) = scene.house.replica().await;
        let mut browsers = Vec::new();
        for _ in 0..5 {
            let mut browser = Browser::new(&scene.house);
            let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
            browsers.push((browser, hint));
        }
        for (browser, hint) in &mut browsers {
            signed_out(&scene, browser, hint).await;
        }
        listener.wait_for(before + 5).await;
        empty(&scene).await;
        // A row that somebody had leased and never settled.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let lease = now.as_secs() + 2;
        let user = "(SELECT user_id FROM users LIMIT 1)";
        let session = "(SELECT session_id FROM sessions LIMIT 1)";
        scene
            .run(&format!(
                "INSERT INTO logout_deliveries (delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at)
                 VALUES ('0123456789abcdefghjkmnpqrs', 'bye', {user}, {session}, {lease}, 1, {})",
                lease + 1000
            ))
            .await;
        listener.wait_for(before + 6).await;
        empty(&scene).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(listener.received().len(), before + 6, "each was sent once");
        scene.house.close().await;
    }
}

/// L7: whoever signs in where somebody else was signed in ends that session, and its applications hear of it. The same
/// person signing in again has not left.
#[tokio::test]
async fn another_person_in_the_same_browser_ends_the_session_of_the_first() {
    let listener = Listener::start(Manner::Status(200)).await;
    let more = told("bye", &listener);
    let mut scenes = vec![Scene::with(&more).await];
    scenes.extend(Scene::on_postgres(&more).await);
    for (round, scene) in scenes.into_iter().enumerate() {
        let mut browser = Browser::new(&scene.house);
        scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let anew = scene.house.application().authorize(&[("prompt", "login")]);
        for (person, queued) in [("xiaoyu", 0), ("laowang", 1)] {
            let former = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
            let page = browser.sign_in(&scene.house, &anew, person).await;
            assert!(page.sent("code").is_some(), "{}", page.body);
            if queued == 0 {
                assert_eq!(scene.number(QUEUED).await, 0, "the same person");
                continue;
            }
            let received = listener.wait_for(round + 1).await;
            let claims = part(&token_of(&received[round]), 1);
            for name in ["aud", "sub", "sid"] {
                assert_eq!(claims[name], former.id_token[name], "{name}");
            }
        }
        empty(&scene).await;
        let audited = "SELECT count(*) FROM audit_events WHERE fact LIKE '%signed_out%'";
        assert_eq!(scene.number(audited).await, 1);
        assert_eq!(listener.received().len(), round + 1);
        scene.house.close().await;
    }
}

/// I9, I3, AD-05, L7: who signs in again goes on in the same session under a new secret, and a later sign-out reaches the
/// applications of before.
#[tokio::test]
async fn who_signs_in_again_takes_the_applications_of_before_along() {
    let listener = Listener::start(Manner::Status(200)).await;
    let more = told("bye", &listener) + &client("two", "");
    let mut scenes = vec![Scene::with(&more).await];
    scenes.extend(Scene::on_postgres(&more).await);
    for (round, scene) in scenes.into_iter().enumerate() {
        let mut browser = Browser::new(&scene.house);
        let first = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        let bye = scene.house.own_application("bye", "https://bye.example/cb");
        let bearer = first.answer["access_token"].as_str().unwrap().to_owned();
        let mut stale = browser.clone();
        scene.run("UPDATE sessions SET auth_time = auth_time - 100").await;
        let app = scene.house.application();
        let anew = app.authorize(&[("prompt", "login"), ("max_age", "50")]);
        let page = browser.sign_in(&scene.house, &anew, "xiaoyu").await;
        let second = app.tokens(&page.sent("code").unwrap()).await;
        assert_eq!(second.id_token["sid"], first.id_token["sid"], "stable for the session");
        let auth_time = |tokens: &harness::Tokens| tokens.id_token["auth_time"].as_i64().unwrap();
        assert!(auth_time(&second) >= auth_time(&first), "renewed by the sign-in");
        assert!(!scene.is_signed_in(&mut stale).await, "the former cookie opens nothing");
        assert!(scene.is_signed_in(&mut browser).await);
        assert_eq!(scene.number("SELECT count(*) FROM sessions").await, 1);
        let account = browser.get("/account").await;
        assert!(account.body.contains("Application bye"), "{}", account.body);
        signed_out(&scene, &mut browser, &id_token(&first)).await;
        let received = listener.wait_for(round + 1).await;
        let claims = part(&token_of(&received[round]), 1);
        for name in ["aud", "sub", "sid"] {
            assert_eq!(claims[name], first.id_token[name], "{name}");
        }
        empty(&scene).await;
        assert_eq!(listener.received().len(), round + 1, "one message");
        assert_eq!(bye.userinfo(&bearer).await.status, 401, "an online token of before");
        scene.house.close().await;
    }
}
