//! SQLite: one writer that groups the commits of many callers, and several readers beside it.
//!
//! WAL lets readers see the last commit while the writer works; `synchronous=FULL` makes an acknowledged commit
//! survive a power loss. Several writing connections would only wait for each other (3.2k instead of 12.6k rows a
//! second), so there is one, and whoever wants to write stands in a fair line for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};
use tokio::time::timeout;

use crate::engine::file::DatabaseFile;
use crate::engine::readers::{ReaderConnection, Readers};
use crate::engine::statistics::Counters;
use crate::engine::writer::{Writer, keep};
use crate::engine::{COMMIT_LIMIT, STATEMENT_LIMIT};
use crate::error::{Result, StoreError, Unusable};

/// Below it, a write that meets a checkpoint can corrupt the file silently (sqlite.org/wal.html#walresetbug).
const OLDEST_SQLITE: &str = "3.51.3";

/// `MAGP`: tells our files from those of other programs.
pub(crate) const APPLICATION_ID: i64 = 0x4D41_4750;

/// The engine of one file in one process.
#[derive(Debug)]
pub(crate) struct SqliteEngine {
    file: DatabaseFile,
    writer: Arc<Mutex<Writer>>,
    readers: Readers,
    wake: mpsc::Sender<()>,
    counters: Arc<Counters>,
}

impl SqliteEngine {
    /// Opens the file; makes it only when asked. A file of somebody else is left untouched.
    pub(crate) async fn open(path: PathBuf, create: bool, counters: Arc<Counters>) -> Result<Self> {
        let file = DatabaseFile::find(path, create)?;
        inspect(&file, create).await?;
        let options = options(&file);
        let writer = Writer::open(file.clone(), options.clone()).await?;
        let readers = Readers::open(options.pragma("query_only", "on")).await?;
        let writer = Arc::new(Mutex::new(writer));
        // One wake may be pending; more would say the same.
        let (wake, wakes) = mpsc::channel(1);
        let keeper = keep(Arc::clone(&writer), wakes, Arc::clone(&counters));
        start(keeper);
        Ok(Self { file, writer, readers, wake, counters })
    }

    /// A connection that only reads; every statement sees the last commit before it.
    pub(crate) async fn read(&self) -> Result<ReaderConnection> {
        self.readers.acquire().await
    }

    /// Waits in line, then joins the open batch or begins one. Gives up after the statement limit.
    pub(crate) async fn write(&self) -> Result<BatchMember> {
        self.admitted(async |writer| writer.admit().await).await
    }

    /// As [`Self::write`], for one statement alone.
    pub(crate) async fn write_single(&self) -> Result<BatchMember> {
        self.admitted(async |writer| writer.admit_single().await).await
    }

    async fn admitted(
        &self,
        admit: impl AsyncFnOnce(&mut Writer) -> Result<()>,
    ) -> Result<BatchMember> {
        let _queued = self.counters.queue();
        timeout(STATEMENT_LIMIT, async {
            let mut member = self.lock().await;
            member.connection()?;
            admit(member.writer()?).await?;
            Ok(member)
        })
        .await
        .unwrap_or(Err(StoreError::unavailable("other writers kept the database busy")))
    }

    /// The lock, once there is nothing for the keeper to do first. Cleaning up is left to the keeper because
    /// it is never cut off; a caller could be dropped halfway through.
    async fn lock(&self) -> BatchMember {
        loop {
            let guard = Arc::clone(&self.writer).lock_owned().await;
            let member = BatchMember { writer: Some(guard), wake: self.wake.clone() };
            if !member.needs_keeper() {
                return member;
            }
            drop(member);
            tokio::task::yield_now().await;
        }
    }

    /// Runs `work` on the writing connection outside of any batch.
    pub(crate) async fn alone<T>(
        &self,
        work: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> Result<T>,
    ) -> Result<T> {
        self.lock_idle().await.alone(work).await
    }

    /// The lock while no batch is open: what others have begun is committed first.
    async fn lock_idle(&self) -> BatchMember {
        loop {
            let writer = self.lock().await;
            if writer.is_idle() {
                return writer;
            }
            drop(writer);
            tokio::task::yield_now().await;
        }
    }

    /// Whether the file is still there and answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.file.check_in_place()?;
        let mut reading = self.read().await?;
        reading.for_statement().ping().await?;
        reading.answered();
        Ok(())
    }

    /// Commits what is open and closes every connection.
    pub(crate) async fn close(&self) {
        self.readers.close();
        self.lock_idle().await.close().await;
    }
}

/// The keeper is the one task of the store. It holds nothing but the writer and ends by itself when the last
/// store and transaction are gone, so nobody has to wait for it at shutdown.
#[expect(clippy::disallowed_methods, reason = "ends with the store, not with the server")]
fn start(keeper: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(keeper));
}

/// One caller's turn at the writing connection. Dropped without [`BatchMember::commit`], its work is rolled back
/// by the keeper before anybody else gets a turn.
#[derive(Debug)]
pub(crate) struct BatchMember {
    /// None once the turn is over.
    writer: Option<OwnedMutexGuard<Writer>>,
    wake: mpsc::Sender<()>,
}

impl BatchMember {
    fn writer(&mut self) -> Result<&mut Writer> {
        self.writer.as_deref_mut().ok_or(StoreError::Unsettled)
    }

    fn needs_keeper(&self) -> bool {
        self.writer.as_deref().is_some_and(Writer::needs_keeper)
    }

    fn is_idle(&self) -> bool {
        self.writer.as_deref().is_some_and(Writer::is_idle)
    }

    /// The connection to run statements on.
    pub(crate) fn connection(&mut self) -> Result<&mut sqlx::SqliteConnection> {
        self.writer()?.connection()
    }

    /// Gives the turn back and waits for the common commit. An error means: not committed, or nobody knows.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let answer = self.writer()?.join();
        drop(self);
        match timeout(COMMIT_LIMIT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_keeper_gone)) => Err(StoreError::unavailable("the store was closed")),
            Err(_elapsed) => Err(StoreError::unavailable("the commit was not confirmed in time")),
        }
    }

    async fn alone<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> Result<T>,
    ) -> Result<T> {
        let writer = self.writer()?;
        writer.unsettle();
        let done = work(writer.connection()?).await;
        if done.is_ok() {
            writer.settled();
        }
        done
    }

    async fn close(&mut self) {
        if let Ok(writer) = self.writer() {
            writer.close().await;
        }
    }
}

impl Drop for BatchMember {
    fn drop(&mut self) {
        drop(self.writer.take());
        // Full means that a wake is pending already; closed, that the keeper has ended with its runtime.
        let _pending_or_gone = self.wake.try_send(());
    }
}

/// How every connection is opened. `create_if_missing` stays off: nothing makes an empty database in place of a
/// lost one (DB-04).
fn options(file: &DatabaseFile) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file.path())
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("trusted_schema", "off")
        // After a burst the log is cut back to 64 MiB at the next checkpoint.
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

const ENGINE_VERSION: &str = "SELECT sqlite_version()";
const FILE_OWNER: &str = "PRAGMA application_id";
const HAS_TABLES: &str = "SELECT count(*) FROM sqlite_master";

/// Looks at the file without changing it: the engine's version, whose file it is, whether it may be empty.
async fn inspect(file: &DatabaseFile, create: bool) -> Result<()> {
    let (version, owner, tables) = look(file).await.map_err(as_foreign)?;
    if !is_new_enough(&version) {
        return Err(Unusable::EngineTooOld { found: version, wanted: OLDEST_SQLITE }.into());
    }
    match (owner, tables) {
        (APPLICATION_ID, _) => Ok(()),
        (0, 0) if create => Ok(()),
        (0, 0) => Err(Unusable::Missing.into()),
        _ => Err(Unusable::Foreign.into()),
    }
}

async fn look(file: &DatabaseFile) -> std::result::Result<(String, i64, i64), sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(file.path()).read_only(true);
    let mut connection = options.disable_statement_logging().connect().await?;
    let version = sqlx::query_scalar(ENGINE_VERSION).fetch_one(&mut connection).await?;
    let owner = sqlx::query_scalar(FILE_OWNER).fetch_one(&mut connection).await?;
    let tables = sqlx::query_scalar(HAS_TABLES).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok((version, owner, tables))
}

/// A file that is no database or is damaged (SQLITE_NOTADB, SQLITE_CORRUPT) is named as such.
fn as_foreign(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|database| database.code());
    match code.as_deref().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xFF) {
        Some(11 | 26) => Unusable::Foreign.into(),
        _ => error.into(),
    }
}

fn is_new_enough(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split('.').map(|part| part.parse().unwrap_or_default()).collect()
    };
    numbers(version) >= numbers(OLDEST_SQLITE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_with_the_wal_reset_bug_is_refused() {
        for (version, fine) in [
            ("3.51.3", true),
            ("3.51.10", true),
            ("3.53.0", true),
            ("4.0", true),
            ("3.51.2", false),
            ("3.46.0", false),
            ("3.9.9", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), fine, "{version}");
        }
    }
}
