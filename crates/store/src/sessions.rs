//! Signed-in browsers. The cookie carries the id and a secret; the row holds the secret's hash.
//! Whether a session still lives is a rule of the domain; here it is found, renewed, touched and ended.

use magpie_domain::{BrowserSession, ChannelKind, SessionId, Timestamp, TokenHash, UserId};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("OPEN", Sql::both(OPEN)),
    ("FIND", Sql::both(FIND)),
    ("FIND_BY_ID", Sql::both(FIND_BY_ID)),
    ("OPEN_OF_USER", Sql::both(OPEN_OF_USER)),
    ("RENEW", Sql::both(RENEW)),
    ("TOUCH", Sql::both(TOUCH)),
    ("END", Sql::both(END)),
];

const OPEN: &str = "
    INSERT INTO sessions (session_id, secret_hash, user_id, auth_time, kind, last_seen_at)
    VALUES ($1, $2, $3, $4, $5, $6)";

/// Opens a session. `ended_at` of the value is not written.
///
/// # Errors
/// Only breakages.
pub async fn open(tx: &mut Tx, session: &BrowserSession, secret_hash: &TokenHash) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(OPEN)
            .bind(session.id.as_str())
            .bind(secret_hash.as_bytes())
            .bind(session.user_id.as_str())
            .bind(session.auth_time.as_seconds())
            .bind(session.kind.as_str())
            .bind(session.last_seen_at.as_seconds())
            .execute(c)
    ));
    Ok(())
}

const FIND: &str = "
    SELECT session_id, user_id, auth_time, kind, last_seen_at, ended_at FROM sessions
    WHERE session_id = $1 AND secret_hash = $2";

/// The session whose secret the browser holds, live or not.
///
/// # Errors
/// Only breakages.
pub async fn find(
    tx: &mut Tx,
    id: &SessionId,
    secret_hash: &TokenHash,
) -> Result<Option<BrowserSession>> {
    let row: Option<SessionRow> = on_engine!(tx, |c| sqlx::query_as(FIND)
        .bind(id.as_str())
        .bind(secret_hash.as_bytes())
        .fetch_optional(c));
    row.map(BrowserSession::try_from).transpose()
}

const FIND_BY_ID: &str = "
    SELECT session_id, user_id, auth_time, kind, last_seen_at, ended_at FROM sessions
    WHERE session_id = $1";

/// The session of that `sid`, live or not: for callers that are trusted without its secret.
///
/// # Errors
/// Only breakages.
pub async fn find_by_id(tx: &mut Tx, id: &SessionId) -> Result<Option<BrowserSession>> {
    let row: Option<SessionRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND_BY_ID).bind(id.as_str()).fetch_optional(c));
    row.map(BrowserSession::try_from).transpose()
}

// Looks through every session: rare enough, where an index would cost each login a write.
const OPEN_OF_USER: &str = "
    SELECT session_id, user_id, auth_time, kind, last_seen_at, ended_at FROM sessions
    WHERE user_id = $1 AND ended_at IS NULL ORDER BY session_id LIMIT 1000";

/// The sessions of a person that nobody ended, those that time ended included; at most 1,000.
///
/// # Errors
/// Only breakages.
pub async fn open_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<BrowserSession>> {
    let rows: Vec<SessionRow> =
        on_engine!(tx, |c| sqlx::query_as(OPEN_OF_USER).bind(user.as_str()).fetch_all(c));
    rows.into_iter().map(BrowserSession::try_from).collect()
}

const RENEW: &str = "
    UPDATE sessions SET secret_hash = $3, auth_time = $4, kind = $5, last_seen_at = $6
    WHERE session_id = $1 AND secret_hash = $2 AND user_id = $7 AND ended_at IS NULL";

/// Its person signed in again: the session goes on under a new secret, with the times and the kind of this sign-in.
/// Too late when it has ended or its secret was replaced meanwhile.
///
/// # Errors
/// Only breakages.
pub async fn renew(
    tx: &mut Tx,
    session: &BrowserSession,
    former_hash: &TokenHash,
    secret_hash: &TokenHash,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(RENEW)
            .bind(session.id.as_str())
            .bind(former_hash.as_bytes())
            .bind(secret_hash.as_bytes())
            .bind(session.auth_time.as_seconds())
            .bind(session.kind.as_str())
            .bind(session.last_seen_at.as_seconds())
            .bind(session.user_id.as_str())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const TOUCH: &str = "
    UPDATE sessions SET last_seen_at = $2
    WHERE session_id = $1 AND last_seen_at < $2 AND ended_at IS NULL";

/// Notes that the session was used; never moves the time back, never revives a session that ended.
///
/// # Errors
/// Only breakages.
pub async fn touch(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(TOUCH).bind(id.as_str()).bind(now.as_seconds()).execute(c)
    ));
    Ok(())
}

const END: &str = "UPDATE sessions SET ended_at = $2 WHERE session_id = $1 AND ended_at IS NULL";

/// Ends the session; too late when it had ended, or never was.
///
/// # Errors
/// Only breakages.
pub async fn end(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(END).bind(id.as_str()).bind(now.as_seconds()).execute(c)
    ));
    Ok(Once::changed(changed))
}

#[derive(FromRow)]
struct SessionRow {
    session_id: String,
    user_id: String,
    auth_time: i64,
    kind: String,
    last_seen_at: i64,
    ended_at: Option<i64>,
}

impl TryFrom<SessionRow> for BrowserSession {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self> {
        let of = RowOf { table: "sessions", key: &row.session_id };
        Ok(Self {
            id: of.read("session_id", SessionId::parse(&row.session_id))?,
            user_id: of.read("user_id", UserId::parse(&row.user_id))?,
            auth_time: Timestamp::from_seconds(row.auth_time),
            kind: of.read("kind", ChannelKind::parse(&row.kind))?,
            last_seen_at: Timestamp::from_seconds(row.last_seen_at),
            ended_at: row.ended_at.map(Timestamp::from_seconds),
        })
    }
}
