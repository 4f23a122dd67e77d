//! Codes that mini programs and apps bring (RFC 8693 with a token type of our own): who gets in by one, and what everybody
//! else hears.

use harness::{Page, Tokens};
use magpie_simulator::{Endpoint, Fault, Scope};

use crate::phone_scene::{ACCESS_TOKEN, OTHER_MINI, bring, fields, house, on_both_engines};
use crate::place::{Place, assert_json, refreshed};
use crate::proofs::{Prover, call};

const OFFLINE: (&str, &str) = ("scope", "openid profile wechat offline_access");

fn good(page: &Page) -> Tokens {
    assert_eq!(page.status, 200, "{}", page.body);
    Tokens::read(page)
}

/// Issue 4: the same person has the same `sub` wherever they come from, by the unionid. Seen red with the mini
/// program's unionid left out.
#[tokio::test]
async fn a_mini_program_and_an_app_sign_in_who_came_by_the_desktop_before() {
    for mut place in on_both_engines().await {
        let desktop = place.tokens().await.subject();
        let shop = place.public("shop");
        for (code, channel, amr) in [
            (place.mini_code("xiaoyu"), "mini", "mini_program"),
            (place.app_code("xiaoyu"), "app", "mobile_app"),
        ] {
            let page = bring(&shop, &code, channel, &[OFFLINE]).await;
            let tokens = good(&page);
            assert_eq!(tokens.answer["issued_token_type"], ACCESS_TOKEN);
            assert_eq!((tokens.subject(), place.people().await), (desktop.clone(), 1), "{channel}");
            assert_eq!(tokens.id_token["amr"], serde_json::json!([amr]));
            assert_eq!(
                (&tokens.id_token["aud"], &tokens.id_token["azp"]),
                (&"shop".into(), &"shop".into())
            );
            let info = shop.userinfo(&tokens.access_token).await.json();
            assert_eq!((&info["sub"], &info["name"]), (&desktop.clone().into(), &"小鱼🐟".into()));
            let own =
                if channel == "mini" { crate::phone_scene::MINI } else { crate::phone_scene::APP };
            assert_eq!(info["wechat_app_id"], own, "{info}");
            let again = refreshed(&shop, &tokens.refresh_token).await;
            assert_eq!(again.subject(), desktop);
        }
        let lines = "SELECT count(*) FROM audit_events WHERE fact LIKE '%signed_in%' AND fact LIKE '%\"mini\"%'";
        assert_eq!(place.facts.number(lines).await, 1);
        let sessions = "SELECT count(*) FROM grants WHERE client_id = 'shop' AND session_id IN (SELECT session_id FROM sessions)";
        assert_eq!(place.facts.number(sessions).await, 0, "no browser session stands behind them");
        place.close().await;
    }
}

/// A person whom nobody has seen before comes by a mini program first. Seen red with the mini program's unionid left
/// out.
#[tokio::test]
async fn somebody_new_is_enrolled_and_known_at_the_desktop_afterwards() {
    let place = house(None).await;
    let server = place.house.own_application("server", "");
    let tokens = good(
        &bring(&server, &place.mini_code("ann"), "mini", &[("scope", "openid offline_access")])
            .await,
    );
    assert!(tokens.refresh_token.is_empty(), "the client has no grant for it");
    assert_eq!(tokens.answer["scope"], "openid");
    let app = place.app();
    let mut browser = harness::Browser::new(&place.house);
    let page = browser.sign_in(&place.house, &app.authorize(&[]), "ann").await;
    let desktop = app.tokens(&page.sent("code").unwrap()).await;
    assert_eq!((desktop.subject(), place.people().await), (tokens.subject(), 2));
    place.close().await;
}

/// OIDC Core §8.1: a pairwise client sees one `sub` by whichever channel, and it is nobody else's. Seen red with the
/// mini program's unionid left out.
#[tokio::test]
async fn a_pairwise_client_sees_its_own_sub_by_either_channel() {
    let mut place = house(None).await;
    let public = place.tokens().await.subject();
    let pairs = place.public("pairs");
    let mini = good(&bring(&pairs, &place.mini_code("xiaoyu"), "mini", &[]).await).subject();
    let app = good(&bring(&pairs, &place.app_code("xiaoyu"), "app", &[]).await).subject();
    assert_eq!(mini, app);
    assert_ne!(mini, public);
    place.close().await;
}

/// X5, RFC 9449 §5: tokens for a brought code are bound like any others, and a public client refreshes with the key.
/// Seen red with a refresh token that is bound to nothing.
#[tokio::test]
async fn the_tokens_of_a_brought_code_are_bound_to_the_key_that_was_proved() {
    const TOKEN: &str = "/oauth2/token";
    let place = house(None).await;
    let (shop, prover) = (place.public("shop"), Prover::new(&place, "ES256"));
    let code = place.mini_code("ann");
    let fields = fields(&code, "mini", &[OFFLINE]);
    let proof = prover.proof(&shop, TOKEN).await;
    let page = call(&shop, TOKEN, &fields, &[&proof]).await;
    let tokens = good(&page);
    assert_eq!(tokens.answer["token_type"], "DPoP");
    assert_eq!(shop.userinfo(&tokens.access_token).await.status, 401, "not without its key");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh_token)];
    assert_json(&call(&shop, TOKEN, &refresh, &[]).await, 400, "invalid_grant");
    let proof = prover.proof(&shop, TOKEN).await;
    assert_eq!(call(&shop, TOKEN, &refresh, &[&proof]).await.status, 200);
    place.close().await;
}

/// Design §5: the operator says who may bring codes of what; nobody else costs WeChat a call or us a row. Seen red with
/// every channel open to every client.
#[tokio::test]
async fn a_client_brings_codes_of_its_own_channels_alone() {
    let place = house(None).await;
    let before = place.facts.picture().await;
    let (shop, narrow) = (place.public("shop"), place.public("narrow"));
    let code = place.mini_code("xiaoyu");
    for (client, channel, more, error) in [
        (&narrow, "mini", vec![], "unauthorized_client"),
        (&place.house.public_application(), "mini", vec![], "unauthorized_client"),
        (&shop, "other", vec![], "invalid_target"),
        (&shop, "desktop", vec![], "invalid_target"),
        (&shop, "gone", vec![], "invalid_target"),
        (&shop, "", vec![], "invalid_request"),
        (&shop, "mini", vec![("scope", "profile")], "invalid_scope"),
        (&shop, "mini", vec![("subject_token", "")], "invalid_request"),
        (&shop, "mini", vec![("actor_token", "x")], "invalid_request"),
        (&shop, "mini", vec![("resource", "https://evil.example")], "invalid_target"),
        (&shop, "mini", vec![("subject_token", "a\u{7}b")], "invalid_grant"),
    ] {
        let page = bring(client, &code, channel, &more).await;
        assert_json(&page, 400, error);
    }
    assert_eq!(place.house.wechat.exchanges_of(&code), 0);
    assert_eq!(place.facts.picture().await, before);
    assert_eq!(bring(&shop, &code, "mini", &[]).await.status, 200, "and the code is still good");
    place.close().await;
}

/// WX-32. The body never says what WeChat said. Seen red with a claim that is always the first.
#[tokio::test]
async fn a_code_that_wechat_refuses_is_refused_in_the_words_of_oauth() {
    let place = house(None).await;
    let (shop, people) = (place.public("shop"), place.people().await);
    let foreign = place.house.wechat.issue_code(OTHER_MINI, "ann", Scope::MiniProgram).unwrap();
    let used = place.mini_code("ann");
    assert_eq!(bring(&shop, &used, "mini", &[]).await.status, 200);
    for code in [&*foreign, "0invented-and-never-issued", &used, &place.app_code("ben")] {
        assert_json(&bring(&shop, code, "mini", &[]).await, 400, "invalid_grant");
    }
    assert_eq!(
        place.house.wechat.exchanges_of(&used),
        1,
        "a code that was shown is not asked for again"
    );
    // What every number comes to stands in one table, in the attacks on the way to WeChat.
    for (endpoint, channel, code) in [
        (Endpoint::JsCode2Session, "mini", place.mini_code("ben")),
        (Endpoint::AccessToken, "app", place.app_code("ben")),
    ] {
        place.house.wechat.script().once(endpoint, Fault::Errcode(40_226));
        assert_json(&bring(&shop, &code, channel, &[]).await, 400, "access_denied");
    }
    assert_eq!(place.people().await, people + 1, "ann alone was let in");
    let lines = "SELECT count(*) FROM audit_events WHERE fact LIKE '%sign_in_refused%40226%'";
    assert_eq!(place.facts.number(lines).await, 2);
    place.close().await;
}

/// WX-18, law 6, and a WeChat that breaks off: nobody is made, and nobody is let in. Seen red with the mark of a
/// snapshot not looked at.
#[tokio::test]
async fn half_an_answer_or_nobody_real_makes_no_person() {
    let place = house(None).await;
    let (shop, people) = (place.public("shop"), place.people().await);
    let raw = |name: &str, value: &str| Fault::RawField(name.to_owned(), value.into());
    for (fault, status, error) in [
        (Fault::NoField("openid".to_owned()), 500, "server_error"),
        (raw("openid", "\"\""), 500, "server_error"),
        (raw("openid", "\"o A\""), 500, "server_error"),
        (raw("unionid", "7"), 500, "server_error"),
        (Fault::Body(b"<html>502</html>".to_vec()), 500, "server_error"),
        (raw("is_snapshotuser", "1"), 400, "access_denied"),
        (raw("is_snapshotuser", "\"yes\""), 400, "access_denied"),
        (Fault::HangUpAfter, 503, "temporarily_unavailable"),
        (Fault::Truncate(20), 503, "temporarily_unavailable"),
    ] {
        for (endpoint, channel, code) in [
            (Endpoint::JsCode2Session, "mini", place.mini_code("ben")),
            (Endpoint::AccessToken, "app", place.app_code("ben")),
        ] {
            place.house.wechat.script().once(endpoint, fault.clone());
            let page = bring(&shop, &code, channel, &[]).await;
            assert_json(&page, status, error);
        }
    }
    assert_eq!(place.people().await, people);
    place.close().await;
}

/// Seen red with blocked people let in.
#[tokio::test]
async fn a_blocked_person_is_let_in_by_no_code() {
    let place = house(None).await;
    place.facts.run("UPDATE users SET state = 'blocked'").await;
    let shop = place.public("shop");
    let before = place.facts.number("SELECT count(*) FROM grants").await;
    for (channel, code) in [("mini", place.mini_code("xiaoyu")), ("app", place.app_code("xiaoyu"))]
    {
        assert_json(&bring(&shop, &code, channel, &[]).await, 400, "access_denied");
    }
    assert_eq!(place.facts.number("SELECT count(*) FROM grants").await, before);
    place.close().await;
}

/// WX-34: whoever holds the key can make up anybody's phone number. Seen red with the key in the log.
#[tokio::test]
async fn the_session_key_is_in_no_answer_no_log_and_no_row() {
    const KEY: &str = "UGxhbnRlZFNlc3NLZXkhIQ==";
    let place = house(None).await;
    let shop = place.public("shop");
    let planted = || Fault::RawField("session_key".to_owned(), format!("\"{KEY}\"").into_bytes());
    let script = place.house.wechat.script();
    script.once(Endpoint::JsCode2Session, planted());
    let page = bring(&shop, &place.mini_code("ann"), "mini", &[OFFLINE]).await;
    let tokens = good(&page);
    script.once(Endpoint::JsCode2Session, [planted(), Fault::NoField("openid".to_owned())]);
    let failed = bring(&shop, &place.mini_code("ann"), "mini", &[]).await;
    assert_eq!(failed.status, 500);
    let info = shop.userinfo(&tokens.access_token).await;
    let mut outputs = vec![page.body, failed.body, info.body, place.house.log()];
    for name in ["magpie.db", "magpie.db-wal"] {
        if let Ok(bytes) = std::fs::read(place.house.folder().join(name)) {
            outputs.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    assert!(outputs.len() >= 5, "the database was looked into");
    for output in outputs {
        assert!(!output.contains(KEY) && !output.contains("PlantedSessKey"));
    }
    place.close().await;
}

/// Law 8 and design §4: what browsers are offered does not change by there being mini programs. Seen red with mini
/// programs offered to WeChat's browser.
#[tokio::test]
async fn no_browser_comes_by_a_channel_whose_codes_are_brought() {
    let place: Place = house(None).await;
    let mut browser = harness::Browser::of(&place.house, harness::WECHAT_PHONE);
    let page = browser.get(&place.app().authorize(&[])).await;
    assert_eq!(page.marker(), "no-service-account", "{}", page.body);
    let url = format!("{}/callback/mini?code=x&state=y", place.house.issuer);
    let page = browser.get(&url).await;
    assert!(page.status.is_client_error(), "{}", page.status);
    place.close().await;
}
