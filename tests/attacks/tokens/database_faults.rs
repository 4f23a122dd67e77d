//! The database refuses, is busy or is gone in the middle of things: nobody is told yes, nothing is half done, and the
//! same request succeeds later.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Database, Plan, Tokens, raw};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::place::{Place, VERIFIER, assert_json, redeem};
use crate::twin::complaint;

/// A client whose ID tokens want a second key.
const TWO_KEYS: &str = r#"
[[clients]]
id = "signed"
name = "Wants another algorithm"
redirect_uris = ["https://signed.example/cb"]
id_token_signed_response_alg = "ES256"
"#;

/// TK-18, DB-12, DB-21: every statement that a redemption writes with, and the commit after them. Seen red with tokens
/// given although the commit failed, and with the failure told as a wrong code.
#[tokio::test]
async fn a_redemption_that_fails_leaves_the_code_valid() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        for at_commit in [false, true] {
            let code = place.plain_code().await;
            let before = place.facts.picture().await;
            let event = "UPDATE OF code_used_at ON grants";
            if at_commit {
                place.facts.break_commit(event).await;
            } else {
                place.facts.break_statement(event).await;
            }
            for _ in 0..3 {
                let page = redeem(&app, &code, &[]).await;
                let (status, error) = (page.status.as_u16(), page.oauth_error());
                assert!(
                    [(500, "server_error"), (503, "temporarily_unavailable")]
                        .contains(&(status, &*error)),
                    "{}",
                    page.body
                );
                assert_json(&page, status, &error);
                assert!(!page.body.contains("boom"), "{}", page.body);
            }
            place.facts.mend().await;
            assert_eq!(place.facts.picture().await, before, "at commit: {at_commit}");
            let tokens = app.tokens(&code).await;
            assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        }
        place.close().await;
    }
}

/// DB-12, law 11: a revocation without its audit row does not happen, and is made up for by the next attempt.
#[tokio::test]
async fn a_revocation_that_cannot_be_recorded_is_made_up_for() {
    for mut place in Place::on_both_engines().await {
        let app = place.app();
        for event in ["UPDATE OF revoked_at ON grants", "INSERT ON audit_events"] {
            let code = place.plain_code().await;
            let tokens = app.tokens(&code).await;
            let before = place.facts.picture().await;
            place.facts.break_statement(event).await;
            assert_json(&redeem(&app, &code, &[]).await, 500, "server_error");
            assert_eq!(place.facts.picture().await, before, "{event}");
            place.facts.mend().await;
            assert_json(&redeem(&app, &code, &[]).await, 400, "invalid_grant");
            assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
        }
        place.close().await;
    }
}

/// TK-17: whatever was under way when the client went, the retry of the same client harms nothing. Seen red with every
/// repetition taken for theft.
#[tokio::test]
async fn a_client_that_hangs_up_after_sending_may_try_again() {
    for mut place in Place::on_both_engines().await {
        let app = place.house.public_application();
        for wait in [0, 1, 3, 10, 50] {
            let code = place.bound_code(&app).await;
            let uri: String =
                url::form_urlencoded::byte_serialize(app.redirect_uri.as_bytes()).collect();
            let body = format!(
                "grant_type=authorization_code&client_id=native&code={code}&redirect_uri={uri}&code_verifier={VERIFIER}"
            );
            let request = format!(
                "POST /oauth2/token HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                 content-length: {}\r\n\r\n{body}",
                place.house.authority(),
                body.len(),
            );
            raw(place.house.address(), request.as_bytes(), Duration::from_millis(wait)).await;
            let page = redeem(&app, &code, &[("code_verifier", VERIFIER)]).await;
            if page.status == 200 {
                let tokens = Tokens::read(&page);
                assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
            } else {
                assert_json(&page, 400, "invalid_grant");
            }
            assert_eq!(place.facts.number("SELECT count(revoked_at) FROM grants").await, 0);
        }
        place.close().await;
    }
}

/// DB-01: another process holds the write lock for longer than a request waits. Reads go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_another_process_keeps_the_file_locked_writers_are_asked_to_come_back() {
    let mut place = Place::open().await;
    let app = place.app();
    let tokens = place.tokens().await;
    let code = place.plain_code().await;
    let url = place.facts.0.url();
    let mut locker = SqliteConnection::connect(&url).await.unwrap();
    locker.execute("BEGIN IMMEDIATE").await.unwrap();
    let began = Instant::now();
    let (refused, userinfo) =
        tokio::join!(redeem(&app, &code, &[]), app.userinfo(&tokens.access_token));
    assert_json(&refused, 503, "temporarily_unavailable");
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    assert_eq!(userinfo.status, 200, "{}", userinfo.body);
    locker.execute("ROLLBACK").await.unwrap();
    locker.close().await.unwrap();
    assert_eq!(redeem(&app, &code, &[]).await.status, 200);
    place.close().await;
}

/// A cable to the database that can be pulled; put in again with the same address.
async fn plug(address: SocketAddr, server: String) -> (SocketAddr, CancellationToken) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let pulled = CancellationToken::new();
    let until = pulled.clone();
    tokio::spawn(async move {
        while let Some(Ok((mut near, _))) = until.run_until_cancelled(listener.accept()).await {
            let (server, until) = (server.clone(), until.clone());
            tokio::spawn(async move {
                let mut far = TcpStream::connect(server).await.unwrap();
                let both = tokio::io::copy_bidirectional(&mut near, &mut far);
                drop(until.run_until_cancelled(both).await);
            });
        }
    });
    (address, pulled)
}

/// UI-09, DB-09: without its database the house serves keys and metadata from memory, and asks the rest to wait.
/// Seen red with the keys read from their rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_database_the_house_still_serves_its_keys() {
    let Some(Database::Postgres(url)) = Database::on_postgres().await else { return };
    let mut url = url::Url::parse(&url).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let (address, pulled) = plug(SocketAddr::from(([127, 0, 0, 1], 0)), server.clone()).await;
    url.set_ip_host(address.ip()).unwrap();
    url.set_port(Some(address.port())).unwrap();
    let database = Some(Database::Postgres(url.to_string()));
    let mut place = Place::of(Plan { database, ..Plan::default() }).await;
    let app = place.app();
    let tokens = place.tokens().await;
    let code = place.plain_code().await;
    pulled.cancel();
    for path in ["/oauth2/jwks", "/.well-known/openid-configuration"] {
        let page = place.browser.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
    }
    for _ in 0..2 {
        let began = Instant::now();
        let page = redeem(&app, &code, &[]).await;
        assert_json(&page, 503, "temporarily_unavailable");
        assert!(page.header("retry-after").parse::<u32>().is_ok());
        let page = app.userinfo(&tokens.access_token).await;
        assert_json(&page, 503, "temporarily_unavailable");
        assert!(page.header("www-authenticate").is_empty(), "the token is not what is wrong");
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    }
    let (_, pulled) = plug(address, server).await;
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200);
    place.close().await;
    pulled.cancel();
}

/// UI-09: of two keys one cannot be read any more. Whoever runs goes on with what is in memory; whoever starts says no,
/// whether the key ever signed or not. Seen red with such a key passed over.
#[tokio::test]
async fn a_key_that_does_not_open_stops_a_start_and_nobody_who_runs() {
    for mut place in Place::on_both_engines_with(TWO_KEYS).await {
        assert_eq!(complaint(&place).await, None, "a house in order opens");
        let set = place.browser.get("/oauth2/jwks").await;
        let keys = set.json()["keys"].as_array().unwrap().clone();
        assert_eq!(keys.len(), 2);
        for key in &keys {
            let kid = key["kid"].as_str().unwrap();
            let zero = if place.facts.is_postgres() { "'\\x00'" } else { "x'00'" };
            let whole =
                format!("CREATE TABLE kept AS SELECT sealed FROM signing_keys WHERE kid = '{kid}'");
            place.facts.run(&whole).await;
            place
                .facts
                .run(&format!("UPDATE signing_keys SET sealed = {zero} WHERE kid = '{kid}'"))
                .await;
            let said = complaint(&place).await.unwrap_or_default();
            assert!(said.contains("signing key did not open"), "it started without {kid}: {said}");
            let page = place.browser.get("/oauth2/jwks").await;
            assert_eq!((page.status.as_u16(), &page.body), (200, &set.body));
            let tokens = place.tokens().await;
            assert_eq!(place.app().userinfo(&tokens.access_token).await.status, 200);
            let back = format!(
                "UPDATE signing_keys SET sealed = (SELECT sealed FROM kept) WHERE kid = '{kid}'; DROP TABLE kept"
            );
            place.facts.run(&back).await;
            assert_eq!(complaint(&place).await, None);
        }
        place.close().await;
    }
}
