//! People: what applications know them by, and what WeChat last said of them.

use magpie_domain::{AccountState, Gender, Profile, Subject, Timestamp, User, UserId};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("INSERT", Sql::both(INSERT)),
    ("FIND", Sql::both(FIND)),
    ("FIND_BY_SUBJECT", Sql::both(FIND_BY_SUBJECT)),
    ("SET_PROFILE", Sql::both(SET_PROFILE)),
    ("SET_STATE", Sql::both(SET_STATE)),
    ("LIST", Sql::both(LIST)),
];

const INSERT: &str = "
    INSERT INTO users (user_id, subject, preferred_username, name, picture, gender, locale, state,
        enrolled_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING";

/// Adds a person; too late when the subject or the user name is taken. With derived subjects that is how the second
/// of two racing first logins learns of the first; otherwise other names have to be drawn.
///
/// # Errors
/// Only breakages.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<Once<()>> {
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(user.id.as_str())
            .bind(user.subject.as_str())
            .bind(&user.preferred_username)
            .bind(&user.profile.name)
            .bind(&user.profile.picture)
            .bind(user.profile.gender.map(Gender::as_str))
            .bind(&user.profile.locale)
            .bind(user.state.as_str())
            .bind(user.created_at.as_seconds())
            .bind(user.updated_at.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(inserted))
}

const FIND: &str = "
    SELECT user_id, subject, preferred_username, name, picture, gender, locale, state, enrolled_at, updated_at
    FROM users WHERE user_id = $1";

/// The person of that row.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, id: &UserId) -> Result<Option<User>> {
    let row: Option<UserRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(c));
    row.map(User::try_from).transpose()
}

const FIND_BY_SUBJECT: &str = "
    SELECT user_id, subject, preferred_username, name, picture, gender, locale, state, enrolled_at, updated_at
    FROM users WHERE subject = $1";

/// The person whom applications know by that `sub`.
///
/// # Errors
/// Only breakages.
pub async fn find_by_subject(tx: &mut Tx, subject: &Subject) -> Result<Option<User>> {
    let row: Option<UserRow> = on_engine!(tx, |c| sqlx::query_as(FIND_BY_SUBJECT)
        .bind(subject.as_str())
        .fetch_optional(c));
    row.map(User::try_from).transpose()
}

const SET_PROFILE: &str = "
    UPDATE users SET name = $2, picture = $3, gender = $4, locale = $5, updated_at = $6
    WHERE user_id = $1 AND (name IS DISTINCT FROM $2 OR picture IS DISTINCT FROM $3
        OR gender IS DISTINCT FROM $4 OR locale IS DISTINCT FROM $5)";

/// Replaces what WeChat said. A profile that says the same writes nothing and keeps its `updated_at`;
/// the answer is whether something was written.
///
/// # Errors
/// Only breakages.
pub async fn set_profile(
    tx: &mut Tx,
    id: &UserId,
    profile: &Profile,
    now: Timestamp,
) -> Result<bool> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(SET_PROFILE)
            .bind(id.as_str())
            .bind(&profile.name)
            .bind(&profile.picture)
            .bind(profile.gender.map(Gender::as_str))
            .bind(&profile.locale)
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(changed > 0)
}

const SET_STATE: &str = "UPDATE users SET state = $2 WHERE user_id = $1 AND state <> $2";

/// Says whether a person may sign in; the answer is whether that is new.
///
/// # Errors
/// Only breakages.
pub async fn set_state(tx: &mut Tx, id: &UserId, state: AccountState) -> Result<bool> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(SET_STATE).bind(id.as_str()).bind(state.as_str()).execute(c)
    ));
    Ok(changed > 0)
}

const LIST: &str = "
    SELECT user_id, subject, preferred_username, name, picture, gender, locale, state, enrolled_at, updated_at
    FROM users WHERE user_id > $1 ORDER BY user_id LIMIT $2";

/// At most `limit` people after the given one, in the order in which they came.
///
/// # Errors
/// Only breakages.
pub async fn list(tx: &mut Tx, after: Option<&UserId>, limit: u32) -> Result<Vec<User>> {
    let after = after.map_or("", UserId::as_str);
    let rows: Vec<UserRow> =
        on_engine!(tx, |c| sqlx::query_as(LIST).bind(after).bind(i64::from(limit)).fetch_all(c));
    rows.into_iter().map(User::try_from).collect()
}

/// A row of `users`; none of its names occurs in `grants` with another meaning, so that the two can be joined.
#[derive(FromRow)]
pub(crate) struct UserRow {
    user_id: String,
    subject: String,
    preferred_username: String,
    name: Option<String>,
    picture: Option<String>,
    gender: Option<String>,
    locale: Option<String>,
    state: String,
    enrolled_at: i64,
    updated_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self> {
        let of = RowOf { table: "users", key: &row.user_id };
        let gender = match row.gender.as_deref() {
            Some(gender) => Some(of.read("gender", Gender::parse(gender))?),
            None => None,
        };
        Ok(Self {
            id: of.read("user_id", UserId::parse(&row.user_id))?,
            subject: of.read("subject", Subject::parse(&row.subject))?,
            preferred_username: row.preferred_username,
            profile: Profile { name: row.name, picture: row.picture, gender, locale: row.locale },
            state: of.read("state", AccountState::parse(&row.state))?,
            created_at: Timestamp::from_seconds(row.enrolled_at),
            updated_at: Timestamp::from_seconds(row.updated_at),
        })
    }
}

/// The columns of a [`UserRow`] where an outer join may find nobody.
#[derive(FromRow)]
pub(crate) struct NobodyOrUserRow {
    user_id: Option<String>,
    subject: Option<String>,
    preferred_username: Option<String>,
    name: Option<String>,
    picture: Option<String>,
    gender: Option<String>,
    locale: Option<String>,
    state: Option<String>,
    enrolled_at: Option<i64>,
    updated_at: Option<i64>,
}

impl NobodyOrUserRow {
    /// The person, if the join found one.
    pub(crate) fn read(self) -> Result<Option<User>> {
        self.found().map(User::try_from).transpose()
    }

    fn found(self) -> Option<UserRow> {
        Some(UserRow {
            user_id: self.user_id?,
            subject: self.subject?,
            preferred_username: self.preferred_username?,
            name: self.name,
            picture: self.picture,
            gender: self.gender,
            locale: self.locale,
            state: self.state?,
            enrolled_at: self.enrolled_at?,
            updated_at: self.updated_at?,
        })
    }
}
