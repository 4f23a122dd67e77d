//! `kill -9` while refresh tokens step on: whoever lost the answer asks again with the token they have, and goes on.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use magpie_simulator::RunningSimulator;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::binary::{Binary, DESKTOP, Heard, ask, form, post};
use crate::crash::{AUTHORIZE, configuration, leave_from, wechat};

/// One family: the token that came last, and what else came with it.
#[derive(Debug, Clone)]
struct Family {
    refresh: String,
    access: String,
}

impl Family {
    #[track_caller]
    fn read(tokens: &Heard) -> Self {
        assert_eq!(tokens.status, 200, "{tokens:?}");
        let tokens = tokens.json();
        let text = |name: &str| tokens[name].as_str().unwrap_or_default().to_owned();
        Self { refresh: text("refresh_token"), access: text("access_token") }
    }

    /// A new one.
    async fn of(binary: &Binary, wechat: &RunningSimulator, person: &str) -> Self {
        let start = AUTHORIZE.replace("scope=openid", "scope=openid%20offline_access");
        let underway =
            leave_from(binary.address, &start, &wechat.simulator(), person).await.unwrap();
        let landed = binary.get(&underway.callback, &underway.cookie).await.unwrap();
        Self::read(&binary.redeem(&landed.sent("code").unwrap()).await.unwrap())
    }

    fn fields(&self) -> String {
        format!("grant_type=refresh_token&refresh_token={}", self.refresh)
    }

    /// How many steps its grant has taken beyond this token, read past the server.
    async fn steps_beyond(&self, binary: &Binary) -> i64 {
        let mut parts = self.refresh.split('.');
        let (id, generation) = (parts.next().unwrap(), parts.next().unwrap());
        let sql = "SELECT refresh_generation FROM grants WHERE grant_id = $1";
        let mut connection = connection(binary).await;
        let found = sqlx::query_scalar::<_, i64>(sql).bind(id).fetch_one(&mut connection).await;
        found.unwrap() - generation.parse::<i64>().unwrap()
    }
}

async fn connection(binary: &Binary) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(binary.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn refresh(address: SocketAddr, family: &Family) -> Option<Heard> {
    post(address, "/oauth2/token", &family.fields()).await
}

/// Refreshes again and again until the server dies; what came last.
async fn work(address: SocketAddr, mut family: Family) -> (Family, usize) {
    let mut steps = 0;
    while let Some(tokens) = refresh(address, &family).await {
        family = Family::read(&tokens);
        steps += 1;
    }
    (family, steps)
}

/// The server is back: the token that came last still leads on, and what it leads to does, too.
async fn assert_goes_on(binary: &Binary, family: &Family) -> Family {
    let again = refresh(binary.address, family).await.unwrap();
    let next = Family::read(&again);
    let next = Family::read(&refresh(binary.address, &next).await.unwrap());
    let head = format!(
        "GET /oauth2/userinfo HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n",
        binary.address, next.access
    );
    let claims = ask(binary.address, &head, "").await.unwrap();
    assert_eq!(claims.status, 200, "{claims:?}");
    next
}

async fn assert_nothing_revoked(binary: &Binary) {
    let revoked = sqlx::query_scalar::<_, i64>("SELECT count(revoked_at) FROM grants");
    assert_eq!(revoked.fetch_one(&mut connection(binary).await).await.unwrap(), 0);
}

/// RT-09: eight deaths, each at another moment of some step. Every step was taken or was not: never half, and never so
/// that its own client is taken for a thief. Seen red with the token before the present
/// one taken for stolen.
#[tokio::test]
async fn kill_9_during_refreshes_leaves_every_family_one_way_on() {
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let mut families = Vec::new();
    for person in 0..4 {
        families.push(Family::of(&binary, &wechat, &format!("p{person}")).await);
    }
    let mut taken = 0;
    for round in 0..8_u64 {
        let mut workers = JoinSet::new();
        for family in families.drain(..) {
            workers.spawn(work(binary.address, family));
        }
        let moment = 100 + RandomState::new().hash_one(round) % 300;
        sleep(Duration::from_millis(moment)).await;
        binary.kill();
        for (family, steps) in workers.join_all().await {
            taken += steps;
            let beyond = family.steps_beyond(&binary).await;
            assert!((0..=1).contains(&beyond), "what was acknowledged was lost: {beyond}");
            families.push(family);
        }
        binary.go().await;
        for family in &mut families {
            *family = assert_goes_on(&binary, family).await;
        }
        assert_nothing_revoked(&binary).await;
    }
    assert!(taken >= 32, "{taken} steps only: nothing was tried");
}

/// RT-09: the step was committed and nobody was told, four times in a row for one family. Seen red in the same way.
#[tokio::test]
async fn kill_9_between_commit_and_answer_is_made_up_for_by_asking_again() {
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let mut family = Family::of(&binary, &wechat, "ann").await;
    for _ in 0..4 {
        let (head, body) = form(binary.address, "/oauth2/token", &family.fields());
        let mut stream = TcpStream::connect(binary.address).await.unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        while family.steps_beyond(&binary).await == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        binary.kill();
        drop(stream);
        binary.go().await;
        family = assert_goes_on(&binary, &family).await;
    }
    assert_nothing_revoked(&binary).await;
}

/// RT-10: a revocation that was acknowledged is on disk: killed at once and started again, the server gives nothing for
/// any token of the family, and the other family goes on. Seen red with a revocation that revokes nothing.
#[tokio::test]
async fn a_revocation_survives_kill_9() {
    let wechat = wechat().await;
    let mut binary = Binary::start(&configuration(&wechat.base_url(), DESKTOP)).await;
    let other = Family::of(&binary, &wechat, "xiaoyu").await;
    for _ in 0..4 {
        let first = Family::of(&binary, &wechat, "ann").await;
        let second = Family::read(&refresh(binary.address, &first).await.unwrap());
        let token = format!("token={}", second.refresh);
        let done = post(binary.address, "/oauth2/revoke", &token).await.unwrap();
        assert_eq!(done.status, 200, "{done:?}");
        binary.kill();
        binary.go().await;
        for family in [&first, &second] {
            let page = refresh(binary.address, family).await.unwrap();
            assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_grant".into()));
            let told = format!("token={}", family.access);
            let told = post(binary.address, "/oauth2/introspect", &told).await.unwrap();
            assert_eq!(told.json()["active"], false);
        }
    }
    assert_goes_on(&binary, &other).await;
}
