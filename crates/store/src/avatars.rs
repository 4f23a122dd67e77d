//! People's pictures, one for each person who has one: where WeChat keeps it, and what was fetched from there.
//! Fetching is leased like a message of the outbox: `due_at` in the future belongs to whoever put it there.

use magpie_domain::{AvatarId, Timestamp, UserId};
use sqlx::FromRow;

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf};

pub(crate) const STATEMENTS: &[Named] = &[
    ("EXPECT", Sql::both(EXPECT)),
    ("FORGET", Sql::both(FORGET)),
    ("FIND", Sql::both(FIND)),
    ("IS_ANY_DUE", Sql::both(IS_ANY_DUE)),
    ("LEASE", LEASE),
    ("KEEP", Sql::both(KEEP)),
    ("SETTLE", Sql::both(SETTLE)),
];

/// A picture as it was fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// Its media type, as its bytes say.
    pub media_type: String,
    /// The picture.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for StoredPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredPicture({}, {} bytes)", self.media_type, self.body.len())
    }
}

/// What is known under the name of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Avatar {
    /// The picture.
    Kept(StoredPicture),
    /// It is still to be fetched.
    Expected,
    /// It could not be had.
    GivenUp,
}

/// A picture that somebody is to fetch now.
#[derive(Clone, PartialEq, Eq)]
pub struct DueAvatar {
    /// Its name.
    pub id: AvatarId,
    /// Where WeChat keeps it.
    pub source: String,
    /// How often that was tried, this time included.
    pub attempts: u32,
}

impl std::fmt::Debug for DueAvatar {
    /// Without the source: an upstream URL is not printed (law 9).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DueAvatar").field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

const EXPECT: &str = "
    INSERT INTO avatars (avatar_id, user_id, source, due_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (user_id) DO UPDATE SET avatar_id = excluded.avatar_id, source = excluded.source,
        media_type = NULL, body = NULL, attempts = 0, due_at = excluded.due_at";

/// Puts this picture in the place of the one before, to be fetched.
///
/// # Errors
/// Only breakages.
pub async fn expect(
    tx: &mut Tx,
    id: &AvatarId,
    user: &UserId,
    source: &str,
    now: Timestamp,
) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(EXPECT)
            .bind(id.as_str())
            .bind(user.as_str())
            .bind(source)
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(())
}

const FORGET: &str = "DELETE FROM avatars WHERE user_id = $1";

/// Removes a person's picture.
///
/// # Errors
/// Only breakages.
pub async fn forget(tx: &mut Tx, user: &UserId) -> Result<()> {
    on_engine!(tx, |c| changed(sqlx::query(FORGET).bind(user.as_str()).execute(c)));
    Ok(())
}

const FIND: &str = "SELECT media_type, body, due_at FROM avatars WHERE avatar_id = $1";

/// What is known under that name; nothing for a name that no person's picture has, or has no longer.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, id: &AvatarId) -> Result<Option<Avatar>> {
    type Row = (Option<String>, Option<Vec<u8>>, Option<i64>);
    let row: Option<Row> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(c));
    Ok(row.map(|(media_type, body, due_at)| match (media_type.zip(body), due_at) {
        (Some((media_type, body)), _) => Avatar::Kept(StoredPicture { media_type, body }),
        (None, Some(_)) => Avatar::Expected,
        (None, None) => Avatar::GivenUp,
    }))
}

const IS_ANY_DUE: &str = "SELECT avatar_id FROM avatars WHERE due_at <= $1 ORDER BY due_at LIMIT 1";

/// Whether there is something to fetch: a read, so that waiting for work writes nothing.
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
    sqlite: "UPDATE avatars SET due_at = $2, attempts = attempts + 1 WHERE avatar_id IN
        (SELECT avatar_id FROM avatars WHERE due_at <= $1 ORDER BY due_at LIMIT $3)
        RETURNING avatar_id, source, attempts",
    postgres: "WITH due AS MATERIALIZED
        (SELECT avatar_id FROM avatars WHERE due_at <= $1 ORDER BY due_at LIMIT $3
         FOR UPDATE SKIP LOCKED)
        UPDATE avatars SET due_at = $2, attempts = attempts + 1 FROM due
        WHERE avatars.avatar_id = due.avatar_id
        RETURNING avatars.avatar_id, source, attempts",
};

#[derive(FromRow)]
struct DueRow {
    avatar_id: String,
    source: String,
    attempts: i64,
}

/// Takes up to `most` pictures that are due, for this caller until `until`: it is then that somebody tries again.
///
/// # Errors
/// Only breakages.
pub async fn lease(
    tx: &mut Tx,
    now: Timestamp,
    until: Timestamp,
    most: u32,
) -> Result<Vec<DueAvatar>> {
    let words = tx.words(LEASE);
    let rows: Vec<DueRow> = on_engine!(tx, |c| sqlx::query_as(words)
        .bind(now.as_seconds())
        .bind(until.as_seconds())
        .bind(i64::from(most))
        .fetch_all(c));
    let read = |row: DueRow| {
        let of = RowOf { table: "avatars", key: &row.avatar_id };
        Ok(DueAvatar {
            id: of.read("avatar_id", AvatarId::parse(&row.avatar_id))?,
            attempts: of.read("attempts", u32::try_from(row.attempts).ok())?,
            source: row.source,
        })
    };
    rows.into_iter().map(read).collect()
}

const KEEP: &str =
    "UPDATE avatars SET media_type = $2, body = $3, due_at = NULL WHERE avatar_id = $1";

/// Keeps what was fetched; nothing happens when another picture has taken its place meanwhile.
///
/// # Errors
/// Only breakages.
pub async fn keep(tx: &mut Tx, id: &AvatarId, picture: &StoredPicture) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(KEEP)
            .bind(id.as_str())
            .bind(&picture.media_type)
            .bind(&picture.body)
            .execute(c)
    ));
    Ok(())
}

const SETTLE: &str = "UPDATE avatars SET due_at = $2 WHERE avatar_id = $1 AND body IS NULL";

/// Tries again at `again`, or never.
///
/// # Errors
/// Only breakages.
pub async fn settle(tx: &mut Tx, id: &AvatarId, again: Option<Timestamp>) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(SETTLE).bind(id.as_str()).bind(again.map(Timestamp::as_seconds)).execute(c)
    ));
    Ok(())
}
