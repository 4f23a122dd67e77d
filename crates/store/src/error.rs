//! What can break in the store. Everything here is an incident; a refusal (`TooLate`, `None`) is a value elsewhere.
//!
//! No variant carries a value: not a bound parameter, not a database's own message, which may quote one
//! (PostgreSQL's `DETAIL:` shows the row, DB-21). What is left is the kind, the engine's code and the constraint.

use std::fmt;

use magpie_domain::entropy::NoEntropy;

/// What a store function gives.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A breakage of the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy, full, read-only or too slow; waiting may help.
    /// After a commit it also means: nobody knows whether it happened (DB-13).
    #[error("the database is away, busy or full: {0}")]
    Unavailable(Cause),
    /// The database refused a statement; waiting does not help.
    #[error("the database refused a statement: {0}")]
    Refused(Cause),
    /// A row cannot be what it should be. Names table and key, never values.
    #[error("a row of {table} is broken: column {column} of {key}")]
    BrokenRow {
        /// The table.
        table: &'static str,
        /// The row's key, where it is no identifier of WeChat's.
        key: String,
        /// The column that cannot be read.
        column: &'static str,
    },
    /// A noun cannot be written down as JSON.
    #[error("{0} cannot be written as JSON")]
    Unwritable(&'static str),
    /// An earlier statement of the transaction failed or was cut off; it can only be dropped.
    #[error("an earlier statement of this transaction failed or was cut off")]
    Unsettled,
    /// The database cannot be opened as it is.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The system gave no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// Why a database cannot be opened as it is. Each text says what to do; the database was not touched (DB-05).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The address is none of ours.
    #[error("the database address {0}")]
    Address(&'static str),
    /// There is no file, or an empty one, and nobody asked for a new one.
    #[error(
        "there is no database at this address; create it with `magpie migrate`, or restore a backup"
    )]
    Missing,
    /// The file belongs to another program, or is damaged beyond recognition.
    #[error(
        "the file is not a Magpie database, or is damaged; restore a backup or name another file"
    )]
    Foreign,
    /// The engine is older than what we trust.
    #[error("the database engine is {found}, and {wanted} or later is needed")]
    EngineTooOld {
        /// What answered.
        found: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// The server is a standby, or was demoted (DB-10).
    #[error("the PostgreSQL server is a read-only standby; name the primary")]
    Standby,
    /// Migrations have to run first.
    #[error("the schema is at {found}, and this version needs {wanted}; run `magpie migrate`")]
    SchemaBehind {
        /// The newest migration that ran; 0 for none.
        found: i64,
        /// The newest migration we know.
        wanted: i64,
    },
    /// A newer Magpie was here.
    #[error("the schema is at {found}, and this version knows only {known}; use a newer Magpie")]
    SchemaAhead {
        /// The newest migration that ran.
        found: i64,
        /// The newest migration we know.
        known: i64,
    },
    /// A migration that ran is not the one we know by this number.
    #[error("migration {0} ran with another text than this version has; restore a backup")]
    SchemaDiffers(i64),
}

/// What a database said, without its words: they may quote values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    what: &'static str,
    code: Option<String>,
    constraint: Option<String>,
}

impl Cause {
    /// A cause that is ours to describe.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, code: None, constraint: None }
    }

    /// SQLite's extended result code or PostgreSQL's SQLSTATE, for logs and metrics.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        if let Some(constraint) = &self.constraint {
            write!(f, ", constraint {constraint}")?;
        }
        Ok(())
    }
}

impl StoreError {
    /// Whether waiting may help: answered 503 with `Retry-After`, not 500 (DB-01, DB-09, DB-14).
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub(crate) const fn unavailable(what: &'static str) -> Self {
        Self::Unavailable(Cause::new(what))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let (cause, passing) = read(&error);
        if passing { Self::Unavailable(cause) } else { Self::Refused(cause) }
    }
}

/// The cause, and whether waiting may help.
fn read(error: &sqlx::Error) -> (Cause, bool) {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().map(|code| code.into_owned());
            let passing = code.as_deref().is_some_and(is_passing_code);
            let constraint = database.constraint().map(str::to_owned);
            (Cause { what: "it answered with an error", code, constraint }, passing)
        }
        sqlx::Error::Io(io) => {
            let code = Some(io.kind().to_string());
            (Cause { what: "the connection failed", code, constraint: None }, true)
        }
        sqlx::Error::PoolTimedOut => (Cause::new("no connection came free in time"), true),
        sqlx::Error::PoolClosed => (Cause::new("the store was closed"), true),
        sqlx::Error::WorkerCrashed => (Cause::new("the connection's thread died"), true),
        sqlx::Error::Tls(_) => (Cause::new("TLS to the database failed"), true),
        sqlx::Error::BeginFailed => (Cause::new("the transaction did not begin"), true),
        sqlx::Error::Protocol(_) => (Cause::new("the connection spoke out of turn"), true),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            (Cause::new("a column has another type than the schema says"), false)
        }
        _ => (Cause::new("the statement cannot be run"), false),
    }
}

/// Whether an engine's code says that waiting may help. Five characters are an SQLSTATE, the rest is SQLite's.
fn is_passing_code(code: &str) -> bool {
    if code.len() == 5 {
        return is_passing_sqlstate(code);
    }
    // The primary code is the low byte: busy, locked, no memory, read-only, I/O, full, cannot open, locking protocol.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xFF, 5..=8 | 10 | 13..=15))
}

/// Connection trouble (08), serialization and deadlock (40001, 40P01), resources (53), operator (57), system (58),
/// locks (55P03), a server that became read-only (25006), and a database that lets nobody in for now (28000, 28P01,
/// 3D000, 55000): the server that runs had been let in before.
fn is_passing_sqlstate(code: &str) -> bool {
    ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
        || ["25006", "28000", "28P01", "3D000", "40001", "40P01", "55000", "55P03"].contains(&code)
}

/// A row on its way to its noun: knows table and key, for the incident if a column cannot be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowOf<'a> {
    pub(crate) table: &'static str,
    pub(crate) key: &'a str,
}

impl RowOf<'_> {
    /// The value, or the incident that names table, key and column.
    pub(crate) fn read<T>(self, column: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| StoreError::BrokenRow {
            table: self.table,
            key: self.key.to_owned(),
            column,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_pass_with_time_are_told_from_those_that_do_not() {
        for (code, passing) in [
            ("5", true),      // SQLITE_BUSY
            ("517", true),    // SQLITE_BUSY_SNAPSHOT
            ("13", true),     // SQLITE_FULL
            ("8", true),      // SQLITE_READONLY
            ("1032", true),   // SQLITE_READONLY_DBMOVED
            ("2067", false),  // SQLITE_CONSTRAINT_UNIQUE
            ("1555", false),  // SQLITE_CONSTRAINT_PRIMARYKEY
            ("1", false),     // SQLITE_ERROR
            ("11", false),    // SQLITE_CORRUPT
            ("57P01", true),  // admin_shutdown
            ("53300", true),  // too_many_connections
            ("53100", true),  // disk_full
            ("08006", true),  // connection_failure
            ("40P01", true),  // deadlock_detected
            ("25006", true),  // read_only_sql_transaction
            ("55P03", true),  // lock_not_available
            ("23505", false), // unique_violation
            ("42P01", false), // undefined_table
        ] {
            assert_eq!(is_passing_code(code), passing, "{code}");
        }
    }
}
