//! What statements run on: a transaction that may write, or a handle that only reads, on either engine.
//!
//! A transaction whose statement failed, or was cut off while it waited, can only be dropped: PostgreSQL enforces
//! that, and SQLite would otherwise go on with half of the work. Dropping rolls back.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgQueryResult};
use sqlx::sqlite::SqliteQueryResult;
use sqlx::{Postgres, SqliteConnection, Transaction};
use tokio::time::timeout;

use crate::engine::readers::ReaderConnection;
use crate::engine::sql::Sql;
use crate::engine::sqlite::BatchMember;
use crate::engine::statistics::Counters;
use crate::engine::{STATEMENT_LIMIT, postgres};
use crate::error::{Result, StoreError};

/// The answer of every once-only statement. Dropping it unread does not compile.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Once<T> {
    /// This caller was the one.
    Won(T),
    /// Somebody was here before, or there is nothing (any more) to win.
    TooLate,
}

impl<T> Once<T> {
    /// Whether this caller was the one.
    pub const fn is_won(&self) -> bool {
        matches!(self, Self::Won(_))
    }

    /// Won with what a conditional statement returned, if it returned a row.
    pub(crate) fn of(row: Option<T>) -> Self {
        row.map_or(Self::TooLate, Self::Won)
    }
}

impl Once<()> {
    /// Won if a conditional statement changed a row.
    pub(crate) const fn changed(rows: u64) -> Self {
        if rows > 0 { Self::Won(()) } else { Self::TooLate }
    }
}

/// A transaction. Keep it short: no network, no hashing, no sleep while it is open (law 3).
pub struct Tx {
    handle: Handle,
    /// False from before a statement until its good answer; what stays false can only be dropped.
    settled: bool,
    /// How many statements may still come; none is a limit but for [`crate::Store::write_single`].
    statements_left: Option<u8>,
    counters: Arc<Counters>,
}

#[derive(Debug)]
enum Handle {
    SqliteWriter(BatchMember),
    SqliteReader(ReaderConnection),
    PostgresWriter(Transaction<'static, Postgres>),
    PostgresReader { connection: PoolConnection<Postgres>, pool: PgPool },
}

/// A handle that only reads: a write through it is refused by the engine, and there is nothing to commit.
/// Each statement sees the last commit before it. Passes for a [`Tx`] in every function of the store.
#[derive(Debug)]
pub struct Reader(Tx);

impl Deref for Reader {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.0
    }
}

/// The connection of either engine, for the length of one statement.
pub(crate) enum Connection<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// Runs one statement on whichever engine is open and gives its value: written once, type-checked twice.
/// A failure ends the calling function. The query may be built twice, when a reading connection turns out to be dead.
macro_rules! on_engine {
    ($tx:expr, |$connection:ident| $query:expr) => {
        loop {
            let answer = match $tx.connection()? {
                $crate::engine::tx::Connection::Sqlite($connection) => {
                    $crate::engine::tx::in_time($query).await
                }
                $crate::engine::tx::Connection::Postgres($connection) => {
                    $crate::engine::tx::in_time($query).await
                }
            };
            if let Some(value) = $tx.judge(answer).await? {
                break value;
            }
        }
    };
}
pub(crate) use on_engine;

/// Awaits a statement no longer than the limit: a host that vanished never answers (DB-09).
pub(crate) async fn in_time<T>(
    statement: impl Future<Output = std::result::Result<T, sqlx::Error>>,
) -> std::result::Result<T, sqlx::Error> {
    let too_late = || Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    timeout(STATEMENT_LIMIT, statement).await.unwrap_or_else(|_elapsed| too_late())
}

/// How many rows a writing statement changed, in the words of either engine.
pub(crate) trait Changed {
    fn rows(&self) -> u64;
}

impl Changed for SqliteQueryResult {
    fn rows(&self) -> u64 {
        self.rows_affected()
    }
}

impl Changed for PgQueryResult {
    fn rows(&self) -> u64 {
        self.rows_affected()
    }
}

/// Turns the answer of a writing statement into the number of rows that it changed.
pub(crate) async fn changed<C: Changed>(
    statement: impl Future<Output = std::result::Result<C, sqlx::Error>>,
) -> std::result::Result<u64, sqlx::Error> {
    statement.await.map(|done| done.rows())
}

impl Tx {
    const fn new(handle: Handle, counters: Arc<Counters>) -> Self {
        Self { handle, settled: true, statements_left: None, counters }
    }

    /// The same transaction for one statement alone.
    pub(crate) const fn single(mut self) -> Self {
        self.statements_left = Some(1);
        self
    }

    pub(crate) const fn sqlite(member: BatchMember, counters: Arc<Counters>) -> Self {
        Self::new(Handle::SqliteWriter(member), counters)
    }

    pub(crate) const fn postgres(
        transaction: Transaction<'static, Postgres>,
        counters: Arc<Counters>,
    ) -> Self {
        Self::new(Handle::PostgresWriter(transaction), counters)
    }

    /// The connection for the next statement; refused once a statement of a transaction has no good answer.
    pub(crate) fn connection(&mut self) -> Result<Connection<'_>> {
        if !self.settled || self.statements_left == Some(0) {
            return Err(StoreError::Unsettled);
        }
        self.statements_left = self.statements_left.map(|left| left.saturating_sub(1));
        self.counters.statement();
        match &mut self.handle {
            Handle::SqliteWriter(member) => {
                self.settled = false;
                member.connection().map(Connection::Sqlite)
            }
            Handle::PostgresWriter(transaction) => {
                self.settled = false;
                Ok(Connection::Postgres(transaction))
            }
            Handle::SqliteReader(reading) => Ok(Connection::Sqlite(reading.for_statement())),
            Handle::PostgresReader { connection, .. } => Ok(Connection::Postgres(connection)),
        }
    }

    /// The value; an incident; or None when a reading connection was dead and has been replaced: then ask again.
    pub(crate) async fn judge<T>(
        &mut self,
        answer: std::result::Result<T, sqlx::Error>,
    ) -> Result<Option<T>> {
        match (answer, &mut self.handle) {
            (Ok(value), handle) => {
                self.settled = true;
                if let Handle::SqliteReader(reading) = handle {
                    reading.answered();
                }
                Ok(Some(value))
            }
            (Err(error), Handle::PostgresReader { connection, pool })
                if postgres::is_lost(&error) =>
            {
                *connection = postgres::fresh(pool).await?;
                Ok(None)
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The words for the engine that is open.
    pub(crate) const fn words(&self, sql: Sql) -> &'static str {
        match self.handle {
            Handle::SqliteWriter(_) | Handle::SqliteReader(_) => sql.sqlite,
            Handle::PostgresWriter(_) | Handle::PostgresReader { .. } => sql.postgres,
        }
    }

    /// Makes everything that was written durable; returns when it is.
    ///
    /// # Errors
    /// [`StoreError::Unsettled`] after a failed statement; [`StoreError::Unavailable`] when the commit failed or
    /// nobody knows whether it happened.
    pub async fn commit(self) -> Result<()> {
        if !self.settled {
            return Err(StoreError::Unsettled);
        }
        match self.handle {
            Handle::SqliteWriter(member) => member.commit().await,
            Handle::PostgresWriter(transaction) => {
                postgres::commit(transaction, &self.counters).await
            }
            Handle::SqliteReader(_) | Handle::PostgresReader { .. } => Ok(()),
        }
    }

    /// Gives up what was written. Dropping does the same, only later: on PostgreSQL when the connection is next used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the connection is lost, which rolls back as well.
    pub async fn rollback(self) -> Result<()> {
        if let Handle::PostgresWriter(transaction) = self.handle {
            self.counters.rolled_back(1);
            in_time(transaction.rollback()).await?;
        }
        Ok(())
    }
}

impl Reader {
    pub(crate) const fn sqlite(connection: ReaderConnection, counters: Arc<Counters>) -> Self {
        Self(Tx::new(Handle::SqliteReader(connection), counters))
    }

    pub(crate) const fn postgres(
        connection: PoolConnection<Postgres>,
        pool: PgPool,
        counters: Arc<Counters>,
    ) -> Self {
        Self(Tx::new(Handle::PostgresReader { connection, pool }, counters))
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handle = match self.handle {
            Handle::SqliteWriter(_) => "SqliteWriter",
            Handle::SqliteReader(_) => "SqliteReader",
            Handle::PostgresWriter(_) => "PostgresWriter",
            Handle::PostgresReader { .. } => "PostgresReader",
        };
        f.debug_struct("Tx").field("handle", &handle).field("settled", &self.settled).finish()
    }
}
