//! WeChat's app-level tokens (wechat.md §5.5): one row per account, and a lease, so that one replica fetches while the
//! others wait for the row. A lease is a moment in the future, so a fetcher who died is replaced when it has passed, and
//! only who holds the lease may change its row. The token is sealed; here it is bytes.

use magpie_domain::{AppId, Timestamp};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[
    ("FIND", Sql::both(FIND)),
    ("LEASE", Sql::both(LEASE)),
    ("KEEP", Sql::both(KEEP)),
    ("FORCE", Sql::both(FORCE)),
    ("POSTPONE", Sql::both(POSTPONE)),
];

/// A token as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptToken {
    /// The sealed token.
    pub sealed: Vec<u8>,
    /// Which one it is: the next one has another.
    pub version: i64,
    /// Until when it is used.
    pub expires_at: Timestamp,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppTokenRow {
    /// The token, expired or not, if there has been one.
    pub kept: Option<KeptToken>,
    /// Until when the lease is somebody's, or nobody may take it.
    pub leased_until: Timestamp,
}

#[derive(FromRow)]
struct KeptTokenRow {
    sealed: Option<Vec<u8>>,
    version: i64,
    expires_at: i64,
    lease_until: i64,
}

const FIND: &str =
    "SELECT sealed, version, expires_at, lease_until FROM app_tokens WHERE app_id = $1";

/// What is known of an account's token. Whoever waits for another's fetch looks here, and takes no lease before this one
/// has passed: so waiting writes nothing.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, app: &AppId) -> Result<Option<AppTokenRow>> {
    let row: Option<KeptTokenRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(app.as_str()).fetch_optional(c));
    Ok(row.map(|row| {
        let (version, expires_at) = (row.version, Timestamp::from_seconds(row.expires_at));
        AppTokenRow {
            kept: row.sealed.map(|sealed| KeptToken { sealed, version, expires_at }),
            leased_until: Timestamp::from_seconds(row.lease_until),
        }
    }))
}

const LEASE: &str = "
    INSERT INTO app_tokens (app_id, version, expires_at, lease_until, forced_at, forced_count)
    VALUES ($1, 0, 0, $3, 0, 0)
    ON CONFLICT (app_id) DO UPDATE SET lease_until = $3
    WHERE app_tokens.lease_until <= $2 AND (app_tokens.expires_at <= $2 OR app_tokens.version = $4)";

/// Takes the lease on fetching, where somebody has to: there is no token, it has expired, or it is the one that WeChat
/// `rejected`. Too late while another holds the lease, and where another token is there already.
///
/// # Errors
/// Only breakages.
pub async fn lease(
    tx: &mut Tx,
    app: &AppId,
    rejected: Option<i64>,
    now: Timestamp,
    until: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(LEASE)
            .bind(app.as_str())
            .bind(now.as_seconds())
            .bind(until.as_seconds())
            .bind(rejected.unwrap_or(-1))
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const KEEP: &str = "
    UPDATE app_tokens SET sealed = $3, expires_at = $4, version = version + 1, lease_until = 0
    WHERE app_id = $1 AND lease_until = $2 RETURNING version";

/// Keeps what was fetched and gives the lease back; the answer is the version. Too late when the lease had passed on.
///
/// # Errors
/// Only breakages.
pub async fn keep(
    tx: &mut Tx,
    app: &AppId,
    lease: Timestamp,
    sealed: &[u8],
    expires_at: Timestamp,
) -> Result<Once<i64>> {
    let version: Option<i64> = on_engine!(tx, |c| sqlx::query_scalar(KEEP)
        .bind(app.as_str())
        .bind(lease.as_seconds())
        .bind(sealed)
        .bind(expires_at.as_seconds())
        .fetch_optional(c));
    Ok(Once::of(version))
}

const FORCE: &str = "
    UPDATE app_tokens SET forced_at = $3,
        forced_count = CASE WHEN forced_at < $4 THEN 1 ELSE forced_count + 1 END
    WHERE app_id = $1 AND lease_until = $2 AND forced_at <= $5 AND (forced_at < $4 OR forced_count < $6)";

/// How often WeChat may be made to replace a token.
#[derive(Debug, Clone, Copy)]
pub struct ForceRule {
    /// The latest moment at which the last time may have been.
    pub not_since: Timestamp,
    /// When the present day began.
    pub day: Timestamp,
    /// Times a day.
    pub most: u32,
}

/// Counts a forced replacement before it is made, by the holder of the lease; too late when it would be one too many.
///
/// # Errors
/// Only breakages.
pub async fn force(
    tx: &mut Tx,
    app: &AppId,
    lease: Timestamp,
    rule: ForceRule,
    now: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(FORCE)
            .bind(app.as_str())
            .bind(lease.as_seconds())
            .bind(now.as_seconds())
            .bind(rule.day.as_seconds())
            .bind(rule.not_since.as_seconds())
            .bind(i64::from(rule.most))
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const POSTPONE: &str =
    "UPDATE app_tokens SET lease_until = $3 WHERE app_id = $1 AND lease_until = $2";

/// Nobody fetches before `until`: a fetch failed, and the next one is not made by everybody who waits.
///
/// # Errors
/// Only breakages.
pub async fn postpone(
    tx: &mut Tx,
    app: &AppId,
    lease: Timestamp,
    until: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(POSTPONE)
            .bind(app.as_str())
            .bind(lease.as_seconds())
            .bind(until.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}
