//! The life of a refresh token: it rotates, an answer that was lost is told again, and a thief ends it for everybody.

use harness::{Application, Tokens};

use crate::place::{Place, assert_json, refresh, refreshed};

const REVOKED: &str = "SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL";
const REUSED: &str = "SELECT count(*) FROM audit_events WHERE fact LIKE '%refresh_reused%'";
const LEAKED: &str =
    "SELECT count(*) FROM audit_events WHERE fact LIKE '%refresh_shown_by_another%'";

/// Lets so many seconds pass for every refresh token since it was rotated.
async fn since_rotation(place: &Place, seconds: u32) {
    let sql = format!("UPDATE grants SET refresh_rotated_at = refresh_rotated_at - {seconds}");
    place.facts.run(&sql).await;
}

async fn assert_dead(app: &Application, tokens: &[&Tokens]) {
    for tokens in tokens {
        assert_json(&refresh(app, &tokens.refresh_token, &[]).await, 400, "invalid_grant");
        assert_json(&app.userinfo(&tokens.access_token).await, 401, "invalid_token");
    }
}

/// T17, T16, G6, G8: public clients too; what comes is new each time and is not in the database. Seen red with answers
/// that may be stored, and with the secret kept in place of its hash (G8).
#[tokio::test]
async fn a_refresh_token_gives_new_tokens_and_its_successor() {
    for mut place in Place::on_both_engines().await {
        for app in [place.app(), place.house.public_application()] {
            let mut tokens = place.offline(&app).await;
            for generation in 1..=3 {
                let page = refresh(&app, &tokens.refresh_token, &[]).await;
                assert_eq!(page.status, 200, "{}", page.body);
                let stored = (page.header("cache-control"), page.header("pragma"));
                assert_eq!(stored, ("no-store", "no-cache"));
                let next = Tokens::read(&page);
                assert_eq!(next.answer["token_type"], "Bearer");
                assert_eq!(next.answer["expires_in"], 3600);
                assert!(next.answer.get("scope").is_none(), "the same as was asked");
                assert_ne!(next.access_token, tokens.access_token);
                let parts: Vec<_> = next.refresh_token.split('.').collect();
                assert_eq!(
                    (parts.len(), parts[1], parts[2].len()),
                    (3, &*generation.to_string(), 43)
                );
                if !place.facts.is_postgres() {
                    assert!(place.keeps(parts[0]), "the search finds what is there");
                    assert!(!place.keeps(parts[2]) && !place.keeps(&next.access_token));
                }
                assert_eq!(app.userinfo(&next.access_token).await.status, 200);
                assert_eq!(app.userinfo(&tokens.access_token).await.status, 200, "of before");
                tokens = next;
            }
        }
        assert_eq!(place.facts.number(REVOKED).await, 0);
        place.close().await;
    }
}

/// OIDC Core section 11: who did not ask, or may not have one, gets none.
#[tokio::test]
async fn a_refresh_token_comes_with_offline_access_and_never_without() {
    let more = r#"
[[clients]]
id = "codes-only"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://codes.example/cb"]
scopes = ["openid", "profile", "offline_access"]
grant_types = ["authorization_code"]
[[clients]]
id = "online-only"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://online.example/cb"]
scopes = ["openid", "profile"]
"#;
    let mut place = Place::with(more).await;
    let app = place.app();
    let plain = place.tokens().await;
    assert!(plain.answer.get("refresh_token").is_none());
    for (id, uri) in
        [("codes-only", "https://codes.example/cb"), ("online-only", "https://online.example/cb")]
    {
        let mut narrow = app.clone();
        narrow.client_id = id.to_owned();
        narrow.redirect_uri = uri.to_owned();
        let code = place.offline_code(&narrow).await;
        let page =
            crate::place::redeem(&narrow, &code, &[("code_verifier", crate::place::VERIFIER)])
                .await;
        let answer = page.json();
        assert_eq!(answer["scope"], "openid profile", "{id}");
        assert!(answer.get("refresh_token").is_none(), "{id}");
    }
    place.close().await;
}

/// T10, A5: and an unknown grant type is another thing (T9). Seen red with any grant type for any client.
#[tokio::test]
async fn a_client_uses_only_the_grants_it_is_registered_for() {
    let more = r#"
[[clients]]
id = "codes-only"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://codes.example/cb"]
grant_types = ["authorization_code"]
[[clients]]
id = "no-codes"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://no-codes.example/cb"]
grant_types = ["refresh_token"]
"#;
    let mut place = Place::with(more).await;
    let tokens = place.offline(&place.app()).await;
    let unused = place.plain_code().await;
    let before = place.facts.picture().await;
    let mut narrow = place.app();
    narrow.client_id = "codes-only".to_owned();
    let page = refresh(&narrow, &tokens.refresh_token, &[]).await;
    assert_json(&page, 400, "unauthorized_client");
    narrow.client_id = "no-codes".to_owned();
    narrow.redirect_uri = "https://no-codes.example/cb".to_owned();
    assert_json(&crate::place::redeem(&narrow, &unused, &[]).await, 400, "unauthorized_client");
    let page = narrow.token(&[("grant_type", "password")]).await;
    assert_json(&page, 400, "unsupported_grant_type");
    let page = place.browser.get(&narrow.authorize(&[])).await;
    assert_eq!(page.sent("error").as_deref(), Some("unauthorized_client"));
    assert_eq!(page.sent("iss").as_deref(), Some(&*place.house.issuer));
    assert_eq!(page.sent("state").as_deref(), Some("state-of-the-application"));
    assert_eq!(place.facts.picture().await, before, "a refusal burns nothing");
    place.close().await;
}

/// G3, RT-01. Seen red with any secret beside the right grant.
#[tokio::test]
async fn what_never_was_a_refresh_token_is_refused_and_changes_nothing() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let tokens = place.offline(&app).await;
        let other = place.offline(&app).await;
        let good = tokens.refresh_token.clone();
        let (id, secret) = (good.split('.').next().unwrap(), good.split('.').nth(2).unwrap());
        let foreign = other.refresh_token.split('.').nth(2).unwrap();
        let before = place.facts.picture().await;
        let bent = if secret.starts_with('A') { "B" } else { "A" };
        for bad in [
            "x".to_owned(),
            good[..good.len() - 1].to_owned(),
            format!("{good}A"),
            format!("{id}.0.{bent}{}", &secret[1..]),
            format!("{id}.1.{secret}"),
            format!("{id}.00.{secret}"),
            format!("{id}.4294967295.{secret}"),
            format!("{id}.0.{foreign}"),
            format!("{id}.{secret}"),
            format!("0123456789abcdefghjkmnpqrs.0.{secret}"),
            tokens.access_token.clone(),
            "a".repeat(5000),
        ] {
            assert_json(&refresh(&app, &bad, &[]).await, 400, "invalid_grant");
        }
        assert_json(&app.token(&[("grant_type", "refresh_token")]).await, 400, "invalid_request");
        let twice = [("refresh_token", &*good)];
        assert_json(&refresh(&app, &good, &twice).await, 400, "invalid_request");
        let unproven = [("grant_type", "refresh_token"), ("refresh_token", &*good)];
        assert_json(&app.token_as(None, &unproven).await, 401, "invalid_client");
        assert_eq!(place.facts.picture().await, before);
        refreshed(&app, &good).await;
        place.close().await;
    }
}

/// RT-01, T20: a token in another application's hands has leaked.
#[tokio::test]
async fn another_clients_token_ends_its_family_and_is_on_record_once() {
    for mut place in Place::on_both_engines().await {
        let (app, other) = (place.app(), place.house.other_application());
        let tokens = place.offline(&app).await;
        let unharmed = place.offline(&app).await;
        for _ in 0..2 {
            let page = refresh(&other, &tokens.refresh_token, &[]).await;
            assert_json(&page, 400, "invalid_grant");
        }
        assert_dead(&app, &[&tokens]).await;
        assert_eq!(place.facts.number(LEAKED).await, 1);
        assert_eq!(place.facts.number(REVOKED).await, 1);
        refreshed(&app, &unharmed.refresh_token).await;
        place.close().await;
    }
}

/// RT-02, RT-09: the answer was lost; any replica tells it again. Seen red with every repetition taken for theft, and
/// with another successor in the second answer.
#[tokio::test]
async fn who_lost_the_answer_gets_the_same_successor_and_new_access() {
    for mut place in Place::on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let (here, there) = (place.app(), place.app().at(address));
        let first = place.offline(&here).await;
        let lost = refreshed(&here, &first.refresh_token).await;
        let again = refreshed(&there, &first.refresh_token).await;
        assert_eq!(again.refresh_token, lost.refresh_token);
        assert_ne!(again.access_token, lost.access_token);
        since_rotation(&place, 20).await;
        let late = refreshed(&here, &first.refresh_token).await;
        assert_eq!(late.refresh_token, lost.refresh_token);
        let next = refreshed(&there, &lost.refresh_token).await;
        for tokens in [&lost, &again, &late, &next] {
            assert_eq!(here.userinfo(&tokens.access_token).await.status, 200);
        }
        assert_eq!(place.facts.number(REVOKED).await, 0);
        stop.cancel();
        place.close().await;
    }
}

/// RT-14: two applications refresh for one person, each its own family; WeChat, whose answers nobody keeps, is not
/// asked. Seen red with WeChat asked for a token at each refresh.
#[tokio::test]
async fn two_applications_refresh_for_one_person_and_wechat_is_not_asked() {
    let mut place = Place::open().await;
    let (app, public) = (place.app(), place.house.public_application());
    let (one, two) = (place.offline(&app).await, place.offline(&public).await);
    let asked = place.house.wechat.requests().len();
    let (first, second) =
        (refreshed(&app, &one.refresh_token).await, refreshed(&public, &two.refresh_token).await);
    assert_eq!(first.subject(), second.subject());
    assert_eq!(first.subject(), one.subject());
    assert_eq!(place.house.wechat.requests().len(), asked);
    assert_dead(&app, &[&Tokens { access_token: "x".to_owned(), ..two.clone() }]).await;
    place.close().await;
}

/// RT-05, T17: late is theft. Seen red with a window without an end.
#[tokio::test]
async fn a_repetition_after_the_window_ends_the_family() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let first = place.offline(&app).await;
        let second = refreshed(&app, &first.refresh_token).await;
        since_rotation(&place, 30).await;
        assert_json(&refresh(&app, &first.refresh_token, &[]).await, 400, "invalid_grant");
        assert_dead(&app, &[&first, &second]).await;
        assert_eq!(place.facts.number(REUSED).await, 1, "once, however often it is tried");
        place.close().await;
    }
}

/// RT-05: ten times, and the eleventh is refused without harm. Seen red with repetitions without number, and with the
/// eleventh taken for theft.
#[tokio::test]
async fn the_eleventh_repetition_is_refused_and_harms_nothing() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let first = place.offline(&app).await;
        let second = refreshed(&app, &first.refresh_token).await;
        for _ in 0..10 {
            assert_eq!(
                refreshed(&app, &first.refresh_token).await.refresh_token,
                second.refresh_token
            );
        }
        for _ in 0..2 {
            assert_json(&refresh(&app, &first.refresh_token, &[]).await, 400, "invalid_grant");
        }
        assert_eq!(place.facts.number(REVOKED).await, 0);
        refreshed(&app, &second.refresh_token).await;
        place.close().await;
    }
}

/// RT-04: the successor was used, so the older one is in other hands, however quickly it comes. Seen red with older
/// tokens not recognised, and with them refused without a consequence.
#[tokio::test]
async fn any_older_token_ends_the_family_inside_the_window_too() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        for shown in [0, 1, 2] {
            let mut family = vec![place.offline(&app).await];
            for _ in 0..4 {
                let next = refreshed(&app, &family.last().unwrap().refresh_token).await;
                family.push(next);
            }
            let old = &family[shown].refresh_token;
            assert_json(&refresh(&app, old, &[]).await, 400, "invalid_grant");
            assert_dead(&app, &family.iter().collect::<Vec<_>>()).await;
        }
        assert_eq!(place.facts.number(REUSED).await, 3);
        place.close().await;
    }
}

/// T13: the code that began the family ends it when it is shown again.
#[tokio::test]
async fn a_second_use_of_the_code_ends_its_refresh_token() {
    let mut place = Place::open().await;
    let app = place.app();
    let code = place.offline_code(&app).await;
    let verified = [("code_verifier", crate::place::VERIFIER)];
    let tokens = Tokens::read(&crate::place::redeem(&app, &code, &verified).await);
    let second = refreshed(&app, &tokens.refresh_token).await;
    assert_json(&crate::place::redeem(&app, &code, &[]).await, 400, "invalid_grant");
    assert_dead(&app, &[&tokens, &second]).await;
    place.close().await;
}

/// B7: the two ends: unused for thirty days, or used for a hundred and eighty.
#[tokio::test]
async fn a_refresh_token_ends_when_it_is_not_used_and_at_the_latest_some_day() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let idle = place.offline(&app).await;
        let span =
            "SELECT refresh_expires_at - code_used_at FROM grants WHERE refresh_hash IS NOT NULL";
        assert_eq!(place.facts.number(span).await, 30 * 86_400);
        place
            .facts
            .run("UPDATE grants SET refresh_expires_at = refresh_expires_at - 2592000")
            .await;
        assert_json(&refresh(&app, &idle.refresh_token, &[]).await, 400, "invalid_grant");
        assert_eq!(place.facts.number(REVOKED).await, 0, "that is no theft");
        place.facts.run("DELETE FROM grants").await;
        let old = place.offline(&app).await;
        let span =
            "SELECT refresh_ends_at - code_used_at FROM grants WHERE refresh_hash IS NOT NULL";
        assert_eq!(place.facts.number(span).await, 180 * 86_400);
        place
            .facts
            .run("UPDATE grants SET refresh_ends_at = refresh_ends_at - 180 * 86400 + 50")
            .await;
        let next = refreshed(&app, &old.refresh_token).await;
        let past = "SELECT refresh_expires_at - refresh_ends_at FROM grants WHERE refresh_hash IS NOT NULL";
        assert_eq!(place.facts.number(past).await, 0, "use does not carry it over the end");
        place.facts.run("UPDATE grants SET refresh_expires_at = refresh_expires_at - 60, refresh_ends_at = refresh_ends_at - 60").await;
        assert_json(&refresh(&app, &next.refresh_token, &[]).await, 400, "invalid_grant");
        place.close().await;
    }
}
