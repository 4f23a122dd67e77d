//! The outbox of back-channel logout: rows are written in the transaction that ends the session, leased while they are
//! sent, and gone once that succeeded or was given up. A lease is a `due_at` in the future, so a sender who died is
//! replaced when it has passed, and only who holds the lease may change its row.

use magpie_domain::{ClientId, DeliveryId, LogoutDelivery, SessionId, Timestamp, UserId};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("QUEUE", Sql::both(QUEUE)),
    ("IS_ANY_DUE", Sql::both(IS_ANY_DUE)),
    ("LEASE", LEASE),
    ("SETTLE", Sql::both(SETTLE)),
    ("POSTPONE", Sql::both(POSTPONE)),
];

const QUEUE: &str = "
    INSERT INTO logout_deliveries (delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Adds a message to the outbox.
///
/// # Errors
/// Only breakages.
pub async fn queue(tx: &mut Tx, delivery: &LogoutDelivery) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(QUEUE)
            .bind(delivery.id.as_str())
            .bind(delivery.client_id.as_str())
            .bind(delivery.user_id.as_str())
            .bind(delivery.session_id.as_str())
            .bind(delivery.due_at.as_seconds())
            .bind(i64::from(delivery.attempts))
            .bind(delivery.gives_up_at.as_seconds())
            .execute(c)
    ));
    Ok(())
}

const IS_ANY_DUE: &str =
    "SELECT delivery_id FROM logout_deliveries WHERE due_at <= $1 ORDER BY due_at LIMIT 1";

/// Whether there is something to send: a read, so that waiting for work writes nothing.
///
/// # Errors
/// Only breakages.
pub async fn is_any_due(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    let first: Option<String> =
        on_engine!(tx, |c| sqlx::query_scalar(IS_ANY_DUE).bind(now.as_seconds()).fetch_optional(c));
    Ok(first.is_some())
}

// Replicas that lease at the same moment pass over each other's rows.
const LEASE: Sql = Sql {
    sqlite: "UPDATE logout_deliveries SET due_at = $2, attempts = attempts + 1 WHERE delivery_id IN
        (SELECT delivery_id FROM logout_deliveries WHERE due_at <= $1 ORDER BY due_at LIMIT $3)
        RETURNING delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at",
    postgres: "WITH due AS MATERIALIZED
        (SELECT delivery_id FROM logout_deliveries WHERE due_at <= $1 ORDER BY due_at LIMIT $3
         FOR UPDATE SKIP LOCKED)
        UPDATE logout_deliveries SET due_at = $2, attempts = attempts + 1 FROM due
        WHERE logout_deliveries.delivery_id = due.delivery_id
        RETURNING logout_deliveries.delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at",
};

/// Takes up to `most` messages that are due, for this caller alone until `until`.
///
/// # Errors
/// Only breakages.
pub async fn lease(
    tx: &mut Tx,
    now: Timestamp,
    until: Timestamp,
    most: u32,
) -> Result<Vec<LogoutDelivery>> {
    let words = tx.words(LEASE);
    let rows: Vec<DeliveryRow> = on_engine!(tx, |c| sqlx::query_as(words)
        .bind(now.as_seconds())
        .bind(until.as_seconds())
        .bind(i64::from(most))
        .fetch_all(c));
    rows.into_iter().map(LogoutDelivery::try_from).collect()
}

const SETTLE: &str = "DELETE FROM logout_deliveries WHERE delivery_id = $1 AND due_at = $2";

/// Takes a leased message out of the outbox; too late when the lease had passed to somebody else.
///
/// # Errors
/// Only breakages.
pub async fn settle(tx: &mut Tx, leased: &LogoutDelivery) -> Result<Once<()>> {
    let removed = on_engine!(tx, |c| changed(
        sqlx::query(SETTLE).bind(leased.id.as_str()).bind(leased.due_at.as_seconds()).execute(c)
    ));
    Ok(Once::changed(removed))
}

const POSTPONE: &str =
    "UPDATE logout_deliveries SET due_at = $3 WHERE delivery_id = $1 AND due_at = $2";

/// Puts a leased message back until `next`; too late when the lease had passed to somebody else.
///
/// # Errors
/// Only breakages.
pub async fn postpone(tx: &mut Tx, leased: &LogoutDelivery, next: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(POSTPONE)
            .bind(leased.id.as_str())
            .bind(leased.due_at.as_seconds())
            .bind(next.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

#[derive(FromRow)]
struct DeliveryRow {
    delivery_id: String,
    client_id: String,
    user_id: String,
    session_id: String,
    due_at: i64,
    attempts: i64,
    gives_up_at: i64,
}

impl TryFrom<DeliveryRow> for LogoutDelivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self> {
        let of = RowOf { table: "logout_deliveries", key: &row.delivery_id };
        Ok(Self {
            id: of.read("delivery_id", DeliveryId::parse(&row.delivery_id))?,
            client_id: of.read("client_id", ClientId::parse(&row.client_id))?,
            user_id: of.read("user_id", UserId::parse(&row.user_id))?,
            session_id: of.read("session_id", SessionId::parse(&row.session_id))?,
            due_at: Timestamp::from_seconds(row.due_at),
            attempts: of.read("attempts", u32::try_from(row.attempts).ok())?,
            gives_up_at: Timestamp::from_seconds(row.gives_up_at),
        })
    }
}
