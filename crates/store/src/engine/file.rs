//! The file of a SQLite database: its address, its making, and whether it is still the file that was opened.
//!
//! An open descriptor outlives its name: without this check a database whose file was moved away would go on
//! acknowledging writes that nobody will ever read (DB-04).

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Result, StoreError, Unusable};

/// A database file, and which one it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl DatabaseFile {
    /// Reads `sqlite:PATH` (or `sqlite://PATH`) as a path.
    pub(crate) fn path_of(address: &str) -> Result<PathBuf, Unusable> {
        let path = address.strip_prefix("sqlite:").unwrap_or_default();
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path == ":memory:" {
            return Err(Unusable::Address("must name a file: sqlite:magpie.db"));
        }
        if path.contains(['?', '#', '\0']) {
            return Err(Unusable::Address("of SQLite takes no options: sqlite:magpie.db"));
        }
        Ok(PathBuf::from(path))
    }

    /// Finds the file; makes an empty one, readable by its owner alone, only when asked to.
    pub(crate) fn find(path: PathBuf, create: bool) -> Result<Self> {
        if create && !path.exists() {
            let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            if let Err(error) = made
                && error.kind() != std::io::ErrorKind::AlreadyExists
            {
                return Err(sqlx::Error::Io(error).into());
            }
        }
        let identity = identity(&path).ok_or(Unusable::Missing)?;
        Ok(Self { path, identity })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the name still leads to the file that was opened.
    pub(crate) fn check_in_place(&self) -> Result<()> {
        if identity(&self.path) == Some(self.identity) {
            Ok(())
        } else {
            Err(StoreError::unavailable("the database file was moved, removed or replaced"))
        }
    }
}

/// Device and inode; a stat on a local file takes about a microsecond, so it may be asked per batch.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = fs::metadata(path).ok()?;
    file.is_file().then(|| (file.dev(), file.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_file_and_nothing_else() {
        assert_eq!(DatabaseFile::path_of("sqlite:a/b.db"), Ok(PathBuf::from("a/b.db")));
        assert_eq!(DatabaseFile::path_of("sqlite:///var/b.db"), Ok(PathBuf::from("/var/b.db")));
        for address in ["sqlite:", "sqlite::memory:", "sqlite://", "sqlite:a.db?mode=rwc"] {
            assert!(DatabaseFile::path_of(address).is_err(), "{address}");
        }
    }
}
