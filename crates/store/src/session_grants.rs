//! Grants as a person sees them: which applications a browser session led to, what ends with it, and what one
//! application was given. Found by session, or by person where a refresh token outlives its session; every other grant
//! of a person is as young as its access token, so a withdrawal looks through the youngest ids and needs no index.

use magpie_domain::{ClientId, ScopeSet, SessionId, Timestamp, UserId};
use sqlx::FromRow;

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};
use crate::purge::first_id_of;

pub(crate) const STATEMENTS: &[Named] = &[
    ("CLIENTS_OF", Sql::both(CLIENTS_OF)),
    ("REVOKE_ONLINE", Sql::both(REVOKE_ONLINE)),
    ("HELD", Sql::both(HELD)),
    ("WITHDRAW_HERE", Sql::both(WITHDRAW_HERE)),
    ("WITHDRAW_YOUNG", Sql::both(WITHDRAW_YOUNG)),
    ("WITHDRAW_OFFLINE", Sql::both(WITHDRAW_OFFLINE)),
    ("REVOKE_YOUNG", Sql::both(REVOKE_YOUNG)),
    ("REVOKE_OFFLINE", Sql::both(REVOKE_OFFLINE)),
];

const CLIENTS_OF: &str = "
    SELECT DISTINCT client_id FROM grants WHERE session_id = $1 AND code_used_at IS NOT NULL
    ORDER BY client_id";

/// The applications that the session signed its person in to. One whose grant was revoked since has a session of its
/// own all the same, and is among them.
///
/// # Errors
/// Only breakages.
pub async fn clients_of(tx: &mut Tx, session: &SessionId) -> Result<Vec<ClientId>> {
    let ids: Vec<String> =
        on_engine!(tx, |c| sqlx::query_scalar(CLIENTS_OF).bind(session.as_str()).fetch_all(c));
    let of = RowOf { table: "grants", key: session.as_str() };
    ids.iter().map(|id| of.read("client_id", ClientId::parse(id))).collect()
}

const REVOKE_ONLINE: &str = "
    UPDATE grants SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL
        AND (code_used_at IS NULL OR (' ' || scopes || ' ') NOT LIKE '% offline_access %')";

/// Ends what the session gave, but for redeemed grants that were given for the person's absence; how many ended.
///
/// # Errors
/// Only breakages.
pub async fn revoke_online(tx: &mut Tx, session: &SessionId, now: Timestamp) -> Result<u64> {
    Ok(on_engine!(tx, |c| changed(
        sqlx::query(REVOKE_ONLINE).bind(session.as_str()).bind(now.as_seconds()).execute(c)
    )))
}

/// A live grant, as far as its person cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who has it.
    pub client_id: ClientId,
    /// What it is.
    pub scopes: ScopeSet,
    /// Since when.
    pub since: Timestamp,
}

const HELD: &str = "
    SELECT client_id, scopes, created_at FROM grants
    WHERE session_id = $1 AND code_used_at IS NOT NULL AND revoked_at IS NULL
    UNION ALL
    SELECT client_id, scopes, created_at FROM grants
    WHERE user_id = $2 AND refresh_ends_at IS NOT NULL AND session_id <> $1 AND revoked_at IS NULL
        AND refresh_ends_at > $3 AND refresh_expires_at > $3
    ORDER BY 1, 3 DESC LIMIT 1000";

/// What applications hold of a person: by this session, and for the person's absence.
///
/// # Errors
/// Only breakages.
pub async fn held(
    tx: &mut Tx,
    user: &UserId,
    session: &SessionId,
    now: Timestamp,
) -> Result<Vec<Held>> {
    let rows: Vec<HeldRow> = on_engine!(tx, |c| sqlx::query_as(HELD)
        .bind(session.as_str())
        .bind(user.as_str())
        .bind(now.as_seconds())
        .fetch_all(c));
    rows.into_iter().map(Held::try_from).collect()
}

/// Whose access ends, where it is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawal<'a> {
    /// The person.
    pub user: &'a UserId,
    /// The session in which they say so.
    pub session: &'a SessionId,
    /// Who loses everything.
    pub client: &'a ClientId,
    /// The moment before which a grant without a refresh token has outlived its tokens.
    pub since: Timestamp,
    /// The present moment.
    pub now: Timestamp,
}

const WITHDRAW_HERE: &str = "
    UPDATE grants SET revoked_at = $4
    WHERE session_id = $3 AND user_id = $1 AND client_id = $2 AND revoked_at IS NULL";

const WITHDRAW_YOUNG: &str = "
    UPDATE grants SET revoked_at = $4
    WHERE grant_id >= $3 AND user_id = $1 AND client_id = $2 AND revoked_at IS NULL";

// Of any age: the third value is the empty text, before every id.
const WITHDRAW_OFFLINE: &str = "
    UPDATE grants SET revoked_at = $4
    WHERE user_id = $1 AND refresh_ends_at IS NOT NULL AND client_id = $2 AND grant_id >= $3
        AND revoked_at IS NULL";

/// Ends everything that a client holds of a person; how many grants that were.
///
/// # Errors
/// Only breakages.
pub async fn withdraw(tx: &mut Tx, whose: &Withdrawal<'_>) -> Result<u64> {
    let first = first_id_of(whose.since);
    let mut ended = 0_u64;
    for (statement, third) in
        [(WITHDRAW_HERE, whose.session.as_str()), (WITHDRAW_YOUNG, &*first), (WITHDRAW_OFFLINE, "")]
    {
        let more = on_engine!(tx, |c| changed(
            sqlx::query(statement)
                .bind(whose.user.as_str())
                .bind(whose.client.as_str())
                .bind(third)
                .bind(whose.now.as_seconds())
                .execute(c)
        ));
        ended = ended.saturating_add(more);
    }
    Ok(ended)
}

const REVOKE_YOUNG: &str = "
    UPDATE grants SET revoked_at = $2 WHERE grant_id >= $3 AND user_id = $1 AND revoked_at IS NULL";

// Of any age: the third value is the empty text, before every id.
const REVOKE_OFFLINE: &str = "
    UPDATE grants SET revoked_at = $2
    WHERE user_id = $1 AND refresh_ends_at IS NOT NULL AND grant_id >= $3 AND revoked_at IS NULL";

/// Ends everything that anybody holds of a person, but for grants without a refresh token that were made before `since`
/// and have outlived their tokens; how many ended.
///
/// # Errors
/// Only breakages.
pub async fn revoke_all(
    tx: &mut Tx,
    user: &UserId,
    since: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    let first = first_id_of(since);
    let mut ended = 0_u64;
    for (statement, third) in [(REVOKE_YOUNG, &*first), (REVOKE_OFFLINE, "")] {
        let more = on_engine!(tx, |c| changed(
            sqlx::query(statement)
                .bind(user.as_str())
                .bind(now.as_seconds())
                .bind(third)
                .execute(c)
        ));
        ended = ended.saturating_add(more);
    }
    Ok(ended)
}

#[derive(FromRow)]
struct HeldRow {
    client_id: String,
    scopes: String,
    created_at: i64,
}

impl TryFrom<HeldRow> for Held {
    type Error = StoreError;

    fn try_from(row: HeldRow) -> Result<Self> {
        let of = RowOf { table: "grants", key: &row.client_id };
        Ok(Self {
            client_id: of.read("client_id", ClientId::parse(&row.client_id))?,
            scopes: ScopeSet::parse(&row.scopes),
            since: Timestamp::from_seconds(row.created_at),
        })
    }
}
