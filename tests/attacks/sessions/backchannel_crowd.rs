//! Many messages for applications that do not answer, and one for an application that does.

use std::time::{Duration, Instant};

use harness::Browser;
use serde_json::json;

use crate::backchannel::{signed_out, told};
use crate::listener::{Listener, Manner};
use crate::scene::{Scene, client, id_token};

/// What a message to a healthy application may take; one call to a hanging one takes five seconds.
const SOON: Duration = Duration::from_secs(2);

/// Puts so many messages to an application into the outbox, due for as long as nobody else's. A message's name is digits.
async fn queue(scene: &Scene, id: &str, names: std::ops::Range<usize>) {
    for number in names {
        let (user, session) =
            ("(SELECT user_id FROM users LIMIT 1)", "(SELECT session_id FROM sessions LIMIT 1)");
        scene
            .run(&format!(
                "INSERT INTO logout_deliveries (delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at)
                 VALUES ('{number:026}', '{id}', {user}, {session}, 0, 0, 99999999999)"
            ))
            .await;
    }
}

/// Signs somebody out who is signed in at `quick`, and gives how long that application waits for its message.
async fn time_to_hear(
    scene: &Scene,
    (browser, hint): (&mut Browser, &str),
    quick: &Listener,
) -> Duration {
    let before = quick.received().len();
    signed_out(scene, browser, hint).await;
    let began = Instant::now();
    quick.wait_for(before + 1).await;
    began.elapsed()
}

/// Law 12: an application that hangs has four of the places at most, however many messages it is owed, and another hears at
/// once. Seen red with as many places for one application as there are.
#[tokio::test]
async fn a_slow_application_does_not_hold_up_the_messages_of_others() {
    let (slow, quick) =
        (Listener::start(Manner::Hang).await, Listener::start(Manner::Status(200)).await);
    let more = client("bye", "") + &told("slow", &slow) + &told("quick", &quick);
    let mut scenes = vec![Scene::with(&more).await];
    scenes.extend(Scene::on_postgres(&more).await);
    for scene in scenes {
        let mut browser = Browser::new(&scene.house);
        let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
        scene.sign_in(&mut browser, "quick", "xiaoyu").await;
        let before = slow.received().len();
        queue(&scene, "slow", 0..40).await;
        slow.wait_for(before + 4).await;
        let took = time_to_hear(&scene, (&mut browser, &hint), &quick).await;
        assert!(took < SOON, "{took:?}");
        assert_eq!(slow.received().len() - before, 4);
        scene.house.close().await;
    }
}

/// Law 12: a crowd of applications that registered themselves has places of its own.
/// Seen red with one sender for both kinds.
#[tokio::test]
async fn a_crowd_of_strangers_does_not_hold_up_the_messages_of_vouched_applications() {
    let (slow, quick) =
        (Listener::start(Manner::Hang).await, Listener::start(Manner::Status(200)).await);
    let open = "[registration]\nmode = \"open\"\n";
    let scene = Scene::with(&(client("bye", "") + &told("quick", &quick) + open)).await;
    let mut browser = Browser::new(&scene.house);
    let hint = id_token(&scene.sign_in(&mut browser, "bye", "xiaoyu").await);
    scene.sign_in(&mut browser, "quick", "xiaoyu").await;
    for turn in 0..6 {
        let id = registered(&scene, &slow.url()).await;
        queue(&scene, &id, turn * 8..turn * 8 + 8).await;
    }
    slow.wait_for(8).await;
    let took = time_to_hear(&scene, (&mut browser, &hint), &quick).await;
    assert!(took < SOON, "{took:?}");
    assert_eq!(slow.received().len(), 8);
    scene.house.close().await;
}

/// An application that registers itself and wants to hear of logouts at this address.
async fn registered(scene: &Scene, url: &str) -> String {
    let body = json!({
        "client_name": "Stranger", "redirect_uris": ["https://stranger.example/cb"],
        "backchannel_logout_uri": url,
    });
    let request = http::Request::post(format!("{}/oauth2/register", scene.house.issuer))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    let page = scene.house.application().send(request).await;
    assert_eq!(page.status, 201, "{}", page.body);
    page.json()["client_id"].as_str().unwrap().to_owned()
}
