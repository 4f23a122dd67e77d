//! A code that is shown again: by a thief, by a WebView that opens the callback twice, by another application.

use harness::{Application, Page, Tokens};

use crate::place::{Place, VERIFIER, assert_json, redeem};

const VERIFIED: (&str, &str) = ("code_verifier", VERIFIER);

const REVOKED: &str = "SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL";
const AUDITED: &str = "SELECT count(*) FROM audit_events WHERE fact LIKE '%code_reused%'";

async fn first(place: &mut Place, app: &Application) -> (String, Tokens) {
    let code = place.bound_code(app).await;
    let page = redeem(app, &code, &[VERIFIED]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    (code, Tokens::read(&page))
}

#[track_caller]
fn assert_revoked(page: &Page) {
    assert_json(page, 401, "invalid_token");
    assert!(page.header("www-authenticate").contains("error=\"invalid_token\""));
}

/// TK-12, T13 (RFC 6749 section 4.1.2). Seen red with nothing revoked.
#[tokio::test]
async fn a_second_use_revokes_the_tokens_of_the_first_and_is_on_record_once() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        let unharmed = place.tokens().await;
        let code = place.plain_code().await;
        let tokens = app.tokens(&code).await;
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        for _ in 0..3 {
            assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
            assert_revoked(&app.userinfo(&tokens.access_token).await);
            assert_eq!(place.facts.number(REVOKED).await, 1);
            assert_eq!(place.facts.number(AUDITED).await, 1);
        }
        assert_eq!(app.userinfo(&unharmed.access_token).await.status, 200, "of another login");
        place.close().await;
    }
}

/// TK-12: the WebView that opens the application's callback twice (design, section 6), public and confidential. Seen
/// red with every repetition taken for theft.
#[tokio::test]
async fn a_prompt_repetition_with_the_same_verifier_is_refused_and_harms_nothing() {
    for mut place in Place::on_both_engines().await {
        for app in [place.app(), place.house.public_application()] {
            let (code, tokens) = first(&mut place, &app).await;
            let before = place.facts.picture().await;
            for _ in 0..3 {
                assert_json(&redeem(&app, &code, &[VERIFIED]).await, 400, "invalid_grant");
            }
            assert_eq!(place.facts.picture().await, before);
            assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        }
        place.close().await;
    }
}

/// TK-12: the window is ten seconds wide, and open only to who has the verifier. Seen red with a window of two hours,
/// and with the verifier not asked for.
#[tokio::test]
async fn a_late_or_unproven_repetition_is_theft() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        for (more, seconds_later) in [
            (VERIFIED, 11),
            (VERIFIED, 3600),
            (("code_verifier", ""), 0),
            (("code_verifier", "another-verifier-that-is-long-enough-for-rfc-76"), 0),
        ] {
            let (code, tokens) = first(&mut place, &app).await;
            let grant = code.split('.').next().unwrap();
            let sql = format!(
                "UPDATE grants SET code_used_at = code_used_at - {seconds_later} WHERE grant_id = '{grant}'"
            );
            place.facts.run(&sql).await;
            assert_json(&redeem(&app, &code, &[more]).await, 400, "invalid_grant");
            assert_revoked(&app.userinfo(&tokens.access_token).await);
        }
        place.close().await;
    }
}

/// TK-12 on two replicas: what one has taken the other knows to be taken. Seen red with nothing revoked.
#[tokio::test]
async fn the_other_replica_refuses_and_revokes_alike() {
    for mut place in Place::on_both_engines().await {
        let (address, stop) = place.house.replica().await;
        let here = place.app();
        let there = place.app().at(address);
        let code = place.plain_code().await;
        let tokens = there.tokens(&code).await;
        assert_eq!(here.userinfo(&tokens.access_token).await.status, 200);
        assert_json(&redeem(&here, &code, &[]).await, 400, "invalid_grant");
        assert_revoked(&there.userinfo(&tokens.access_token).await);
        stop.cancel();
        place.close().await;
    }
}
