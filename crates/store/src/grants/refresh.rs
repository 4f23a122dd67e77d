//! The refresh token's half of a grant row: all of it, or none. Each step of a refresh token is one conditional statement
//! that names the token it found, so that of many callers at once exactly one rotates it (law 2).

use magpie_domain::{
    AccountState, ChannelKind, ClientId, Grant, GrantId, Lifetime, RefreshState, Timestamp,
    TokenHash, User,
};
use sqlx::FromRow;

use super::GrantAndUser;
use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf};

pub(crate) const STATEMENTS: &[Named] = &[
    ("FIND_WITH_USER", Sql::both(FIND_WITH_USER)),
    ("ROTATE", Sql::both(ROTATE)),
    ("ROTATE_PRESENT", Sql::both(ROTATE_PRESENT)),
    ("REPEAT", Sql::both(REPEAT)),
    ("PROLONG", Sql::both(PROLONG)),
];

const FIND_WITH_USER: &str =
    concat!("SELECT ", columns_with_user!(), " WHERE grant_id = $1 AND code_used_at IS NOT NULL");

/// The grant that a refresh token names, in whatever state once its code was used, with its person.
///
/// # Errors
/// Only breakages.
pub async fn find_with_user(tx: &mut Tx, id: &GrantId) -> Result<Option<(Grant, User)>> {
    let row: Option<GrantAndUser> =
        on_engine!(tx, |c| sqlx::query_as(FIND_WITH_USER).bind(id.as_str()).fetch_optional(c));
    row.map(GrantAndUser::read).transpose()
}

/// From one refresh token to the next.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// The grant.
    pub id: &'a GrantId,
    /// The token that was shown, as it is stored.
    pub from: &'a TokenHash,
    /// The token that takes its place.
    pub to: &'a TokenHash,
    /// When that one ends unless it is used.
    pub expires_at: Timestamp,
}

const ROTATE: &str = "UPDATE grants SET refresh_previous_hash = refresh_hash, refresh_hash = $3,
        refresh_generation = refresh_generation + 1, refresh_rotated_at = $5, refresh_retries = 0,
        refresh_expires_at = $4
    WHERE grant_id = $1 AND refresh_hash = $2 AND revoked_at IS NULL AND refresh_expires_at > $5";

/// Puts the next refresh token in the place of the present one. Too late: it is not the present one any more,
/// it has expired or the grant was revoked.
///
/// # Errors
/// Only breakages.
pub async fn rotate(tx: &mut Tx, step: &Rotation<'_>, now: Timestamp) -> Result<Once<()>> {
    stepped(tx, ROTATE, step, now).await
}

// SQLite names no joined table in RETURNING, so the person is looked up column by column.
const ROTATE_PRESENT: &str = concat!(
    "UPDATE grants SET refresh_previous_hash = refresh_hash, refresh_hash = $3,
        refresh_generation = refresh_generation + 1, refresh_rotated_at = $5, refresh_retries = 0,
        refresh_expires_at = CASE WHEN refresh_ends_at < $4 THEN refresh_ends_at ELSE $4 END
    WHERE grant_id = $1 AND refresh_hash = $2 AND refresh_generation = $6 AND client_id = $7
        AND code_used_at IS NOT NULL AND revoked_at IS NULL AND refresh_expires_at > $5 AND refresh_ends_at > $5
        AND $9 LIKE '%,' || kind || ',%'
        AND EXISTS (SELECT 1 FROM users WHERE users.user_id = grants.user_id AND users.state = $8)
    RETURNING ",
    columns!(),
    user_column!("subject"),
    user_column!("preferred_username"),
    user_column!("name"),
    user_column!("picture"),
    user_column!("gender"),
    user_column!("locale"),
    user_column!("state"),
    user_column!("enrolled_at"),
    user_column!("updated_at"),
);

/// A refresh token as its client shows it.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// Who shows it.
    pub client: &'a ClientId,
    /// How many tokens were before it.
    pub generation: u32,
    /// The kinds of channel that somebody can still come by; a grant of another kind rests.
    pub kinds: &'a [ChannelKind],
}

/// The same as [`rotate`], where the token is the present one of that client's live grant of one of those kinds, and its
/// person is active: the grant as it stands afterwards with its person, in one statement. The next token ends with the grant's last one at the
/// latest. Too late says no more than that something of this is not so.
///
/// # Errors
/// Only breakages.
pub async fn rotate_present(
    tx: &mut Tx,
    step: &Rotation<'_>,
    shown: Presented<'_>,
    now: Timestamp,
) -> Result<Once<(Grant, User)>> {
    let kinds: String = shown.kinds.iter().map(|kind| format!(",{},", kind.as_str())).collect();
    let row: Option<GrantAndUser> = on_engine!(tx, |c| sqlx::query_as(ROTATE_PRESENT)
        .bind(step.id.as_str())
        .bind(step.from.as_bytes())
        .bind(step.to.as_bytes())
        .bind(step.expires_at.as_seconds())
        .bind(now.as_seconds())
        .bind(i64::from(shown.generation))
        .bind(shown.client.as_str())
        .bind(AccountState::Active.as_str())
        .bind(&kinds)
        .fetch_optional(c));
    Ok(Once::of(row.map(GrantAndUser::read).transpose()?))
}

const PROLONG: &str =
    "UPDATE grants SET refresh_hash = $3, refresh_previous_hash = NULL, refresh_expires_at = $4
    WHERE grant_id = $1 AND refresh_hash = $2 AND revoked_at IS NULL AND refresh_expires_at > $5";

/// Lets the present refresh token live longer, for clients whose tokens do not rotate. `to` is the same token's hash under
/// the present root key. The one before, if there was one, is spent by this.
///
/// # Errors
/// Only breakages.
pub async fn prolong(tx: &mut Tx, step: &Rotation<'_>, now: Timestamp) -> Result<Once<()>> {
    stepped(tx, PROLONG, step, now).await
}

async fn stepped(
    tx: &mut Tx,
    statement: &'static str,
    step: &Rotation<'_>,
    now: Timestamp,
) -> Result<Once<()>> {
    let rows = on_engine!(tx, |c| changed(
        sqlx::query(statement)
            .bind(step.id.as_str())
            .bind(step.from.as_bytes())
            .bind(step.to.as_bytes())
            .bind(step.expires_at.as_seconds())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(rows))
}

/// The same step once more, for who lost the answer.
#[derive(Debug, Clone, Copy)]
pub struct Repetition<'a> {
    /// The grant.
    pub id: &'a GrantId,
    /// The present token, which must be unused still.
    pub present: &'a TokenHash,
    /// How long after the rotation it may be asked for.
    pub window: Lifetime,
    /// How often.
    pub most: u32,
}

const REPEAT: &str =
    "UPDATE grants SET refresh_retries = refresh_retries + 1
    WHERE grant_id = $1 AND refresh_hash = $2 AND refresh_previous_hash IS NOT NULL AND refresh_retries < $3
        AND refresh_rotated_at > $4 AND revoked_at IS NULL AND refresh_expires_at > $5";

/// Counts a repetition. Too late: the present token was used meanwhile, the window or the count is over, or the grant.
///
/// # Errors
/// Only breakages.
pub async fn repeat(tx: &mut Tx, wish: &Repetition<'_>, now: Timestamp) -> Result<Once<()>> {
    let rows = on_engine!(tx, |c| changed(
        sqlx::query(REPEAT)
            .bind(wish.id.as_str())
            .bind(wish.present.as_bytes())
            .bind(i64::from(wish.most))
            .bind(now.minus(wish.window).as_seconds())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(rows))
}

/// The columns as they come. Only `refresh_hash` says whether there is a refresh token.
#[derive(FromRow)]
pub(super) struct RefreshRow {
    refresh_hash: Option<Vec<u8>>,
    refresh_previous_hash: Option<Vec<u8>>,
    refresh_generation: Option<i64>,
    refresh_rotated_at: Option<i64>,
    refresh_retries: Option<i64>,
    refresh_expires_at: Option<i64>,
    refresh_ends_at: Option<i64>,
}

impl RefreshRow {
    /// Reads the state, if there is one.
    pub(super) fn read(&self, of: &RowOf<'_>) -> Result<Option<RefreshState>> {
        let Some(hash) = &self.refresh_hash else { return Ok(None) };
        let count = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let moment = |value: Option<i64>| value.map(Timestamp::from_seconds);
        let previous = match &self.refresh_previous_hash {
            Some(bytes) => Some(of.read("refresh_previous_hash", TokenHash::from_slice(bytes))?),
            None => None,
        };
        Ok(Some(RefreshState {
            hash: of.read("refresh_hash", TokenHash::from_slice(hash))?,
            previous,
            generation: of.read("refresh_generation", count(self.refresh_generation))?,
            rotated_at: moment(self.refresh_rotated_at),
            retries: of.read("refresh_retries", count(self.refresh_retries))?,
            expires_at: of.read("refresh_expires_at", moment(self.refresh_expires_at))?,
            ends_at: of.read("refresh_ends_at", moment(self.refresh_ends_at))?,
        }))
    }
}
