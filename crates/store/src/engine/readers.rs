//! The connections of SQLite that only read.
//!
//! Not in sqlx's own pool, which asks each connection for a sign of life whenever it comes back: for SQLite that is one
//! more turn of the connection's thread for every read, which is what a read costs in the first place. Here a connection
//! comes back as it is if its last statement was answered well, and is replaced otherwise.

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, Timeouts,
};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::engine::ACQUIRE_LIMIT;
use crate::error::{Result, StoreError};

const READERS: usize = 4;

/// A connection for one reader; it goes back by itself.
pub(crate) type ReaderConnection = Object<Opener>;

/// A connection, and whether anything is unknown about it.
#[derive(Debug)]
pub(crate) struct Reading {
    connection: SqliteConnection,
    /// From before a statement until its good answer.
    in_doubt: bool,
}

impl Reading {
    /// The connection for a statement.
    pub(crate) const fn for_statement(&mut self) -> &mut SqliteConnection {
        self.in_doubt = true;
        &mut self.connection
    }

    /// The statement was answered well.
    pub(crate) const fn answered(&mut self) {
        self.in_doubt = false;
    }
}

/// Opens connections, and takes back those that nothing is unknown about.
#[derive(Debug)]
pub(crate) struct Opener(SqliteConnectOptions);

impl Manager for Opener {
    type Type = Reading;
    type Error = sqlx::Error;

    async fn create(&self) -> std::result::Result<Reading, sqlx::Error> {
        Ok(Reading { connection: self.0.connect().await?, in_doubt: false })
    }

    async fn recycle(
        &self,
        reading: &mut Reading,
        _metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        if reading.in_doubt {
            return Err(RecycleError::message("its last statement failed or was cut off"));
        }
        Ok(())
    }
}

/// Four connections at most; the fifth reader waits.
#[derive(Debug)]
pub(crate) struct Readers(Pool<Opener>);

impl Readers {
    /// Opens the first connection, so that a file which cannot be read is found out at once.
    pub(crate) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let limits = Timeouts { wait: Some(ACQUIRE_LIMIT), create: None, recycle: None };
        let built = Pool::builder(Opener(options))
            .max_size(READERS)
            .timeouts(limits)
            .runtime(Runtime::Tokio1)
            .build();
        let readers = Self(built.map_err(|_no_runtime| StoreError::unavailable("no runtime"))?);
        drop(readers.acquire().await?);
        Ok(readers)
    }

    /// A connection.
    pub(crate) async fn acquire(&self) -> Result<ReaderConnection> {
        self.0.get().await.map_err(|refused| match refused {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_) => {
                StoreError::unavailable("no connection came free in time")
            }
        })
    }

    /// Gives out no more connections; those that are out end when they come back.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Executor as _;

    use super::*;

    /// Seen red with every connection taken back.
    #[tokio::test]
    async fn a_connection_comes_back_unless_its_last_statement_had_no_good_answer() {
        let readers = Readers::open(SqliteConnectOptions::new().in_memory(true)).await.unwrap();
        let mut first = readers.acquire().await.unwrap();
        // A mark that only this connection has.
        first.for_statement().execute("CREATE TEMP TABLE mark (x)").await.unwrap();
        first.answered();
        drop(first);
        let mut same = readers.acquire().await.unwrap();
        assert!(same.for_statement().execute("SELECT * FROM mark").await.is_ok());
        drop(same);
        let mut another = readers.acquire().await.unwrap();
        assert!(another.for_statement().execute("SELECT * FROM mark").await.is_err());
    }
}
