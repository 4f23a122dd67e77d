//! The one writing connection of SQLite, and the batch that it has open.
//!
//! A batch is one `BEGIN IMMEDIATE` that many callers join, each behind a savepoint, one after the other. Who comes first
//! needs no savepoint, since there is nothing else to be undone with its work; who has one statement needs none either.
//! A caller may be dropped at any await, so nothing here that could leave doubt is finished by a caller:
//! whatever a caller leaves behind is noted in [`Batch`] before the await, and the keeper, which nobody cancels,
//! cleans up and commits. When in doubt the keeper takes a fresh connection, which rolls everything back,
//! and every caller who was waiting for the batch is told that it failed.

use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::engine::file::DatabaseFile;
use crate::engine::statistics::Counters;
use crate::error::{Cause, Result, StoreError};

/// Callers in one batch; more would only make the first of them wait longer.
const MOST_MEMBERS: usize = 256;

/// What a caller is told once its batch has been committed, or not.
pub(super) type Answer = Result<()>;

/// The writing connection with its batch. Whoever holds the lock around it is the only one to use it.
#[derive(Debug)]
pub(super) struct Writer {
    file: DatabaseFile,
    options: SqliteConnectOptions,
    /// None after a failure, until the keeper has opened another one; always None once closed.
    connection: Option<SqliteConnection>,
    closed: bool,
    batch: Batch,
}

/// How far the batch has come, written down before every await that could be the caller's last.
#[derive(Debug, Default)]
struct Batch {
    phase: Phase,
    member: Member,
    /// Whether the savepoint of somebody who has joined is still there.
    keeps_savepoint: bool,
    /// Callers whose work is in the batch.
    joined: usize,
    /// Those of them who still wait for the commit.
    waiting: Vec<oneshot::Sender<Answer>>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No transaction is open.
    #[default]
    Idle,
    /// A transaction was asked for; without the answer nobody knows.
    Opening,
    /// The transaction is open.
    Open,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Member {
    /// Nobody is at work.
    #[default]
    None,
    /// Somebody is at work in a batch that holds nothing else, or left without a word.
    First,
    /// A savepoint was asked for; without the answer nobody knows, and nothing has been done behind it.
    Beginning,
    /// Somebody is at work behind the savepoint, or left without a word.
    AtWork,
    /// Somebody is at work on its one statement, which is whole by itself; it is in the batch whatever happens.
    Single,
}

impl Writer {
    /// Opens the connection. `file` is checked again before every batch.
    pub(super) async fn open(file: DatabaseFile, options: SqliteConnectOptions) -> Result<Self> {
        let connection = Some(options.connect().await?);
        Ok(Self { file, options, connection, closed: false, batch: Batch::default() })
    }

    /// Whether the keeper has to go first: to clean up after somebody, or to commit a full batch.
    pub(super) const fn needs_keeper(&self) -> bool {
        !matches!(self.batch.phase, Phase::Idle | Phase::Open)
            || !matches!(self.batch.member, Member::None)
            || self.batch.joined >= MOST_MEMBERS
    }

    /// Whether no batch is open.
    pub(super) const fn is_idle(&self) -> bool {
        matches!(self.batch.phase, Phase::Idle)
    }

    /// The connection, for the member that holds the lock.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(StoreError::unavailable("the writing connection was lost"))
    }

    /// Begins a member of the batch, and the batch itself where none is open.
    pub(super) async fn admit(&mut self) -> Result<()> {
        if self.batch.phase == Phase::Idle {
            self.open_batch().await?;
        }
        if self.batch.joined == 0 {
            self.batch.member = Member::First;
            return Ok(());
        }
        // The savepoint of the one before goes in the same turn of the thread, and the last of a batch with its commit.
        let statements = if std::mem::take(&mut self.batch.keeps_savepoint) {
            "RELEASE member; SAVEPOINT member"
        } else {
            "SAVEPOINT member"
        };
        self.batch.member = Member::Beginning;
        self.connection()?.execute(statements).await?;
        self.batch.member = Member::AtWork;
        Ok(())
    }

    /// Begins a member of one statement: no savepoint, so two turns of the writer's thread fewer.
    ///
    /// Nor would it need a batch where nobody else is waiting, but sqlx does not tell when the commit of a statement that
    /// returns a row fails.
    pub(super) async fn admit_single(&mut self) -> Result<()> {
        if self.batch.phase == Phase::Idle {
            self.open_batch().await?;
        }
        self.batch.member = Member::Single;
        Ok(())
    }

    async fn open_batch(&mut self) -> Result<()> {
        self.file.check_in_place()?;
        self.connection()?;
        self.batch.phase = Phase::Opening;
        let begun = self.connection()?.execute("BEGIN IMMEDIATE").await;
        self.batch.phase = if begun.is_ok() { Phase::Open } else { Phase::Idle };
        begun?;
        Ok(())
    }

    /// Lets the member's work into the batch; the answer comes when the keeper has committed.
    pub(super) fn join(&mut self) -> oneshot::Receiver<Answer> {
        let member = std::mem::take(&mut self.batch.member);
        self.batch.keeps_savepoint |= member == Member::AtWork;
        self.batch.joined = self.batch.joined.saturating_add(1);
        let (answer, receiver) = oneshot::channel();
        self.batch.waiting.push(answer);
        receiver
    }

    /// Marks the whole connection as doubtful until `settled` is called: for work outside of batches (migrations).
    pub(super) const fn unsettle(&mut self) {
        self.batch.phase = Phase::Opening;
    }

    /// Takes the mark away again.
    pub(super) const fn settled(&mut self) {
        self.batch.phase = Phase::Idle;
    }

    /// Ends the connection for good.
    pub(super) async fn close(&mut self) {
        self.closed = true;
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(cause = %StoreError::from(error), "the writing connection did not close cleanly");
        }
    }

    /// The keeper's round: clean up, commit, answer. Only the keeper calls it, so it is never cut off.
    async fn tend(&mut self, counters: &Counters) {
        if self.connection.is_none() {
            self.reconnect().await;
            return;
        }
        if let Err(cause) = self.tidy(counters).await {
            self.start_afresh(counters, &cause).await;
            return;
        }
        if self.batch.phase != Phase::Open {
            return;
        }
        match self.end_batch().await {
            Ok(true) => self.answer(counters),
            Ok(false) => {}
            Err(cause) => self.start_afresh(counters, &cause).await,
        }
    }

    /// Finishes what a caller left behind; an error means that only a fresh connection is certain.
    async fn tidy(&mut self, counters: &Counters) -> Result<()> {
        if self.batch.phase == Phase::Opening {
            return Err(StoreError::unavailable("a transaction was cut off while it began"));
        }
        match self.batch.member {
            // Whatever savepoint is there has nothing behind it, and the next one is a new one.
            Member::None | Member::Beginning => {}
            Member::First => {
                self.connection()?.execute("ROLLBACK").await?;
                self.batch.phase = Phase::Idle;
                counters.rolled_back(1);
            }
            Member::AtWork => {
                self.connection()?.execute("ROLLBACK TO member; RELEASE member").await?;
                counters.rolled_back(1);
            }
            // A statement that failed has undone itself; one that was cut off has run, or runs now.
            Member::Single => self.batch.joined = self.batch.joined.saturating_add(1),
        }
        self.batch.member = Member::None;
        Ok(())
    }

    /// Ends the transaction; true when it carried somebody's work.
    async fn end_batch(&mut self) -> Result<bool> {
        let carried = self.batch.joined > 0;
        let statement = if carried { "COMMIT" } else { "ROLLBACK" };
        self.connection()?.execute(statement).await?;
        self.batch.phase = Phase::Idle;
        self.batch.keeps_savepoint = false;
        Ok(carried)
    }

    fn answer(&mut self, counters: &Counters) {
        counters.committed(u64::try_from(self.batch.joined).unwrap_or(u64::MAX));
        self.batch.joined = 0;
        for caller in self.batch.waiting.drain(..) {
            // A caller that left does not need its answer.
            let _left = caller.send(Ok(()));
        }
    }

    /// Drops the connection, and with it whatever was open on it, and tells everybody who waited.
    async fn start_afresh(&mut self, counters: &Counters, cause: &StoreError) {
        tracing::warn!(%cause, transactions = self.batch.joined, "a batch of writes failed; taking a fresh connection");
        if let Some(connection) = self.connection.take() {
            // Waits until a statement that was cut off has ended, so that the file is free for the next connection.
            let _unclean = connection.close().await;
        }
        let failed = std::mem::take(&mut self.batch);
        counters.rolled_back(u64::try_from(failed.joined.max(1)).unwrap_or(u64::MAX));
        for caller in failed.waiting {
            let _left = caller.send(Err(as_unavailable(cause)));
        }
        self.reconnect().await;
    }

    async fn reconnect(&mut self) {
        if self.closed {
            return;
        }
        let opened = match self.file.check_in_place() {
            Ok(()) => self.options.connect().await.map_err(StoreError::from),
            Err(error) => Err(error),
        };
        match opened {
            Ok(connection) => self.connection = Some(connection),
            Err(cause) => tracing::error!(%cause, "the writing connection cannot be opened again"),
        }
    }
}

/// A batch that failed is always worth another try: its callers did nothing wrong.
fn as_unavailable(cause: &StoreError) -> StoreError {
    match cause {
        StoreError::Unavailable(cause) | StoreError::Refused(cause) => {
            StoreError::Unavailable(cause.clone())
        }
        _ => StoreError::Unavailable(Cause::new("the common commit failed")),
    }
}

/// Runs until nobody can wake it any more: every clone of the store and every transaction is gone.
///
/// Each wake leads to one round under the lock. The lock is fair, so writers who queued before the keeper
/// join the batch first; that is what groups the commits.
pub(super) async fn keep(
    writer: Arc<Mutex<Writer>>,
    mut wakes: mpsc::Receiver<()>,
    counters: Arc<Counters>,
) {
    while wakes.recv().await.is_some() {
        writer.lock().await.tend(&counters).await;
    }
    writer.lock().await.close().await;
}
