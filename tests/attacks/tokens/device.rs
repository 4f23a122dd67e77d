//! Applications on devices (RFC 8628): who may ask for codes, what a device is told while it waits, and that what it
//! gets in the end is what any application gets.

use harness::{Browser, Tokens};

use crate::device_scene::{GRANT, answer, ask, assert_end, bring, codes, poll, poll_with};
use crate::jws::{Jws, decoded};
use crate::place::{Place, assert_json, redeem, refresh, refreshed};
use crate::proofs::{Prover, call};

/// V1, G6: what a device is given, and that the database holds neither code. Seen red with another interval, with
/// another lifetime, with an answer that may be stored, and with either code kept as it is.
#[tokio::test]
async fn a_device_is_given_two_codes_and_where_its_person_goes() {
    for place in Place::with_devices_on_both_engines().await {
        for app in [place.device(), place.public_device("tv")] {
            let page = ask(&app, &[("scope", "openid profile unheard_of")]).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let stored = (page.header("cache-control"), page.header("pragma"));
            assert_eq!(stored, ("no-store", "no-cache"));
            assert_eq!(page.header("content-type"), "application/json");
            let answer = page.json();
            assert_eq!(answer.as_object().unwrap().len(), 6);
            assert_eq!((&answer["expires_in"], &answer["interval"]), (&600.into(), &5.into()));
            let user_code = answer["user_code"].as_str().unwrap();
            let letters: Vec<_> = user_code.split('-').collect();
            assert_eq!(letters.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 4]);
            assert!(letters.concat().bytes().all(|b| b"BCDFGHJKLMNPQRSTVWXZ".contains(&b)));
            let uri = format!("{}/device", place.house.issuer);
            assert_eq!(answer["verification_uri"], uri);
            assert_eq!(answer["verification_uri_complete"], format!("{uri}?user_code={user_code}"));
            let device_code = answer["device_code"].as_str().unwrap();
            assert!(device_code.len() >= 26 + 1 + 43, "{device_code}");
            let secret = device_code.split('.').nth(1).unwrap();
            let kept = |what: &[u8]| {
                let bytes: String = what.iter().map(|byte| format!("{byte:02x}")).collect();
                let hex = if place.facts.is_postgres() { "encode" } else { "hex" };
                let more = if place.facts.is_postgres() { ", 'hex'" } else { "" };
                format!(
                    "SELECT count(*) FROM devices WHERE lower({hex}(secret_hash{more})) LIKE '%{bytes}%' OR lower({hex}(user_code_hash{more})) LIKE '%{bytes}%'"
                )
            };
            for what in [secret.as_bytes(), &decoded(secret), letters.concat().as_bytes()] {
                assert_eq!(place.facts.number(&kept(what)).await, 0, "only hashes are kept");
            }
        }
        let rows =
            "SELECT count(*) FROM devices WHERE scopes = 'openid profile' AND poll_interval = 5";
        assert_eq!(place.facts.number(rows).await, 2);
        place.close().await;
    }
}

/// V1, CA: client authentication as at the token endpoint; whoever is refused leaves no row. Seen red with codes for
/// every client.
#[tokio::test]
async fn only_a_client_of_the_grant_gets_codes() {
    let place = Place::with_devices().await;
    let (app, public) = (place.device(), place.public_device("tv"));
    let before = place.facts.picture().await;
    assert_json(&ask(&place.app(), &[]).await, 400, "unauthorized_client");
    let native = place.house.public_application();
    assert_json(&ask(&native, &[]).await, 400, "unauthorized_client");
    assert_json(&ask(&place.public_device("nobody"), &[]).await, 401, "invalid_client");
    assert_json(&ask(&place.public_device("box"), &[]).await, 401, "invalid_client");
    for (more, error) in [
        (vec![("scope", "profile")], "invalid_scope"),
        (vec![("scope", "unheard_of")], "invalid_scope"),
        (vec![("scope", "openid"), ("scope", "profile")], "invalid_request"),
        (vec![("resource", "https://other.example")], "invalid_target"),
        (vec![("resource", "no-address")], "invalid_target"),
    ] {
        assert_json(&ask(&app, &more).await, 400, error);
    }
    let wrong = app.post_as("/oauth2/device", Some("Basic Ym94Ondyb25n"), &[]).await;
    assert_eq!((wrong.status.as_u16(), &*wrong.oauth_error()), (401, "invalid_client"));
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    let in_url = public.post("/oauth2/device?client_id=tv", &[]).await;
    assert_json(&in_url, 400, "invalid_request");
    assert_eq!(Browser::new(&place.house).get("/oauth2/device").await.status, 405);
    assert_eq!(place.facts.picture().await, before);
    place.close().await;
}

/// V2: pending, too fast for good, refused, expired: each 400, each the error of RFC 8628 §3.5.
#[tokio::test]
async fn a_device_that_waits_is_told_how_it_stands() {
    for mut place in Place::with_devices_on_both_engines().await {
        let app = place.public_device("tv");
        let one = codes(&app, &[]).await;
        for (passes, error, interval) in [
            (0, "authorization_pending", 5),
            (0, "slow_down", 10),
            (6, "slow_down", 15),
            // Five seconds are not enough any more, and will never be again.
            (16, "authorization_pending", 15),
            (6, "slow_down", 20),
            (21, "authorization_pending", 20),
        ] {
            place.pass(&one, passes).await;
            assert_json(&poll(&app, &one).await, 400, error);
            let kept =
                format!("SELECT poll_interval FROM devices WHERE device_id = '{}'", one.row());
            assert_eq!(place.facts.number(&kept).await, interval, "{error}");
        }
        assert_end(&place.say(&one, "deny").await, "refused");
        for _ in 0..2 {
            assert_json(&poll(&app, &one).await, 400, "access_denied");
        }
        let late = codes(&app, &[]).await;
        place.pass(&late, 601).await;
        assert_json(&poll(&app, &late).await, 400, "expired_token");
        let unfetched = codes(&app, &[]).await;
        assert_end(&place.say(&unfetched, "allow").await, "allowed");
        place.pass(&unfetched, 601).await;
        assert_json(&poll(&app, &unfetched).await, 400, "expired_token");
        assert_eq!(place.audited("device_refused").await, 1);
        place.close().await;
    }
}

/// V3: the code is its own client's, for one use, and nothing else is one. Seen red with a code that is anybody's, and
/// with one that can be used again.
#[tokio::test]
async fn a_device_code_serves_its_own_client_once() {
    let mut place = Place::with_devices().await;
    let (app, other) = (place.device(), place.public_device("tv"));
    let one = codes(&app, &[]).await;
    assert_end(&place.say(&one, "allow").await, "allowed");
    assert_json(&poll(&other, &one).await, 400, "invalid_grant");
    assert_json(&poll(&place.app(), &one).await, 400, "unauthorized_client");
    let (row, secret) = one.device.split_once('.').unwrap();
    let grant_of = format!("SELECT count(*) FROM grants WHERE grant_id = '{row}'");
    assert_eq!(place.facts.number(&grant_of).await, 0, "the grant has another id");
    let turned = format!("{secret}.{row}");
    let foreign = codes(&other, &[]).await.device;
    let foreign_secret = format!("{row}.{}", foreign.split('.').nth(1).unwrap());
    for code in ["x", row, secret, &turned, &foreign_secret, &one.user, &one.device.to_uppercase()]
    {
        assert_json(&poll_with(&app, code, &[]).await, 400, "invalid_grant");
    }
    assert_json(&poll_with(&app, "", &[]).await, 400, "invalid_request");
    // Neither kind of code passes for the other.
    let code = place.plain_code().await;
    assert_json(&poll_with(&app, &code, &[]).await, 400, "invalid_grant");
    let as_code = redeem(&place.app(), &one.device, &[]).await;
    assert_json(&as_code, 400, "invalid_grant");
    // None of this has burnt it, and asking for a resource that was not granted does not either.
    let target = poll_with(&app, &one.device, &[("resource", "https://api.example")]).await;
    assert_json(&target, 400, "invalid_target");
    let page = poll(&app, &one).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    for _ in 0..2 {
        assert_json(&poll(&app, &one).await, 400, "invalid_grant");
    }
    let tokens = Tokens::read(&page);
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200, "the first use stands");
    place.close().await;
}

/// OIDC Core §3.1.3.3, §12: the same tokens as by a code, the same life, the same end.
#[tokio::test]
async fn what_a_device_gets_is_what_any_application_gets() {
    for mut place in Place::with_devices_on_both_engines().await {
        let by_code = place.tokens().await;
        let app = place.device();
        let wish =
            [("scope", "openid profile offline_access"), ("resource", "https://api.example")];
        let one = codes(&app, &wish).await;
        assert_end(&place.say(&one, "allow").await, "allowed");
        // Once the person has answered, asking soon is no fault.
        let page = poll(&app, &one).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let tokens = Tokens::read(&page);
        assert_eq!(tokens.answer["token_type"], "Bearer");
        assert_eq!(tokens.answer["scope"], "openid profile offline_access");
        let claims = &tokens.id_token;
        for name in ["sub", "iss", "auth_time", "amr", "acr", "sid"] {
            assert_eq!(claims[name], by_code.id_token[name], "{name}");
        }
        assert_eq!(claims["aud"], "box");
        assert!(claims.get("nonce").is_none());
        let jwt = tokens.answer["id_token"].as_str().unwrap();
        assert_eq!(Jws::read(jwt).header["alg"], "RS256");
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        let told = app.post("/oauth2/introspect", &[("token", &tokens.access_token)]).await.json();
        assert_eq!(told["aud"], serde_json::json!(["https://api.example", place.house.issuer]));
        let next = refreshed(&app, &tokens.refresh_token).await;
        assert_eq!(next.subject(), tokens.subject());
        let account = place.browser.get("/account").await;
        assert!(account.body.contains("data-client=\"box\""), "{}", account.body);
        assert_eq!(place.audited("device_allowed").await, 1);
        let revoked = app.post("/oauth2/revoke", &[("token", &next.refresh_token)]).await;
        assert_eq!(revoked.status, 200);
        assert_eq!(app.userinfo(&next.access_token).await.status, 401);
        place.close().await;
    }
}

/// A public device without the refresh grant gets no refresh token; a sign-out ends what the session gave, fetched or not.
#[tokio::test]
async fn what_a_session_gave_a_device_ends_with_the_session() {
    let mut place = Place::with_devices().await;
    let app = place.public_device("tv");
    let (fetched, unfetched) = (codes(&app, &[]).await, codes(&app, &[]).await);
    for one in [&fetched, &unfetched] {
        assert_end(&place.say(one, "allow").await, "allowed");
    }
    let tokens = Tokens::read(&poll(&app, &fetched).await);
    assert!(tokens.refresh_token.is_empty());
    assert_eq!(tokens.answer["scope"], "openid");
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
    let account = place.browser.get("/account").await;
    let token = crate::device_scene::form_token(&account);
    let page = place.browser.post("/account/sign-out", &[("form_token", &token)]).await;
    assert_eq!(page.marker(), "signed-out");
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
    assert_json(&poll(&app, &unfetched).await, 400, "invalid_grant");
    place.close().await;
}

/// RT-12: a person who is blocked answers for no device, and what was answered before is not given.
#[tokio::test]
async fn a_blocked_person_lets_no_device_in() {
    let mut place = Place::with_devices().await;
    let app = place.device();
    let (before, after) = (codes(&app, &[]).await, codes(&app, &[]).await);
    assert_end(&place.say(&before, "allow").await, "allowed");
    let question = bring(&mut place.browser, &after.user).await;
    place.facts.run("UPDATE users SET state = 'blocked'").await;
    assert_json(&poll(&app, &before).await, 400, "invalid_grant");
    // The open question leads back to WeChat, since nobody is signed in any more.
    let page = answer(&mut place.browser, &question, "allow").await;
    let wechat = page.location();
    assert!(wechat.starts_with(&place.house.wechat.base_url()), "{wechat}");
    let callback = place.house.wechat.approve(&wechat, "xiaoyu").unwrap();
    assert_end(&place.browser.get(&callback).await, "stopped");
    assert_json(&poll(&app, &after).await, 400, "authorization_pending");
    place.facts.run("UPDATE users SET state = 'active'").await;
    assert_eq!(poll(&app, &before).await.status, 200, "blocking burns nothing");
    place.close().await;
}

/// D7: what discovery says of it works.
#[tokio::test]
async fn discovery_names_the_endpoint_and_the_grant() {
    let mut place = Place::with_devices().await;
    let document = place.browser.get("/.well-known/openid-configuration").await.json();
    let endpoint = document["device_authorization_endpoint"].as_str().unwrap();
    let path = endpoint.strip_prefix(&place.house.issuer).unwrap().to_owned();
    assert_eq!(place.device().post(&path, &[]).await.status, 200);
    let grants = document["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&GRANT.into()));
    place.close().await;
}

/// An application that may not use the grant any more, while its device waits, is asked for no longer and gets nothing.
#[tokio::test]
async fn a_client_that_loses_the_grant_takes_its_devices_along() {
    let mut place = Place::with_devices().await;
    let details = |grants: &str| {
        let lists = r#""redirect_uris":[],"post_logout_redirect_uris":[]"#;
        format!(
            r#"{{{lists},"policy":{{"auth_methods":["none"],"require_pkce":true,"grant_types":[{grants}]}}}}"#
        )
    };
    let both = format!(r#""{GRANT}","refresh_token""#);
    place
        .facts
        .run(&format!(
            "INSERT INTO clients (client_id, name, scopes, enabled, created_at, details) \
             VALUES ('stored', 'Stored', 'openid', 1, 0, '{}')",
            details(&both)
        ))
        .await;
    let app = place.public_device("stored");
    let (one, two) = (codes(&app, &[]).await, codes(&app, &[]).await);
    assert_end(&place.say(&one, "allow").await, "allowed");
    let question = bring(&mut place.browser, &two.user).await;
    let without = details(r#""refresh_token""#);
    for change in [format!("details = '{without}'"), "enabled = 0".to_owned()] {
        place.facts.run(&format!("UPDATE clients SET {change}")).await;
        answer(&mut place.browser.clone(), &question, "allow").await.assert_error_page(400);
        let page = bring(&mut place.browser, &two.user).await;
        assert_eq!((page.status.as_u16(), &*page.cause()), (400, "unknown_client"));
        let (status, error) = if change.starts_with("enabled") {
            (401, "invalid_client")
        } else {
            (400, "unauthorized_client")
        };
        assert_json(&poll(&app, &one).await, status, error);
        assert_json(&ask(&app, &[]).await, status, error);
    }
    let answered = place.facts.number("SELECT count(answer) FROM devices").await;
    assert_eq!(answered, 1, "only the answer from before");
    place.close().await;
}

/// RFC 9449 §5: a device's tokens are bound to the key it proves, and waiting uses no proof up.
#[tokio::test]
async fn a_device_that_proves_a_key_gets_tokens_for_that_key() {
    let mut place = Place::with_devices().await;
    let app = place.public_device("speaker");
    let prover = Prover::new(&place, "ES256");
    let one = codes(&app, &[("scope", "openid offline_access")]).await;
    assert_json(&poll(&app, &one).await, 400, "invalid_dpop_proof");
    let proof = prover.proof(&app, "/oauth2/token").await;
    let fields = [("grant_type", GRANT), ("device_code", &*one.device)];
    let proofs = [&*proof];
    let ask = || call(&app, "/oauth2/token", &fields, &proofs);
    assert_json(&ask().await, 400, "authorization_pending");
    assert_end(&place.say(&one, "allow").await, "allowed");
    let page = ask().await;
    assert_eq!((page.status.as_u16(), &page.json()["token_type"]), (200, &"DPoP".into()));
    let tokens = Tokens::read(&page);
    assert_json(&app.userinfo(&tokens.access_token).await, 401, "invalid_token");
    let shown = prover.at_userinfo(&app, &tokens.access_token).await;
    let authorization = format!("DPoP {}", tokens.access_token);
    let page = crate::proofs::userinfo(&app, &authorization, &[&shown]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let thief = Prover::new(&place, "ES256").proof(&app, "/oauth2/token").await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh_token)];
    let page = call(&app, "/oauth2/token", &fields, &[&thief]).await;
    assert_json(&page, 400, "invalid_grant");
    let bare = refresh(&app, &tokens.refresh_token, &[]).await;
    assert_json(&bare, 400, "invalid_dpop_proof");
    let two = codes(&app, &[]).await;
    assert_end(&place.say(&two, "allow").await, "allowed");
    let again = [("grant_type", GRANT), ("device_code", &*two.device)];
    let used = call(&app, "/oauth2/token", &again, &[&proof]).await;
    assert_json(&used, 400, "invalid_dpop_proof");
    let fresh = prover.proof(&app, "/oauth2/token").await;
    let page = call(&app, "/oauth2/token", &again, &[&fresh]).await;
    assert_eq!(page.status, 200, "a used proof burns no code: {}", page.body);
    place.close().await;
}
