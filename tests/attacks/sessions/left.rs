//! People who leave WeChat, or take back what they allowed there: signed out, forgotten, and their applications told.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Browser, Page, Tokens, WECHAT_PHONE};
use magpie_simulator::Pushed;
use serde_json::Value;

use crate::listener::{Listener, Manner};
use crate::push_scene::{ACCOUNT, WEBSITE, Wanted};
use crate::scene::{Scene, client};

fn audited(fact: &str) -> String {
    format!(
        "SELECT count(*) FROM audit_events WHERE actor LIKE '%wechat%' AND fact LIKE '%{fact}%'"
    )
}

async fn userinfo(scene: &Scene, tokens: &Tokens) -> Page {
    let app = scene.house.own_application("bye", "https://bye.example/cb");
    app.userinfo(&tokens.access_token).await
}

/// Somebody signed in with offline access.
async fn offline(scene: &Scene, browser: &mut Browser) -> Tokens {
    let app = scene.house.own_application("bye", "https://bye.example/cb");
    let start = app.authorize(&[("scope", "openid profile offline_access"), ("prompt", "login")]);
    let page = browser.sign_in(&scene.house, &start, "xiaoyu").await;
    app.tokens(&page.sent("code").unwrap_or_else(|| panic!("{}", page.body))).await
}

async fn refresh(scene: &Scene, tokens: &Tokens) -> Page {
    let app = scene.house.own_application("bye", "https://bye.example/cb");
    app.token(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh_token)]).await
}

fn sid_told(request: &str) -> String {
    let token = request.split_once("logout_token=").unwrap().1;
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}

/// Signed out in every browser, nothing of theirs works any more, and the application heard of both sessions.
async fn assert_gone(scene: &Scene, browsers: &mut [Browser], tokens: &[Tokens], told: &[String]) {
    for browser in browsers {
        assert!(!scene.is_signed_in(browser).await);
    }
    for tokens in tokens {
        assert_eq!(userinfo(scene, tokens).await.status, 401);
        let page = refresh(scene, tokens).await;
        assert_eq!(page.oauth_error(), "invalid_grant");
    }
    let mut sids: Vec<_> =
        tokens.iter().map(|tokens| tokens.id_token["sid"].as_str().unwrap().to_owned()).collect();
    let mut heard: Vec<_> = told.iter().map(|request| sid_told(request)).collect();
    sids.sort_unstable();
    heard.sort_unstable();
    assert_eq!(sids, heard);
    let faces = "SELECT count(*) FROM users WHERE name IS NOT NULL OR picture IS NOT NULL";
    assert_eq!(scene.number(faces).await, 0);
}

/// WP-14. Seen red with one of the two sessions ended, and with the phone number kept.
#[tokio::test]
async fn who_withdraws_at_wechat_is_signed_out_everywhere_and_may_come_back() {
    let listener = Listener::start(Manner::Status(200)).await;
    let more = client("bye", &format!("backchannel_logout_uri = \"{}\"", listener.url()));
    for (round, scene) in Wanted::with(&more).on_both_engines().await.into_iter().enumerate() {
        let mut browsers = [Browser::new(&scene.house), Browser::of(&scene.house, WECHAT_PHONE)];
        let mut tokens = Vec::new();
        for browser in &mut browsers {
            tokens.push(offline(&scene, browser).await);
        }
        let mut bystander = Browser::new(&scene.house);
        let other = scene.sign_in(&mut bystander, "bye", "laowang").await;
        scene.run(ALSO_KNOWN).await;
        assert_eq!(tokens[0].subject(), tokens[1].subject());
        scene.push(WEBSITE, &Pushed::Revoked("301".to_owned())).await;
        let told = listener.wait_for(2 * (round + 1)).await;
        scene.run("UPDATE users SET name = NULL, picture = NULL WHERE name = '老王'").await;
        assert_gone(&scene, &mut browsers, &tokens, &told[2 * round..]).await;
        assert!(scene.is_signed_in(&mut bystander).await, "somebody else");
        assert_eq!(userinfo(&scene, &other).await.status, 200);
        assert_eq!(scene.number(&audited("authorization_revoked")).await, 1);
        let numbers = "SELECT count(*) FROM phone_numbers";
        assert_eq!(scene.number(numbers).await, 1, "the bystander's alone");
        let again = offline(&scene, &mut browsers[0]).await;
        assert_eq!(again.subject(), tokens[0].subject(), "the sub never changes");
        assert_eq!(userinfo(&scene, &again).await.json()["name"], "小鱼🐟");
        scene.house.close().await;
    }
}

/// What a mini program and an organisation had told of everybody.
const ALSO_KNOWN: &str = "INSERT INTO phone_numbers (user_id, phone_number, confirmed_at)
        SELECT user_id, '+8613800000000', 1 FROM users;
    INSERT INTO members (user_id, app_id, userid, noted_at)
        SELECT user_id, 'wwcorp', 'xiaoyu', 1 FROM users";

/// WP-14: the default. Seen red with numbers, memberships, pictures and openids kept, one at a time.
#[tokio::test]
async fn who_closes_their_wechat_account_is_forgotten_and_their_sub_is_nobodys() {
    let listener = Listener::start(Manner::Status(200)).await;
    let more = client("bye", &format!("backchannel_logout_uri = \"{}\"", listener.url()));
    for (round, scene) in Wanted::with(&more).on_both_engines().await.into_iter().enumerate() {
        let mut browsers = [Browser::new(&scene.house)];
        let tokens = [offline(&scene, &mut browsers[0]).await];
        scene.run(ALSO_KNOWN).await;
        scene.push(WEBSITE, &Pushed::Cancelled).await;
        let told = listener.wait_for(round + 1).await;
        assert_gone(&scene, &mut browsers, &tokens, &told[round..]).await;
        let known = ["avatars", "phone_numbers", "members"];
        for table in ["openids", "unionids", "identity_conflicts"].into_iter().chain(known) {
            let count = format!("SELECT count(*) FROM {table}");
            assert_eq!(scene.number(&count).await, 0, "{table}");
        }
        assert_eq!(scene.number(&audited("wechat_account_cancelled")).await, 1);
        let again = offline(&scene, &mut browsers[0]).await;
        assert_ne!(again.subject(), tokens[0].subject());
        assert_eq!(scene.number("SELECT count(*) FROM users").await, 2, "the sub stays reserved");
        scene.house.close().await;
    }
}

/// WP-14: 8 is the phone number alone. Whoever asks for claims is told it no more, by tokens of before and of afterwards; the
/// profile and the session stay. What nobody withdrew takes nothing, and nothing is written down of nothing. Seen red
/// with 8 not read, and with the profile erased along.
#[tokio::test]
async fn a_phone_number_that_was_taken_back_is_erased_and_told_to_nobody() {
    let more = client("bye", "").replace("\"profile\",", "\"profile\", \"phone\",");
    for scene in Wanted::with(&more).on_both_engines().await {
        let app = scene.house.own_application("bye", "https://bye.example/cb");
        let start = app.authorize(&[("scope", "openid profile phone"), ("prompt", "login")]);
        let mut browser = Browser::new(&scene.house);
        let page = browser.sign_in(&scene.house, &start, "xiaoyu").await;
        let tokens =
            app.tokens(&page.sent("code").unwrap_or_else(|| panic!("{}", page.body))).await;
        scene.run(ALSO_KNOWN).await;
        let number = async |tokens: &Tokens| {
            let claims = userinfo(&scene, tokens).await.json();
            (claims["name"].clone(), claims.get("phone_number").cloned())
        };
        let name = serde_json::json!("小鱼🐟");
        let known = (name.clone(), Some(serde_json::json!("+8613800000000")));
        // Everything else that a service account or a mini program can name.
        let others = "1,2,3,4,5,7,12,13,14,15,16,18,201,202,203,204,206,207";
        scene.push(WEBSITE, &Pushed::Revoked(others.to_owned())).await;
        assert_eq!(number(&tokens).await, known);
        for _again in 0..2 {
            scene.push(WEBSITE, &Pushed::Revoked("8".to_owned())).await;
            assert_eq!(number(&tokens).await, (name.clone(), None));
        }
        assert_eq!(scene.number("SELECT count(*) FROM phone_numbers").await, 0);
        assert_eq!(scene.number(&audited("phone_number_erased")).await, 1);
        assert_eq!(scene.number(&audited("profile_erased")).await, 0);
        let page = browser.get(&app.authorize(&[("scope", "openid profile phone")])).await;
        let later = app.tokens(&page.sent("code").expect("a session that goes on")).await;
        assert_eq!(number(&later).await, (name, None));
        scene.house.close().await;
    }
}

/// Seen red with nobody blocked, and with the number kept.
#[tokio::test]
async fn where_the_operator_blocks_them_nobody_signs_in_with_that_account_again() {
    let more = client("bye", "") + "[privacy]\non_cancellation = \"block\"\n";
    let scene = Wanted::with(&more).open().await;
    let mut browser = Browser::new(&scene.house);
    offline(&scene, &mut browser).await;
    scene.run(ALSO_KNOWN).await;
    scene.push(ACCOUNT, &Pushed::Cancelled).await;
    assert!(scene.is_signed_in(&mut browser).await, "nobody came through that account");
    scene.push(WEBSITE, &Pushed::Cancelled).await;
    assert!(!scene.is_signed_in(&mut browser).await);
    let app = scene.house.own_application("bye", "https://bye.example/cb");
    let page = browser.sign_in(&scene.house, &app.authorize(&[]), "xiaoyu").await;
    assert_eq!(page.sent("error").as_deref(), Some("access_denied"));
    assert_eq!(scene.number("SELECT count(*) FROM openids").await, 1);
    assert_eq!(scene.number("SELECT count(*) FROM users WHERE name IS NOT NULL").await, 0);
    assert_eq!(scene.number("SELECT count(*) FROM phone_numbers").await, 0);
    scene.house.close().await;
}

/// With a `sub` that follows from the identity, the same identity is the same `sub` for good.
/// Seen red without the look for the erased row: this person could never sign in again.
#[tokio::test]
async fn a_derived_sub_belongs_to_its_identity_also_after_it_was_erased() {
    let more = client("bye", "") + "[identity]\nsubject = \"derived\"\n";
    for scene in Wanted::with(&more).on_both_engines().await {
        let mut browser = Browser::new(&scene.house);
        let before = offline(&scene, &mut browser).await;
        scene.push(WEBSITE, &Pushed::Cancelled).await;
        assert_eq!(scene.number("SELECT count(*) FROM openids").await, 0);
        let after = offline(&scene, &mut browser).await;
        assert_eq!(after.subject(), before.subject());
        assert_eq!(userinfo(&scene, &after).await.json()["name"], "小鱼🐟");
        assert_eq!(refresh(&scene, &before).await.oauth_error(), "invalid_grant");
        assert_eq!(scene.number("SELECT count(*) FROM users").await, 1);
        scene.house.close().await;
    }
}

/// Seen red with the face left as it was.
#[tokio::test]
async fn a_face_that_wechat_took_away_is_shown_no_more_until_the_next_sign_in() {
    for scene in Wanted::with(&client("bye", "")).on_both_engines().await {
        let mut browser = Browser::new(&scene.house);
        let tokens = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        assert_eq!(userinfo(&scene, &tokens).await.json()["name"], "小鱼🐟");
        scene.push(WEBSITE, &Pushed::InfoModified).await;
        let claims = userinfo(&scene, &tokens).await.json();
        assert!(claims.get("name").is_none() && claims.get("picture").is_none(), "{claims}");
        assert!(scene.is_signed_in(&mut browser).await);
        assert_eq!(scene.number(&audited("profile_erased")).await, 1);
        // Nothing is left to take.
        scene.push(WEBSITE, &Pushed::Revoked("205".to_owned())).await;
        assert_eq!(scene.number(&audited("profile_erased")).await, 1);
        let again = offline(&scene, &mut browser).await;
        assert_eq!(userinfo(&scene, &again).await.json()["name"], "小鱼🐟");
        scene.push(WEBSITE, &Pushed::Revoked("205".to_owned())).await;
        assert!(userinfo(&scene, &again).await.json().get("name").is_none());
        assert!(scene.is_signed_in(&mut browser).await);
        scene.house.close().await;
    }
}

/// Seen red with the profile erased whatever the operator wants.
#[tokio::test]
async fn who_stops_to_follow_stays_signed_in_and_is_erased_where_the_operator_wants_it() {
    let wants = "[privacy]\non_unsubscribe = \"erase_profile\"\n";
    for (policy, keeps_name) in [("", true), (wants, false)] {
        let scene = Wanted::with(&(client("bye", "") + policy)).open().await;
        let mut browser = Browser::of(&scene.house, WECHAT_PHONE);
        let tokens = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
        scene.push(ACCOUNT, &Pushed::Unsubscribed).await;
        let claims = userinfo(&scene, &tokens).await.json();
        assert_eq!(claims.get("name").is_some(), keeps_name, "{claims}");
        assert!(scene.is_signed_in(&mut browser).await);
        scene.house.close().await;
    }
}
