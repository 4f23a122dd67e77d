//! The store as a value: opened once, cheap to clone, handed to every flow.
//!
//! Which of the two engines it runs on is decided by the address and known in this folder alone.
//! Everything outside writes one body of code over [`Tx`].

mod file;
mod postgres;
mod readers;
mod sql;
mod sqlite;
mod statistics;
pub(crate) mod tx;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use sql::{Named, Sql};
pub use statistics::Statistics;
pub use tx::{Once, Reader, Tx};
pub(crate) use tx::{changed, on_engine};

pub(crate) use postgres::PostgresEngine;
pub(crate) use sqlite::{APPLICATION_ID, SqliteEngine};

use crate::error::{Result, Unusable};
use crate::schema;
use file::DatabaseFile;
use statistics::Counters;

/// Waiting for a connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(3);
/// Waiting for a statement, or for the turn to write on SQLite.
const STATEMENT_LIMIT: Duration = Duration::from_secs(5);
/// Waiting for a commit to be confirmed.
const COMMIT_LIMIT: Duration = Duration::from_secs(5);

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOptions {
    /// Whether a SQLite file that is not there may be made. Never set by a server that has run before:
    /// an empty database in place of a lost one would give every person a new `sub`.
    pub create: bool,
    /// Connections to PostgreSQL per process. SQLite has one writer and four readers.
    pub connections: u32,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { create: false, connections: 16 }
    }
}

/// Every fact that survives a restart. Clones share the connections.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    counters: Arc<Counters>,
}

#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(Arc<SqliteEngine>),
    Postgres(Arc<PostgresEngine>),
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`. Reads no table: see [`Store::migrate`] and [`Store::check_schema`].
    /// Must be called, and used, inside one tokio runtime.
    ///
    /// # Errors
    /// [`Unusable`] when the database is none of ours, too old or missing; `Unavailable` when it is away.
    pub async fn open(address: &str, options: OpenOptions) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let engine = if address.starts_with("sqlite:") {
            let path = DatabaseFile::path_of(address)?;
            Engine::Sqlite(Arc::new(
                SqliteEngine::open(path, options.create, Arc::clone(&counters)).await?,
            ))
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let opened = PostgresEngine::open(address, options.connections).await?;
            Engine::Postgres(Arc::new(opened))
        } else {
            return Err(Unusable::Address("must begin with sqlite: or postgres://").into());
        };
        Ok(Self { engine, counters })
    }

    /// Runs the migrations that have not run yet; a second replica waits for the first (CC-09).
    ///
    /// # Errors
    /// [`Unusable::SchemaAhead`] and [`Unusable::SchemaDiffers`] when another version was here;
    /// `Unavailable` when the lock did not come within a minute.
    pub async fn migrate(&self) -> Result<()> {
        schema::migrate(&self.engine).await
    }

    /// Whether the schema is exactly the one this version knows.
    ///
    /// # Errors
    /// [`Unusable`]'s three schema variants, each with its cure.
    pub async fn check_schema(&self) -> Result<()> {
        let mut reader = self.read().await?;
        schema::check(&mut reader).await
    }

    /// A handle that only reads.
    ///
    /// # Errors
    /// `Unavailable` when no connection comes free within three seconds.
    pub async fn read(&self) -> Result<Reader> {
        let counters = Arc::clone(&self.counters);
        match &self.engine {
            Engine::Sqlite(engine) => Ok(Reader::sqlite(engine.read().await?, counters)),
            Engine::Postgres(engine) => {
                Ok(Reader::postgres(engine.read().await?, engine.pool().clone(), counters))
            }
        }
    }

    /// A transaction. On SQLite it holds the one writer until it is committed or dropped.
    ///
    /// # Errors
    /// `Unavailable` when the turn or a connection does not come within the limits.
    pub async fn write(&self) -> Result<Tx> {
        let counters = Arc::clone(&self.counters);
        match &self.engine {
            Engine::Sqlite(engine) => Ok(Tx::sqlite(engine.write().await?, counters)),
            Engine::Postgres(engine) => Ok(Tx::postgres(engine.write().await?, counters)),
        }
    }

    /// A transaction of exactly one statement, which needs no savepoint on SQLite: it is whole by itself.
    /// Once its statement has run it is committed, even if the caller goes away before asking for it;
    /// a second statement is refused as `Unsettled`.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_single(&self) -> Result<Tx> {
        let counters = Arc::clone(&self.counters);
        let tx = match &self.engine {
            Engine::Sqlite(engine) => Tx::sqlite(engine.write_single().await?, counters),
            Engine::Postgres(engine) => Tx::postgres(engine.write().await?, counters),
        };
        Ok(tx.single())
    }

    /// Whether the database answers: for readiness.
    ///
    /// # Errors
    /// `Unavailable` when it does not, or when SQLite's file was moved or replaced.
    pub async fn ping(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.ping().await,
            Engine::Postgres(engine) => engine.ping().await,
        }
    }

    /// Waits for open work, commits it and closes every connection. Every later call is `Unavailable`.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }

    /// What the store has done since it was opened.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.counters.read()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address of PostgreSQL holds a password, so only the engine is named.
        let engine = match self.engine {
            Engine::Sqlite(_) => "Store(SQLite)",
            Engine::Postgres(_) => "Store(PostgreSQL)",
        };
        f.write_str(engine)
    }
}
