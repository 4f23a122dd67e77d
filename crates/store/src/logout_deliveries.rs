//! The outbox of back-channel logout: rows are written in the transaction that ends the session, leased while they are
//! sent, and gone once that succeeded or was given up. A lease is a `due_at` in the future, so a sender who died is
//! replaced when it has passed, and only who holds the lease may change its row.

use magpie_domain::{ClientId, DeliveryId, LogoutDelivery, SessionId, Timestamp, UserId};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("QUEUE", Sql::both(QUEUE)),
    ("IS_ANY_DUE", IS_ANY_DUE),
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

/// Which messages a sender is after.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// Those to clients that registered themselves, or those to all others.
    pub registered: bool,
    /// Clients that are passed over.
    pub but: &'a [ClientId],
}

impl Whose<'_> {
    /// The clients that are passed over, with a blank on either side of each: no id holds one.
    fn but(self) -> String {
        self.but.iter().fold(" ".to_owned(), |all, client| all + client.as_str() + " ")
    }
}

const IS_ANY_DUE: Sql = Sql {
    sqlite: "SELECT delivery_id FROM logout_deliveries AS due WHERE due_at <= $1
        AND instr($2, ' ' || client_id || ' ') = 0
        AND EXISTS (SELECT 1 FROM clients WHERE clients.client_id = due.client_id
            AND registration_token_hash IS NOT NULL) = ($3 = 1)
        ORDER BY due_at LIMIT 1",
    postgres: "SELECT delivery_id FROM logout_deliveries AS due WHERE due_at <= $1
        AND strpos($2, ' ' || client_id || ' ') = 0
        AND EXISTS (SELECT 1 FROM clients WHERE clients.client_id = due.client_id
            AND registration_token_hash IS NOT NULL) = ($3 = 1)
        ORDER BY due_at LIMIT 1",
};

/// Whether there is something to send: a read, so that waiting for work writes nothing.
///
/// # Errors
/// Only breakages.
pub async fn is_any_due(tx: &mut Tx, now: Timestamp, whose: Whose<'_>) -> Result<bool> {
    let words = tx.words(IS_ANY_DUE);
    let first: Option<String> = on_engine!(tx, |c| sqlx::query_scalar(words)
        .bind(now.as_seconds())
        .bind(whose.but())
        .bind(i64::from(whose.registered))
        .fetch_optional(c));
    Ok(first.is_some())
}

// Replicas that lease at the same moment pass over each other's rows.
const LEASE: Sql = Sql {
    sqlite: "UPDATE logout_deliveries SET due_at = $4, attempts = attempts + 1 WHERE delivery_id =
        (SELECT delivery_id FROM logout_deliveries AS due WHERE due_at <= $1
         AND instr($2, ' ' || client_id || ' ') = 0
         AND EXISTS (SELECT 1 FROM clients WHERE clients.client_id = due.client_id
            AND registration_token_hash IS NOT NULL) = ($3 = 1)
         ORDER BY due_at LIMIT 1)
        RETURNING delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at",
    postgres: "WITH first AS MATERIALIZED
        (SELECT delivery_id FROM logout_deliveries AS due WHERE due_at <= $1
         AND strpos($2, ' ' || client_id || ' ') = 0
         AND EXISTS (SELECT 1 FROM clients WHERE clients.client_id = due.client_id
            AND registration_token_hash IS NOT NULL) = ($3 = 1)
         ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        UPDATE logout_deliveries SET due_at = $4, attempts = attempts + 1 FROM first
        WHERE logout_deliveries.delivery_id = first.delivery_id
        RETURNING logout_deliveries.delivery_id, client_id, user_id, session_id, due_at, attempts, gives_up_at",
};

/// Takes the message that has been due for longest, for this caller alone until `until`; nothing when none is due.
///
/// # Errors
/// Only breakages.
pub async fn lease(
    tx: &mut Tx,
    now: Timestamp,
    until: Timestamp,
    whose: Whose<'_>,
) -> Result<Option<LogoutDelivery>> {
    let words = tx.words(LEASE);
    let row: Option<DeliveryRow> = on_engine!(tx, |c| sqlx::query_as(words)
        .bind(now.as_seconds())
        .bind(whose.but())
        .bind(i64::from(whose.registered))
        .bind(until.as_seconds())
        .fetch_optional(c));
    row.map(LogoutDelivery::try_from).transpose()
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
