//! What a code is good for: once, soon, for the application, the address and the verifier it was made with.

use harness::Application;

use crate::place::{Place, VERIFIER, assert_json, redeem};

/// TK-05: whatever is not the code is refused in the same words and takes nothing from the code. Seen red with any
/// secret beside the right grant.
#[tokio::test]
async fn anything_but_the_code_itself_is_an_invalid_grant() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let code = place.plain_code().await;
        let other = place.plain_code().await;
        let before = place.facts.picture().await;
        let (id, secret) = code.split_once('.').unwrap();
        let (_, other_secret) = other.split_once('.').unwrap();
        let mut wrong = vec![
            "x".to_owned(),
            ".".to_owned(),
            id.to_owned(),
            secret.to_owned(),
            format!("{id}."),
            format!(".{secret}"),
            format!("{id}.{other_secret}"),
            format!("{secret}.{id}"),
            format!("{code}="),
            format!(" {code}"),
            format!("{code}\n"),
            format!("{code}.{code}"),
            code.replace('.', ""),
            code.to_uppercase(),
            code[..code.len() - 1].to_owned(),
            code.replace('.', "。"),
            format!("{id}' OR '1'='1.{secret}"),
            "a".repeat(60_000),
            format!("{id}.{}", "é".repeat(20)),
        ];
        for at in 0..code.len() {
            let mut bytes = code.clone().into_bytes();
            bytes[at] ^= 1;
            wrong.push(String::from_utf8(bytes).unwrap());
        }
        let mut answers = Vec::new();
        for wrong in &wrong {
            let page = redeem(&app, wrong, &[]).await;
            assert_json(&page, 400, "invalid_grant");
            answers.push(page.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_json(&redeem(&app, "", &[]).await, 400, "invalid_request");
        assert_json(&redeem(&app, &code, &[("code", "")]).await, 400, "invalid_request");
        assert_eq!(place.facts.picture().await, before);
        assert_eq!(redeem(&app, &code, &[]).await.status, 200);
        place.close().await;
    }
}

/// T11, TK-06, TK-08, P3, P4, P5 with a challenge; TK-09 without one. A code that was shown wrongly is not shown again.
/// Seen red with a missing verifier accepted, with the challenge accepted for one, with one accepted where there was no
/// challenge, and with a code that is not burnt.
#[tokio::test]
async fn a_wrong_verifier_burns_the_code() {
    let challenge = Application::challenge(VERIFIER);
    let longer = "a".repeat(129);
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        for wrong in [
            "",
            &challenge,
            "another-verifier-that-is-long-enough-for-rfc-76",
            &VERIFIER[..42],
            &longer,
            &format!("{VERIFIER}="),
            &VERIFIER.to_uppercase(),
        ] {
            let code = place.bound_code(&app).await;
            let page = redeem(&app, &code, &[("code_verifier", wrong)]).await;
            assert_json(&page, 400, "invalid_grant");
            let page = redeem(&app, &code, &[("code_verifier", VERIFIER)]).await;
            assert_json(&page, 400, "invalid_grant");
        }
        let code = place.plain_code().await;
        assert_json(
            &redeem(&app, &code, &[("code_verifier", VERIFIER)]).await,
            400,
            "invalid_grant",
        );
        assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
        let code = place.bound_code(&app).await;
        assert_eq!(redeem(&app, &code, &[("code_verifier", VERIFIER)]).await.status, 200);
        place.close().await;
    }
}

/// T11, TK-10, T15: byte for byte, and required, since it was sent. Seen red with a missing address accepted, with
/// letters of either case, without the query, and with a code that is not burnt.
#[tokio::test]
async fn a_wrong_redirect_uri_burns_the_code() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        assert_eq!(app.redirect_uri, "https://app.example/cb?keep=1");
        for wrong in [
            "",
            "https://app.example/cb?keep=2",
            "https://app.example/cb?keep=",
            "https://app.example/cb?keep=1&",
            "https://app.example/cb?keep=1#",
            "https://app.example/cb?keep=%31",
            "https://app.example/cb",
            "https://app.example/second",
            "https://app.example:443/cb?keep=1",
            "https://APP.example/cb?keep=1",
            "http://app.example/cb?keep=1",
            "https://app.example/cb?keep=1 ",
        ] {
            let code = place.plain_code().await;
            let page = redeem(&app, &code, &[("redirect_uri", wrong)]).await;
            assert_json(&page, 400, "invalid_grant");
            assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
        }
        let code = place.plain_code().await;
        assert_eq!(redeem(&app, &code, &[]).await.status, 200);
        place.close().await;
    }
}

/// T11, T14: otherwise whoever sees a code could take it from its owner. Seen red with a code that is anybody's, and
/// with one that anybody burns.
#[tokio::test]
async fn another_application_neither_gets_nor_burns_a_code() {
    for mut place in Place::on_both_engines().await {
        let (app, other) = (place.app(), place.house.other_application());
        let public = place.house.public_application();
        let code = place.bound_code(&app).await;
        let before = place.facts.picture().await;
        let verifier = ("code_verifier", VERIFIER);
        for thief in [&other, &public] {
            for uri in [&*app.redirect_uri, &*thief.redirect_uri] {
                let page = redeem(thief, &code, &[verifier, ("redirect_uri", uri)]).await;
                assert_json(&page, 400, "invalid_grant");
            }
        }
        assert_eq!(place.facts.picture().await, before);
        let page = redeem(&app, &code, &[verifier]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let tokens = harness::Tokens::read(&page);
        let page = redeem(&other, &code, &[verifier]).await;
        assert_json(&page, 400, "invalid_grant");
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200, "nor revokes it later");
        place.close().await;
    }
}

/// T11, TK-13: the last second is the one before `code_expires_at`. The row is moved, since the house's clock is the
/// machine's. Seen red with a second more, and without an end.
#[tokio::test]
async fn a_code_ends_at_the_very_second_of_its_expiry() {
    let mut places = vec![Place::with("[times]\ncode = \"10s\"").await];
    places.extend(Place::on_postgres().await);
    for (mut place, lifetime) in places.into_iter().zip([10, 60]) {
        let app = place.app();
        let code = place.plain_code().await;
        let grant = code.split('.').next().unwrap().to_owned();
        let sql =
            format!("SELECT code_expires_at - created_at FROM grants WHERE grant_id = '{grant}'");
        assert_eq!(place.facts.number(&sql).await, lifetime);
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let move_to = |end: u64| {
            format!("UPDATE grants SET code_expires_at = {end} WHERE grant_id = '{grant}'")
        };
        for end in [now - 1, now] {
            place.facts.run(&move_to(end)).await;
            assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
        }
        let unused = format!(
            "SELECT count(*) FROM grants WHERE grant_id = '{grant}' AND code_used_at IS NULL AND revoked_at IS NULL"
        );
        assert_eq!(
            place.facts.number(&unused).await,
            1,
            "an expired code is not burnt, it is over"
        );
        place.facts.run(&move_to(now + 60)).await;
        assert_eq!(redeem(&app, &code, &[]).await.status, 200);
        place.close().await;
    }
}

/// Invariant I5 of the abuse cases: blocked between the code and the tokens, and between the tokens and userinfo. Seen
/// red with tokens given for blocked people.
#[tokio::test]
async fn somebody_who_was_blocked_is_given_away_no_more() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let tokens = place.tokens().await;
        let code = place.plain_code().await;
        place.facts.run("UPDATE users SET state = 'blocked'").await;
        assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
        let page = app.userinfo(&tokens.access_token).await;
        assert_json(&page, 401, "invalid_token");
        place.facts.run("UPDATE users SET state = 'active'").await;
        assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
        assert_eq!(
            app.userinfo(&tokens.access_token).await.status,
            200,
            "blocking is no revocation"
        );
        place.close().await;
    }
}

/// TK-21, TK-22, T16, G4, G6: the answer, its scope, and that fields for other grants change nothing (design, section
/// 6). Seen red with the scopes of the client in place of the granted ones, with an answer that may be stored, with
/// scopes that are not named, and with a number as text (G4).
#[tokio::test]
async fn the_answer_holds_what_was_granted_and_nothing_that_was_asked_later() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.code(&app, &[("scope", "openid")]).await;
    let later = [("scope", "openid profile wechat email offline_access"), ("audience", "other")];
    let page = redeem(&app, &code, &later).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!((page.header("cache-control"), page.header("pragma")), ("no-store", "no-cache"));
    let answer = page.json();
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["access_token", "expires_in", "id_token", "token_type"]);
    assert_eq!(
        (answer["token_type"].as_str(), answer["expires_in"].as_i64()),
        (Some("Bearer"), Some(3600))
    );
    let tokens = harness::Tokens::read(&page);
    assert_eq!(tokens.id_token["aud"], "app");
    let claims = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims, serde_json::json!({ "sub": tokens.subject() }), "no profile was granted");
    let code = place.code(&app, &[("scope", "openid profile email unknown")]).await;
    assert_eq!(redeem(&app, &code, &[]).await.json()["scope"], "openid profile");
    place.close().await;
}

/// G8: neither the database nor its journal holds anything that could be redeemed. Seen red with secrets kept in place
/// of their hashes.
#[tokio::test]
async fn codes_and_tokens_are_long_and_are_not_in_the_database() {
    let mut place = Place::open().await;
    let used = place.plain_code().await;
    let tokens = place.app().tokens(&used).await;
    let unused = place.plain_code().await;
    let (id, secret) = used.split_once('.').unwrap();
    assert!(place.keeps(id), "the search finds what is there");
    let session = &place.browser.cookies["magpie-session"];
    let session = session.split_once('.').unwrap().1;
    for held in [secret, unused.split_once('.').unwrap().1, &tokens.access_token, session] {
        assert!(held.len() >= 43, "256 bits: {}", held.len());
        assert!(!place.keeps(held));
    }
    assert!(!place.keeps(tokens.answer["id_token"].as_str().unwrap()));
    place.close().await;
}
