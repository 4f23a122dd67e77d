//! One row per callback exchange: whoever inserts it exchanges the code, everybody else waits for its outcome (law 7).
//! The outcome is sealed with a key that only the attempt's cookie yields; here it is bytes.

use magpie_domain::{ClaimKey, Claimed, Timestamp};

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[
    ("CLAIM", Sql::both(CLAIM)),
    ("SETTLE", Sql::both(SETTLE)),
    ("OUTCOME_OF", Sql::both(OUTCOME_OF)),
];

const CLAIM: &str = "
    INSERT INTO claims (claim_key, claimed_at, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (claim_key) DO NOTHING";

/// Claims an exchange: `First` for exactly one caller, whichever replica it asks. The row dies at `expires`.
///
/// # Errors
/// Only breakages.
pub async fn claim(
    tx: &mut Tx,
    key: &ClaimKey,
    now: Timestamp,
    expires: Timestamp,
) -> Result<Claimed> {
    if begin(tx, key, now, expires).await?.is_won() {
        return Ok(Claimed::First);
    }
    // Swept away between the two statements, the claim had expired: its attempt leads nowhere any more.
    Ok(outcome_of(tx, key).await?.unwrap_or(Claimed::Running))
}

/// The first half of [`claim`]: one statement, for [`crate::Store::write_single`]. Too late when somebody was here.
///
/// # Errors
/// Only breakages.
pub async fn begin(
    tx: &mut Tx,
    key: &ClaimKey,
    now: Timestamp,
    expires: Timestamp,
) -> Result<Once<()>> {
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(CLAIM)
            .bind(key.as_str())
            .bind(now.as_seconds())
            .bind(expires.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(inserted))
}

const SETTLE: &str =
    "UPDATE claims SET outcome = $2, settled_at = $3 WHERE claim_key = $1 AND outcome IS NULL";

/// Stores the sealed outcome, once: the first one stands.
///
/// # Errors
/// Only breakages.
pub async fn settle(
    tx: &mut Tx,
    key: &ClaimKey,
    sealed_outcome: &[u8],
    now: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(SETTLE)
            .bind(key.as_str())
            .bind(sealed_outcome)
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const OUTCOME_OF: &str = "SELECT outcome FROM claims WHERE claim_key = $1";

/// `Running` or `Settled`; `None` when there is no such claim (any more). Never `First`.
///
/// # Errors
/// Only breakages.
pub async fn outcome_of(tx: &mut Tx, key: &ClaimKey) -> Result<Option<Claimed>> {
    let outcome: Option<Option<Vec<u8>>> =
        on_engine!(tx, |c| sqlx::query_scalar(OUTCOME_OF).bind(key.as_str()).fetch_optional(c));
    Ok(outcome.map(|sealed| sealed.map_or(Claimed::Running, Claimed::Settled)))
}
