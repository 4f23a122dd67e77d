//! `[database]`: the URL of the database, which holds a password on PostgreSQL and is treated as a secret for it.
//! A SQLite path is relative to the configuration file, not to wherever the server was started.

use std::path::PathBuf;

use magpie_domain::Secret;

use super::reading::Reading;
use super::secrets::{self, SecretKeys};
use super::section::Section;

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// One file on this machine.
    Sqlite {
        /// The file, resolved.
        path: PathBuf,
    },
    /// A server; the URL holds a password.
    Postgres {
        /// `postgres://user:password@host/db`.
        url: Secret<String>,
    },
}

const KEYS: SecretKeys = SecretKeys {
    inline: "url",
    file: "url_file",
    where_to_find: "wanted: \"sqlite:magpie.db\" or \"postgres://user:password@host/database\"",
    strict: false,
};

pub(super) fn read(mut section: Section<'_>) -> Option<Database> {
    let given = secrets::read(&mut section, KEYS);
    let database = match given.secret {
        Some(url) => understand(&section, url),
        None if given.was_given => None,
        None => Some(Database::Sqlite { path: section.reading().resolve("magpie.db") }),
    };
    section.finish();
    database
}

fn understand(section: &Section<'_>, url: Secret<String>) -> Option<Database> {
    let text = url.expose();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let usable = url::Url::parse(text).is_ok_and(|url| url.has_host());
        if !usable {
            let cure = "a password with @ : / ? # or % is percent-encoded in a URL";
            section.refuse_quietly("url", "this is not a PostgreSQL URL", cure);
            return None;
        }
        return Some(Database::Postgres { url });
    }
    match text.strip_prefix("sqlite:") {
        Some(path) => sqlite(section, section.reading(), path),
        None => {
            section.refuse_quietly("url", "no such kind of database", KEYS.where_to_find);
            None
        }
    }
}

fn sqlite(section: &Section<'_>, reading: &Reading, path: &str) -> Option<Database> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(':') || path.contains('?') {
        let cure = "write sqlite: and the path of a file; a database in memory forgets everybody";
        section.refuse_quietly("url", "this names no file", cure);
        return None;
    }
    Some(Database::Sqlite { path: reading.resolve(path) })
}
