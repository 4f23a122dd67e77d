//! Facts about the database itself. The one so far: whether it has ever served production,
//! since development mode, with its plain cookies and foreign upstreams, must not touch such a database.

use magpie_domain::Timestamp;

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[("NOTE", Sql::both(NOTE)), ("READ", Sql::both(READ))];

const SERVED_PRODUCTION: &str = "served_production";

const NOTE: &str = "
    INSERT INTO meta (name, value, noted_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO NOTHING";

const READ: &str = "SELECT value FROM meta WHERE name = $1";

/// Notes, for good, that the database has served production.
///
/// # Errors
/// Only breakages.
pub async fn mark_production(tx: &mut Tx, now: Timestamp) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(NOTE).bind(SERVED_PRODUCTION).bind("yes").bind(now.as_seconds()).execute(c)
    ));
    Ok(())
}

/// Whether the database has ever served production.
///
/// # Errors
/// Only breakages.
pub async fn has_served_production(tx: &mut Tx) -> Result<bool> {
    let value: Option<String> =
        on_engine!(tx, |c| sqlx::query_scalar(READ).bind(SERVED_PRODUCTION).fetch_optional(c));
    Ok(value.is_some())
}
