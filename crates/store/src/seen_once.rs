//! Values that count once although they are not ours: the `jti` of an assertion or a proof (RFC 7523 §3, RFC 9449 §11.1).
//! A row is the keyed hash of what it was for, who showed it and the value, so it has one size and tells nothing.
//! Written only after whatever carries the value has been proved, so that nobody fills the table without a key.

use magpie_domain::{Timestamp, TokenHash};

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[("MARK", Sql::both(MARK))];

const MARK: &str = "
    INSERT INTO seen_once (seen_key, expires_at) VALUES ($1, $2)
    ON CONFLICT (seen_key) DO NOTHING";

/// Marks a value as seen: won by exactly one caller, whichever replica it asks. The row dies at `expires`, which must
/// not come before the last moment at which the value would be accepted.
///
/// # Errors
/// Only breakages.
pub async fn mark(tx: &mut Tx, key: &TokenHash, expires: Timestamp) -> Result<Once<()>> {
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(MARK).bind(key.as_bytes()).bind(expires.as_seconds()).execute(c)
    ));
    Ok(Once::changed(inserted))
}
