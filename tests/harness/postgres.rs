//! A database of a test's own on either engine.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

/// Where a house keeps its facts.
#[derive(Debug, Clone)]
pub enum Database {
    /// One file.
    Sqlite(PathBuf),
    /// A database of its own on the test server.
    Postgres(String),
}

/// The URL of the PostgreSQL server for tests. Without one the PostgreSQL half of a test is skipped, which
/// `MAGPIE_TEST_ALL=1` forbids.
pub fn postgres_url() -> Option<String> {
    let url = std::env::var("TEST_POSTGRES_URL").ok();
    let must = std::env::var("MAGPIE_TEST_ALL").is_ok_and(|value| value == "1");
    assert!(url.is_some() || !must, "MAGPIE_TEST_ALL=1 demands TEST_POSTGRES_URL");
    if url.is_none() {
        eprintln!("skipped on PostgreSQL: TEST_POSTGRES_URL is not set");
    }
    url
}

impl Database {
    /// Makes an empty database on the test server, if there is one.
    pub async fn on_postgres() -> Option<Self> {
        let url = postgres_url()?;
        let name = format!("house_{}_{}", std::process::id(), next());
        let mut connection =
            PgConnection::connect(&url).await.expect("the PostgreSQL server for tests");
        let create = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(create)).await.expect("a database of its own");
        let mut own = url::Url::parse(&url).expect("a URL");
        own.set_path(&name);
        Some(Self::Postgres(own.into()))
    }

    /// Runs statements of a fixture.
    ///
    /// # Panics
    /// When the database refuses them.
    pub async fn run(&self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(_) => {
                let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
                connection.execute(sql).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                connection.execute(sql).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// The one number that a query gives.
    ///
    /// # Panics
    /// When it gives none.
    pub async fn number(&self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(_) => {
                let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// The one text that a query gives.
    ///
    /// # Panics
    /// When it gives none.
    pub async fn text(&self, sql: &str) -> String {
        let query = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(_) => {
                let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// The value of `[database] url`.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

fn next() -> u32 {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
