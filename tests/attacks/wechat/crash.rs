//! `kill -9` at any moment loses nothing that was acknowledged, and what a new configuration changed under a login's feet.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use harness::until;
use magpie_simulator::{RunningSimulator, Simulator, World};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::binary::{Binary, CLIENT, DESKTOP, Heard, get, redeem};

pub(crate) const AUTHORIZE: &str = "/oauth2/authorize?client_id=app&redirect_uri=https://app.example/cb\
                         &response_type=code&scope=openid&state=s1";

pub(crate) async fn wechat() -> RunningSimulator {
    let world = World { people_count: 16, ..World::demo("127.0.0.1") };
    Simulator::start(world, ([127, 0, 0, 1], 0).into()).await.unwrap()
}

pub(crate) fn configuration(wechat: &str, channels: &str) -> String {
    format!(
        r#"issuer = "http://127.0.0.1:PORT"
[listen]
public = "127.0.0.1:PORT"
management = "127.0.0.1:0"
[database]
url = "sqlite:magpie.db"
[keys]
root_key = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE"
[times]
code = "10m"
[wechat]
development = true
api_base = "{wechat}"
api_fallback_bases = []
open_base = "{wechat}"
{channels}{CLIENT}"#
    )
}

/// A login on its way: the callback's path and the cookie that it needs.
#[derive(Debug, Clone)]
pub(crate) struct Underway {
    pub(crate) callback: String,
    pub(crate) cookie: String,
}

async fn leave(address: SocketAddr, wechat: &Simulator, person: &str) -> Option<Underway> {
    leave_from(address, AUTHORIZE, wechat, person).await
}

/// The same from any request of the application.
pub(crate) async fn leave_from(
    address: SocketAddr,
    start: &str,
    wechat: &Simulator,
    person: &str,
) -> Option<Underway> {
    let leaving = get(address, start, "").await?;
    let cookie = leaving.cookie("attempt").unwrap_or_else(|| panic!("{leaving:?}"));
    let callback = wechat.approve(leaving.header("location"), person).unwrap();
    let path = callback.find("/callback").unwrap();
    Some(Underway { callback: callback[path..].to_owned(), cookie })
}

/// What one worker was told before the server died.
#[derive(Debug, Default)]
struct Told {
    /// Sessions, each of which was set together with a code.
    sessions: Vec<String>,
    /// Codes that were not redeemed.
    codes: Vec<String>,
    /// Codes with the subject that they were redeemed for.
    redeemed: Vec<(String, String)>,
    /// A login whose callback was cut off.
    cut_off: Option<Underway>,
}

/// Signs the same person in again and again until the server dies.
async fn work(address: SocketAddr, wechat: Simulator, person: String) -> Told {
    let mut told = Told::default();
    while let Some(underway) = leave(address, &wechat, &person).await {
        let Some(landed) = get(address, &underway.callback, &underway.cookie).await else {
            told.cut_off = Some(underway);
            break;
        };
        told.sessions.push(landed.cookie("session").unwrap_or_else(|| panic!("{landed:?}")));
        let code = landed.sent("code").unwrap();
        if told.sessions.len() % 2 == 0 {
            told.codes.push(code);
            continue;
        }
        match redeem(address, &code).await {
            Some(tokens) => told.redeemed.push((code, subject_of(&tokens))),
            // Taken or not: nobody was told.
            None => break,
        }
    }
    told
}

#[track_caller]
fn subject_of(tokens: &Heard) -> String {
    use base64::Engine as _;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let id_token = tokens.json()["id_token"].as_str().unwrap().to_owned();
    let claims = id_token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"].as_str().unwrap().to_owned()
}

/// Holds the restarted server to what it told a worker before.
async fn assert_kept(binary: &Binary, told: &Told, subjects: &mut BTreeMap<String, String>) {
    for (code, _) in told.redeemed.iter().take(3) {
        let again = binary.redeem(code).await.unwrap();
        assert_eq!((again.status, &again.json()["error"]), (400, &"invalid_grant".into()));
    }
    let mut found: Vec<_> = told.redeemed.iter().map(|(_, subject)| subject.clone()).collect();
    for code in &told.codes {
        found.push(subject_of(&binary.redeem(code).await.unwrap()));
    }
    for session in &told.sessions {
        let silent = binary.get(&format!("{AUTHORIZE}&prompt=none"), session).await.unwrap();
        assert!(silent.sent("code").is_some(), "a session was lost: {silent:?}");
    }
    for subject in found {
        let known = subjects.entry("subject".to_owned()).or_insert_with(|| subject.clone());
        assert_eq!(*known, subject, "one person, one subject");
    }
}

/// LD-09, I2. Every round ends at another moment of some login.
#[tokio::test]
async fn kill_9_during_logins_loses_nothing_acknowledged() {
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let mut subjects: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); 4];
    let mut acknowledged = 0;
    // Eight rounds at least, and on a busy machine as many as it takes to try something.
    for round in 0..40_u64 {
        if round >= 8 && acknowledged >= 16 {
            break;
        }
        let mut workers = JoinSet::new();
        for person in 0..4 {
            let work = work(binary.address, wechat.simulator(), format!("p{person}"));
            workers.spawn(async move { (person, work.await) });
        }
        let moment = 400 + RandomState::new().hash_one(round) % 500;
        sleep(Duration::from_millis(moment)).await;
        binary.kill();
        let all = workers.join_all().await;
        let took = binary.go().await;
        assert!(took < Duration::from_secs(30), "{took:?}");
        for (person, told) in &all {
            acknowledged += told.sessions.len();
            assert_kept(&binary, told, &mut subjects[*person]).await;
        }
    }
    assert!(acknowledged >= 16, "{acknowledged} logins only: nothing was tried");
    binary.kill();
    let options = SqliteConnectOptions::new().filename(binary.database());
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let check = sqlx::query_scalar("PRAGMA integrity_check");
    let verdict: String = check.fetch_one(&mut connection).await.unwrap();
    assert_eq!(verdict, "ok");
    let users = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&mut connection);
    assert_eq!(users.await.map(|count: i64| count).unwrap(), 4);
}

/// Law 7 over a death: the code was on its way to WeChat when the server was killed. It is not sent again; the person
/// goes to WeChat once more and is signed in.
#[tokio::test]
async fn a_server_killed_during_the_exchange_sends_the_person_to_wechat_once_more() {
    use magpie_simulator::{Endpoint, Fault};
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let underway = leave(binary.address, &wechat, "ann").await.unwrap();
    wechat.script().once(Endpoint::AccessToken, Fault::Hang);
    let (address, first) = (binary.address, underway.clone());
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { get(address, &first.callback, &first.cookie).await });
    until("WeChat is asked", || wechat.exchanges() > 0).await;
    binary.kill();
    assert!(waiting.join_next().await.unwrap().unwrap().is_none());
    binary.go().await;
    let again = binary.get(&underway.callback, &underway.cookie).await.unwrap();
    assert!(again.header("location").starts_with(&wechat.base_url()), "{again:?}");
    assert_eq!(wechat.exchanges(), 1, "the code is not sent twice");
    let cookie = again.cookie("attempt").unwrap();
    let second = wechat.approve(again.header("location"), "ann").unwrap();
    let path = second.find("/callback").unwrap();
    let landed = binary.get(&second[path..], &cookie).await.unwrap();
    subject_of(&binary.redeem(&landed.sent("code").unwrap()).await.unwrap());
}

/// WX-33: the channel was taken out of the configuration while the person was at WeChat. Seen red with another channel
/// in its place.
#[tokio::test]
async fn a_channel_that_went_away_during_a_login_is_access_denied_and_calls_nobody() {
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let underway = leave(binary.address, &wechat, "ann").await.unwrap();
    let other = DESKTOP.replace("\"desktop\"", "\"elsewhere\"");
    binary.configure(&configuration(&wechat.base_url(), &other));
    binary.kill();
    binary.go().await;
    let landed = binary.get(&underway.callback, &underway.cookie).await.unwrap();
    assert_eq!(landed.status, 303, "{landed:?}");
    assert!(landed.header("location").starts_with("https://app.example/cb?"), "{landed:?}");
    assert_eq!(landed.sent("error").unwrap(), "access_denied");
    assert_eq!(landed.sent("state").unwrap(), "s1");
    assert_eq!(landed.cookie("session"), None);
    assert_eq!(wechat.exchanges(), 0);
}

/// WX-33: the secret was changed at WeChat and here while the person was at WeChat. Seen red with the secret of the
/// departure.
#[tokio::test]
async fn a_secret_that_was_rotated_during_a_login_is_the_new_one() {
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let underway = leave(binary.address, &wechat, "ann").await.unwrap();
    wechat.change_world(|world| "a-new-secret".clone_into(&mut world.accounts[0].app_secret));
    let rotated = DESKTOP.replace("wx0000000000000001-secret", "a-new-secret");
    binary.configure(&configuration(&wechat.base_url(), &rotated));
    binary.kill();
    binary.go().await;
    let landed = binary.get(&underway.callback, &underway.cookie).await.unwrap();
    subject_of(&binary.redeem(&landed.sent("code").unwrap()).await.unwrap());
}

/// WX-33: the application was taken out while the person was at WeChat; nobody is sent to an address of nobody. Seen
/// red with another application in its place.
#[tokio::test]
async fn an_application_that_went_away_during_a_login_gets_no_code() {
    let wechat = wechat().await;
    let text = configuration(&wechat.base_url(), DESKTOP);
    let mut binary = Binary::start(&text).await;
    let underway = leave(binary.address, &wechat, "ann").await.unwrap();
    binary.configure(&text.replace("id = \"app\"", "id = \"another\""));
    binary.kill();
    binary.go().await;
    let landed = binary.get(&underway.callback, &underway.cookie).await.unwrap();
    assert_eq!((landed.sent("code"), landed.cookie("session")), (None, None), "{landed:?}");
    assert!(landed.status < 500, "{landed:?}");
}
