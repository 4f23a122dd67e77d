//! The facts of a house, seen and bent from outside: what a fault, an operator or the passing of time does to them.

use std::path::PathBuf;

use harness::{Database, House};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

const TABLES: [&str; 13] = [
    "meta",
    "clients",
    "users",
    "openids",
    "unionids",
    "identity_conflicts",
    "sessions",
    "claims",
    "grants",
    "consents",
    "devices",
    "signing_keys",
    "audit_events",
];

/// The database of a house.
#[derive(Debug, Clone)]
pub(crate) enum Facts {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Facts {
    /// Of a house that was opened over `database`, or over a file of its own.
    pub(crate) fn of(house: &House, database: Option<&Database>) -> Self {
        match database {
            Some(Database::Postgres(url)) => Self::Postgres(url.clone()),
            Some(Database::Sqlite(path)) => Self::Sqlite(path.clone()),
            None => Self::Sqlite(house.folder().join("magpie.db")),
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Runs statements of a fixture.
    pub(crate) async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(path) => {
                let url = format!("sqlite:{}", path.display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                connection.execute(sqlx::raw_sql(sql)).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                connection.execute(sqlx::raw_sql(sql)).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// One number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(path) => {
                let url = format!("sqlite:{}?mode=ro", path.display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                query.fetch_one(&mut connection).await.unwrap()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
        }
    }

    /// How many rows every table has, how many codes are used and grants revoked, and where every refresh token and every
    /// device stands: what a stranger must not change.
    pub(crate) async fn picture(&self) -> Vec<i64> {
        let counts = TABLES.map(|table| format!("(SELECT count(*) FROM {table})"));
        let states = ["code_used_at", "revoked_at"]
            .map(|column| format!("(SELECT count({column}) FROM grants)"));
        let mut picture = Vec::new();
        let refreshes =
            ["refresh_generation", "refresh_retries", "access_revoked_at"].map(|column| {
                format!("(SELECT CAST(coalesce(sum({column}), 0) AS BIGINT) FROM grants)")
            });
        let devices = ["answer", "redeemed_at", "polled_at"]
            .map(|column| format!("(SELECT count({column}) FROM devices)"));
        for sql in counts.into_iter().chain(states).chain(refreshes).chain(devices) {
            picture.push(self.number(&format!("SELECT {sql}")).await);
        }
        picture
    }

    /// Makes every statement of that kind (`UPDATE OF revoked_at ON grants`) fail until [`Self::mend`].
    pub(crate) async fn break_statement(&self, event: &str) {
        match self {
            Self::Sqlite(_) => {
                let sql = format!(
                    "CREATE TRIGGER boom BEFORE {event} BEGIN SELECT RAISE(ABORT, 'boom'); END"
                );
                self.run(&sql).await;
            }
            Self::Postgres(_) => {
                self.run("CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'boom'; END $$").await;
                let sql = format!(
                    "CREATE TRIGGER boom BEFORE {event} FOR EACH ROW EXECUTE FUNCTION boom()"
                );
                self.run(&sql).await;
            }
        }
    }

    /// Lets the statement pass and makes the commit after it fail, until [`Self::mend`].
    pub(crate) async fn break_commit(&self, event: &str) {
        match self {
            Self::Sqlite(_) => {
                self.run("CREATE TABLE boom (nobody TEXT REFERENCES users (user_id) DEFERRABLE INITIALLY DEFERRED)").await;
                let sql = format!(
                    "CREATE TRIGGER boom AFTER {event} BEGIN INSERT INTO boom VALUES ('nobody'); END"
                );
                self.run(&sql).await;
            }
            Self::Postgres(_) => {
                self.run("CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'boom'; END $$").await;
                let sql = format!(
                    "CREATE CONSTRAINT TRIGGER boom AFTER {event} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION boom()"
                );
                self.run(&sql).await;
            }
        }
    }

    /// Takes the fault away.
    pub(crate) async fn mend(&self) {
        match self {
            Self::Sqlite(_) => self.run("DROP TRIGGER boom; DROP TABLE IF EXISTS boom").await,
            Self::Postgres(_) => self.run("DROP FUNCTION boom() CASCADE").await,
        }
    }
}
