//! PostgreSQL: a pool, read committed, any number of replicas.
//!
//! Connections are read-only unless a transaction says otherwise, so a read handle cannot write by mistake.
//! A connection that has rested for a second is asked whether it lives before it is handed out; asking every time
//! costs a fifth of all reads. One that dies within that second is replaced on the spot: a beginning transaction and
//! a single read are simply tried on another connection (DB-09).

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Transaction};
use tokio::time::timeout;

use crate::engine::statistics::Counters;
use crate::engine::{ACQUIRE_LIMIT, COMMIT_LIMIT};
use crate::error::{Result, StoreError, Unusable};

const OLDEST_POSTGRES: i64 = 150_000;

/// How long the second of two replicas waits while the first migrates (CC-09).
const MIGRATION_LOCK_TIMEOUT: &str = "60s";

/// The pool of one process.
#[derive(Debug)]
pub(crate) struct PostgresEngine {
    options: PgConnectOptions,
    pool: PgPool,
}

impl PostgresEngine {
    /// Connects, and refuses a server that is too old or a standby.
    pub(crate) async fn open(address: &str, most: u32) -> Result<Self> {
        // The parser's own error quotes the address, password included.
        let options = PgConnectOptions::from_str(address)
            .map_err(|_quotes_the_address| Unusable::Address("is not a PostgreSQL address"))?
            .application_name("magpie")
            .disable_statement_logging();
        let pool = pool(most, options.clone().options(EVERYDAY));
        let mut connection = timeout(ACQUIRE_LIMIT, pool.acquire())
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        check_server(&mut connection).await?;
        Ok(Self { options, pool })
    }

    /// A connection for reading; every statement sees the last commit before it.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction, on another connection if the first one turns out to be dead.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Postgres>> {
        let begun = timeout(ACQUIRE_LIMIT, async {
            loop {
                match self.pool.begin_with(BEGIN).await {
                    Err(error) if is_lost(&error) => {}
                    answer => break answer,
                }
            }
        });
        Ok(begun.await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
    }

    pub(crate) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the server answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        fresh(&self.pool).await.map(drop)
    }

    /// A connection of its own for migrations: no statement limit, a lock limit that outlasts a sister replica.
    pub(crate) async fn connect_for_migration(&self) -> Result<PgConnection> {
        let limits = [("statement_timeout", "0"), ("lock_timeout", MIGRATION_LOCK_TIMEOUT)];
        Ok(self.options.clone().options(limits).connect().await?)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Set on every connection of the pool, so that no statement waits longer than a caller would.
const EVERYDAY: [(&str, &str); 4] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "3s"),
    ("idle_in_transaction_session_timeout", "15s"),
    ("default_transaction_read_only", "on"),
];

fn pool(most: u32, options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE_LIMIT)
        .test_before_acquire(false)
        .before_acquire(|connection, rest| {
            Box::pin(async move {
                if rest.idle_for > Duration::from_secs(1) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

const SERVER_VERSION: &str = "SELECT current_setting('server_version_num')::bigint";
const SERVER_ROLE: &str = "SELECT pg_is_in_recovery()::int::bigint";

async fn check_server(connection: &mut PgConnection) -> Result<()> {
    let version: i64 = sqlx::query_scalar(SERVER_VERSION).fetch_one(&mut *connection).await?;
    check_version(version)?;
    let standby: i64 = sqlx::query_scalar(SERVER_ROLE).fetch_one(connection).await?;
    if standby == 0 { Ok(()) } else { Err(Unusable::Standby.into()) }
}

/// `version` is `server_version_num`: major times 10,000 plus minor.
fn check_version(version: i64) -> Result<(), Unusable> {
    if version >= OLDEST_POSTGRES {
        return Ok(());
    }
    Err(Unusable::EngineTooOld { found: format!("PostgreSQL {}", version / 10_000), wanted: "15" })
}

/// A connection that has just answered; waits for the server at most as long as for any connection.
pub(crate) async fn fresh(pool: &PgPool) -> Result<PoolConnection<Postgres>> {
    let living = timeout(ACQUIRE_LIMIT, async {
        loop {
            let mut connection = pool.acquire().await?;
            match connection.ping().await {
                Ok(()) => break Ok(connection),
                Err(_dead) => drop(connection.detach()),
            }
        }
    });
    Ok(living.await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
}

/// Whether the connection died, rather than the statement: then another connection may be tried.
/// A timeout of ours is no such case; trying again would only double the wait.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(io) => io.kind() != std::io::ErrorKind::TimedOut,
        sqlx::Error::Database(database) => {
            // admin_shutdown, crash_shutdown, cannot_connect_now
            matches!(database.code().as_deref(), Some("57P01" | "57P02" | "57P03"))
        }
        _ => false,
    }
}

/// Commits. Cut off while it waits, nobody knows whether it happened (DB-13).
pub(crate) async fn commit(
    transaction: Transaction<'static, Postgres>,
    counters: &Counters,
) -> Result<()> {
    match timeout(COMMIT_LIMIT, transaction.commit()).await {
        Ok(answer) => answer?,
        Err(_elapsed) => {
            return Err(StoreError::unavailable("the commit was not confirmed in time"));
        }
    }
    counters.committed(1);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_before_15_is_refused() {
        assert_eq!(check_version(150_000), Ok(()));
        assert_eq!(check_version(180_001), Ok(()));
        let old = check_version(140_011).unwrap_err();
        assert_eq!(
            old.to_string(),
            "the database engine is PostgreSQL 14, and 15 or later is needed"
        );
    }
}
