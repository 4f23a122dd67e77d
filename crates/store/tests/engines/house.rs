//! A database of its own for every test: a SQLite file, and a PostgreSQL database where TEST_POSTGRES_URL says so.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy, sample_grant, sample_user_id};
use magpie_domain::{
    AccountState, AttemptId, ClaimKey, ClientId, Grant, GrantId, Lifetime, Profile, Subject,
    Timestamp, TokenHash, User,
};
use magpie_store::grants::{self, Redemption};
use magpie_store::{Once, OpenOptions, Store, StoreError, Tx};
use sqlx::{Connection as _, Executor as _, PgConnection};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// One database. Dropped at the end of the test, the SQLite file with it.
pub(crate) struct House {
    pub(crate) address: String,
    pub(crate) store: Store,
    _folder: Option<tempfile::TempDir>,
}

impl House {
    /// A migrated SQLite file.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("house.db").display());
        let store = open_new(&address).await;
        store.migrate().await.unwrap();
        Self { address, store, _folder: Some(folder) }
    }

    /// A migrated PostgreSQL database, or None where none is to be had.
    pub(crate) async fn postgres() -> Option<Self> {
        let address = empty_postgres().await?;
        let store = open_new(&address).await;
        store.migrate().await.unwrap();
        Some(Self { address, store, _folder: None })
    }

    /// Both engines, as far as they are to be had.
    pub(crate) async fn both() -> Vec<Self> {
        let mut houses = vec![Self::sqlite().await];
        houses.extend(Self::postgres().await);
        houses
    }

    /// Another store on the same database: what a second process would have.
    pub(crate) async fn second_store(&self) -> Store {
        Store::open(&self.address, OpenOptions::default()).await.unwrap()
    }

    /// The SQLite file.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        std::path::PathBuf::from(self.address.strip_prefix("sqlite:").unwrap())
    }
}

async fn open_new(address: &str) -> Store {
    Store::open(address, OpenOptions { create: true, ..OpenOptions::default() }).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The address of a new, empty PostgreSQL database. Without TEST_POSTGRES_URL that half is skipped, visibly,
/// and with MAGPIE_TEST_ALL=1 it is a failure.
pub(crate) async fn empty_postgres() -> Option<String> {
    let Some(server) = environment("TEST_POSTGRES_URL") else {
        let all = environment("MAGPIE_TEST_ALL").as_deref() == Some("1");
        assert!(!all, "MAGPIE_TEST_ALL=1 asks for PostgreSQL, but TEST_POSTGRES_URL is not set");
        println!("skipped on PostgreSQL: TEST_POSTGRES_URL is not set");
        return None;
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("magpie_test_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    connection.execute(unchecked(drop)).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    connection.execute(unchecked(create)).await.unwrap();
    connection.close().await.unwrap();
    let (before, _database) = server.rsplit_once('/').unwrap();
    Some(format!("{before}/{name}"))
}

/// SQL put together by a test.
#[expect(clippy::disallowed_methods, reason = "only tests put SQL together")]
pub(crate) fn unchecked(sql: String) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(sql)
}

/// The moment of every sample.
pub(crate) const NOW: Timestamp = SAMPLE_NOW;

/// So many seconds after it.
pub(crate) fn later(seconds: u32) -> Timestamp {
    NOW.plus(Lifetime::from_seconds(seconds))
}

/// A hash of 32 such bytes.
pub(crate) fn hash(byte: u8) -> TokenHash {
    TokenHash::from_bytes([byte; 32])
}

/// A person that differs in everything for each number.
pub(crate) fn person(number: u64) -> User {
    User {
        id: sample_user_id(number),
        subject: Subject::random(&SeededEntropy::new(number)).unwrap(),
        preferred_username: format!("wx_{number:010}"),
        profile: Profile { name: Some(format!("小鹊{number}")), ..Profile::default() },
        state: AccountState::Active,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A grant of the person with number 1, with an id for each number.
pub(crate) fn grant(number: u64) -> Grant {
    grant_made(number, NOW)
}

/// The same, made at another moment.
pub(crate) fn grant_made(number: u64, at: Timestamp) -> Grant {
    let id = GrantId::generate(at, &SeededEntropy::new(number)).unwrap();
    Grant { id, created_at: at, ..sample_grant() }
}

/// Redeems a code, without a refresh token.
pub(crate) async fn redeem(
    tx: &mut Tx,
    grant: &Grant,
    code_hash: &TokenHash,
    client: &ClientId,
    now: Timestamp,
) -> Result<Once<Grant>, StoreError> {
    let shown = Redemption { id: &grant.id, code_hash, client, refresh: None, key: None };
    grants::redeem(tx, &shown, now).await
}

/// A claim of its own for each number.
pub(crate) fn claim_key(number: u64) -> ClaimKey {
    ClaimKey::new(&AttemptId::generate(NOW, &SeededEntropy::new(number)).unwrap(), 1)
}

/// Fails a test that hangs.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, future).await.unwrap_or_else(|_| panic!("{what} took too long"))
}
