//! The files by which WeChat and WeCom see that a host is the operator's, as far as they were added beside the configuration.
//! The rules of names and bodies are elsewhere; here a name is a key.

use magpie_domain::Timestamp;

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[
    ("PUT", Sql::both(PUT)),
    ("BODY", Sql::both(BODY)),
    ("LIST", Sql::both(LIST)),
    ("REMOVE", Sql::both(REMOVE)),
];

const PUT: &str = "
    INSERT INTO verification_files (name, body, added_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET body = $2, added_at = $3";

/// Keeps a file, in place of one of the same name.
///
/// # Errors
/// Only breakages.
pub async fn put(tx: &mut Tx, (name, body): (&str, &str), now: Timestamp) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(PUT).bind(name).bind(body).bind(now.as_seconds()).execute(c)
    ));
    Ok(())
}

const BODY: &str = "SELECT body FROM verification_files WHERE name = $1";

/// What stands in the file of that very name.
///
/// # Errors
/// Only breakages.
pub async fn body(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    Ok(on_engine!(tx, |c| sqlx::query_scalar(BODY).bind(name).fetch_optional(c)))
}

const LIST: &str = "SELECT name, body FROM verification_files ORDER BY name";

/// All of them, names and bodies, by name.
///
/// # Errors
/// Only breakages.
pub async fn list(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    Ok(on_engine!(tx, |c| sqlx::query_as(LIST).fetch_all(c)))
}

const REMOVE: &str = "DELETE FROM verification_files WHERE name = $1";

/// Removes a file; whether it was there.
///
/// # Errors
/// Only breakages.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<bool> {
    Ok(on_engine!(tx, |c| changed(sqlx::query(REMOVE).bind(name).execute(c))) > 0)
}
