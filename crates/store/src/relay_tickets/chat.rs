//! Tickets that are answered in the chat of a service account (channel kind `follow`): who scanned the code, what they
//! typed, and the desktop that goes on. The first who scans is the only one who can answer.

use magpie_domain::{Follower, MatchNumber, RelayId, RelayTicket, Timestamp, TokenHash};

use super::{TicketRow, columns, follower};
use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("SCAN", Sql::both(SCAN)),
    ("FIND_SCANNED", Sql::both(FIND_SCANNED)),
    ("CONFIRM", Sql::both(CONFIRM)),
    ("TAKE_CONFIRMED", Sql::both(TAKE_CONFIRMED)),
];

// The time of the scan is WeChat's own, so that a push that comes again changes nothing.
const SCAN: &str = "
    UPDATE relay_tickets SET scanned_app = $2, scanned_openid = $3, scanned_at = $4
    WHERE ticket_id = $1 AND code_address IS NOT NULL AND answer IS NULL AND expires_at > $5
      AND (scanned_openid IS NULL OR (scanned_openid = $3 AND scanned_app = $2 AND scanned_at < $4))";

/// Somebody scanned the code, at that moment of WeChat's. Too late: somebody else was first, it is heard again, somebody
/// answered, or the time is over. Signs nobody in.
///
/// # Errors
/// Only breakages.
pub async fn scan(
    tx: &mut Tx,
    id: &RelayId,
    follower: &Follower,
    (scanned_at, now): (Timestamp, Timestamp),
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(SCAN)
            .bind(id.as_str())
            .bind(follower.app_id.as_str())
            .bind(follower.openid.as_key())
            .bind(scanned_at.as_seconds())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const FIND_SCANNED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM relay_tickets WHERE scanned_openid = $1 AND scanned_app = $2
      ORDER BY scanned_at DESC, CASE WHEN answer IS NULL THEN 0 ELSE 1 END, created_at DESC LIMIT 1"
);

/// The ticket that somebody scanned last, in whatever state; of several in one second, one that waits.
///
/// # Errors
/// Only breakages.
pub async fn find_scanned(tx: &mut Tx, follower: &Follower) -> Result<Option<RelayTicket>> {
    let row: Option<TicketRow> = on_engine!(tx, |c| sqlx::query_as(FIND_SCANNED)
        .bind(follower.openid.as_key())
        .bind(follower.app_id.as_str())
        .fetch_optional(c));
    row.map(RelayTicket::try_from).transpose()
}

// The desktop has half a minute to find out who that is.
const CONFIRM: &str = "
    UPDATE relay_tickets SET answer = 'confirmed', auth_time = $5, expires_at = expires_at + 30
    WHERE ticket_id = $1 AND scanned_app = $2 AND scanned_openid = $3 AND number = $4
      AND answer IS NULL AND expires_at > $5";

/// The number, typed by who scanned the code, once. Too late: somebody else's code, another number, answered, or the time
/// is over.
///
/// # Errors
/// Only breakages.
pub async fn confirm(
    tx: &mut Tx,
    id: &RelayId,
    follower: &Follower,
    number: MatchNumber,
    now: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(CONFIRM)
            .bind(id.as_str())
            .bind(follower.app_id.as_str())
            .bind(follower.openid.as_key())
            .bind(i64::from(number.get()))
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const TAKE_CONFIRMED: &str = "
    UPDATE relay_tickets SET taken_at = $3
    WHERE ticket_id = $1 AND secret_hash = $2 AND answer = 'confirmed' AND taken_at IS NULL AND expires_at > $3
    RETURNING scanned_app, scanned_openid, auth_time";

/// Takes the yes, once, whichever replica is asked first: who, and when they typed the number. Too late: another
/// desktop's, not confirmed, taken or expired alike.
///
/// # Errors
/// Only breakages.
pub async fn take(
    tx: &mut Tx,
    id: &RelayId,
    secret_hash: &TokenHash,
    now: Timestamp,
) -> Result<Once<(Follower, Timestamp)>> {
    let row: Option<(Option<String>, Option<String>, Option<i64>)> =
        on_engine!(tx, |c| sqlx::query_as(TAKE_CONFIRMED)
            .bind(id.as_str())
            .bind(secret_hash.as_bytes())
            .bind(now.as_seconds())
            .fetch_optional(c));
    let of = RowOf { table: "relay_tickets", key: "of a desktop" };
    let read = |(app_id, openid, at): (Option<String>, Option<String>, Option<i64>)| {
        let who = follower(app_id.as_deref(), openid.as_deref(), &of)?;
        let at = of.read("auth_time", at.map(Timestamp::from_seconds))?;
        Ok::<_, StoreError>((of.read("scanned_openid", who)?, at))
    };
    Ok(Once::of(row.map(read).transpose()?))
}
