//! Clients that registered themselves (RFC 7591) and manage themselves by a token (RFC 7592): rows of `clients` that hold
//! the keyed hash of that token. One that registered unasked goes again when its time is over: soon while it has signed
//! nobody in, long after the last time since. An unused one keeps its place until then, even when it is taken back before,
//! so that nobody can fill the trail in a loop.

use magpie_domain::{Client, ClientId, Lifetime, Timestamp, TokenHash};
use sqlx::FromRow;

use crate::clients::{ClientRow, details};
use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf};

pub(crate) const STATEMENTS: &[Named] = &[
    ("COUNT", Sql::both(COUNT)),
    ("INSERT", Sql::both(INSERT)),
    ("FIND", Sql::both(FIND)),
    ("FIND_TO_CHANGE", FIND_TO_CHANGE),
    ("WANTS_NOTE", Sql::both(WANTS_NOTE)),
    ("KEEP", Sql::both(KEEP)),
    ("VOUCH", Sql::both(VOUCH)),
    ("RETIRE", Sql::both(RETIRE)),
    ("IS_ANY_OVER", Sql::both(IS_ANY_OVER)),
    ("REMOVE_UNUSED", REMOVE_UNUSED),
];

/// Most clients that one sweep removes; the statement says the same number.
pub const BATCH: usize = 100;

/// How long one that registered unasked may sign nobody in; `COUNT` says the same number of seconds. Whoever was used has
/// more than that since it came.
pub const UNUSED_FOR: Lifetime = Lifetime::from_hours(24);

/// How many clients there are that registered themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Registered {
    /// All of them.
    pub all: u64,
    /// Those that have signed nobody in, the ones that were taken back among them.
    pub unused: u64,
}

const COUNT: &str = "
    SELECT COUNT(*), COUNT(CASE WHEN unused_until <= created_at + 86400 THEN 1 END) FROM clients
    WHERE registration_token_hash IS NOT NULL OR unused_until IS NOT NULL";

/// Counts them.
///
/// # Errors
/// Only breakages.
pub async fn count(tx: &mut Tx) -> Result<Registered> {
    let (all, unused): (i64, i64) = on_engine!(tx, |c| sqlx::query_as(COUNT).fetch_one(c));
    Ok(Registered { all: all.unsigned_abs(), unused: unused.unsigned_abs() })
}

/// A client that registers.
#[derive(Debug, Clone, Copy)]
pub struct NewRegistration<'a> {
    /// Itself.
    pub client: &'a Client,
    /// The keyed hash of the token by which it manages itself.
    pub token: &'a TokenHash,
    /// When.
    pub now: Timestamp,
    /// When it goes again, unless it has signed somebody in by then; at most [`UNUSED_FOR`] from now.
    pub unused_until: Option<Timestamp>,
}

const INSERT: &str = "
    INSERT INTO clients
        (client_id, name, secret_hash, scopes, enabled, created_at, details, registration_token_hash, unused_until)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (client_id) DO NOTHING";

/// Adds one; too late when the id is taken.
///
/// # Errors
/// Only breakages.
pub async fn insert(tx: &mut Tx, new: &NewRegistration<'_>) -> Result<Once<()>> {
    let client = new.client;
    let details = details(client)?;
    let scopes = client.scopes().to_string();
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(client.id().as_str())
            .bind(client.name())
            .bind(client.secrets().current.as_ref().map(TokenHash::as_bytes))
            .bind(&scopes)
            .bind(i64::from(client.is_enabled()))
            .bind(new.now.as_seconds())
            .bind(&details)
            .bind(new.token.as_bytes())
            .bind(new.unused_until.map(Timestamp::as_seconds))
            .execute(c)
    ));
    Ok(Once::changed(inserted))
}

/// A client with what it needs to manage itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Itself, enabled or not.
    pub client: Client,
    /// The keyed hash of its token.
    pub token: TokenHash,
    /// Since when it is there.
    pub since: Timestamp,
    /// Whether it has signed nobody in.
    pub unused: bool,
}

const FIND: &str = "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details,
        registration_token_hash, created_at, unused_until
    FROM clients WHERE client_id = $1 AND registration_token_hash IS NOT NULL";

/// The client of that id, if it manages itself.
///
/// # Errors
/// Breakages, a row that makes no consistent client among them.
pub async fn find(tx: &mut Tx, id: &ClientId) -> Result<Option<Registration>> {
    let row: Option<RegistrationRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(c));
    row.map(Registration::try_from).transpose()
}

// SQLite's writer is alone; PostgreSQL has to be told that nobody else may change the row meanwhile.
const FIND_TO_CHANGE: Sql = Sql {
    sqlite: "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details,
        registration_token_hash, created_at, unused_until
    FROM clients WHERE client_id = $1 AND registration_token_hash IS NOT NULL",
    postgres: "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details,
        registration_token_hash, created_at, unused_until
    FROM clients WHERE client_id = $1 AND registration_token_hash IS NOT NULL FOR UPDATE",
};

/// The same, which nobody else changes until the transaction ends.
///
/// # Errors
/// Breakages, a row that makes no consistent client among them.
pub async fn find_to_change(tx: &mut Tx, id: &ClientId) -> Result<Option<Registration>> {
    let words = tx.words(FIND_TO_CHANGE);
    let row: Option<RegistrationRow> =
        on_engine!(tx, |c| sqlx::query_as(words).bind(id.as_str()).fetch_optional(c));
    row.map(Registration::try_from).transpose()
}

const WANTS_NOTE: &str =
    "SELECT client_id FROM clients WHERE client_id = $1 AND unused_until <= $2";

/// Whether the client goes at `early` or before: a read, so that not every sign-in writes.
///
/// # Errors
/// Only breakages.
pub async fn wants_note(tx: &mut Tx, id: &ClientId, early: Timestamp) -> Result<bool> {
    let found: Option<String> = on_engine!(tx, |c| sqlx::query_scalar(WANTS_NOTE)
        .bind(id.as_str())
        .bind(early.as_seconds())
        .fetch_optional(c));
    Ok(found.is_some())
}

const KEEP: &str = "
    UPDATE clients SET unused_until = $2
    WHERE client_id = $1 AND unused_until <= $3 AND registration_token_hash IS NOT NULL";

/// Writes down that the client has signed somebody in, so that no sweep takes it until `until`, if it would go at `early`
/// or before. Too late when that is known, and when the client was taken back meanwhile, whose row would stay.
///
/// # Errors
/// Only breakages.
pub async fn keep(
    tx: &mut Tx,
    id: &ClientId,
    until: Timestamp,
    early: Timestamp,
) -> Result<Once<()>> {
    let kept = on_engine!(tx, |c| changed(
        sqlx::query(KEEP)
            .bind(id.as_str())
            .bind(until.as_seconds())
            .bind(early.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(kept))
}

const VOUCH: &str = "
    UPDATE clients SET unused_until = NULL WHERE client_id = $1 AND unused_until IS NOT NULL";

/// Lets a client stay although nobody signs in to it; too late when it stays anyway.
///
/// # Errors
/// Only breakages.
pub async fn vouch(tx: &mut Tx, id: &ClientId) -> Result<Once<()>> {
    let vouched = on_engine!(tx, |c| changed(sqlx::query(VOUCH).bind(id.as_str()).execute(c)));
    Ok(Once::changed(vouched))
}

const RETIRE: &str = "
    UPDATE clients SET enabled = 0, registration_token_hash = NULL
    WHERE client_id = $1 AND unused_until <= created_at + 86400";

/// Takes an unused client back: nobody can use or manage it, and its place is taken until a sweep. Too late when it is
/// not unused.
///
/// # Errors
/// Only breakages.
pub async fn retire(tx: &mut Tx, id: &ClientId) -> Result<Once<()>> {
    let retired = on_engine!(tx, |c| changed(sqlx::query(RETIRE).bind(id.as_str()).execute(c)));
    Ok(Once::changed(retired))
}

const IS_ANY_OVER: &str = "SELECT client_id FROM clients WHERE unused_until <= $1 LIMIT 1";

/// Whether the time of any client is over.
///
/// # Errors
/// Only breakages.
pub async fn is_any_over(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    let found: Option<String> = on_engine!(tx, |c| sqlx::query_scalar(IS_ANY_OVER)
        .bind(now.as_seconds())
        .fetch_optional(c));
    Ok(found.is_some())
}

// Replicas that sweep at the same moment pass over each other's rows.
const REMOVE_UNUSED: Sql = Sql {
    sqlite: "DELETE FROM clients WHERE client_id IN
        (SELECT client_id FROM clients WHERE unused_until <= $1 ORDER BY client_id LIMIT 100)
        RETURNING client_id",
    postgres: "DELETE FROM clients WHERE client_id IN
        (SELECT client_id FROM clients WHERE unused_until <= $1 ORDER BY client_id LIMIT 100
         FOR UPDATE SKIP LOCKED)
        RETURNING client_id",
};

/// Removes clients whose time is over, at most [`BATCH`]; which they were.
///
/// # Errors
/// Only breakages.
pub async fn remove_unused(tx: &mut Tx, now: Timestamp) -> Result<Vec<ClientId>> {
    let words = tx.words(REMOVE_UNUSED);
    let ids: Vec<String> =
        on_engine!(tx, |c| sqlx::query_scalar(words).bind(now.as_seconds()).fetch_all(c));
    let of = RowOf { table: "clients", key: "unused" };
    ids.iter().map(|id| of.read("client_id", ClientId::parse(id))).collect()
}

#[derive(FromRow)]
struct RegistrationRow {
    #[sqlx(flatten)]
    client: ClientRow,
    registration_token_hash: Vec<u8>,
    created_at: i64,
    unused_until: Option<i64>,
}

impl TryFrom<RegistrationRow> for Registration {
    type Error = crate::error::StoreError;

    fn try_from(row: RegistrationRow) -> Result<Self> {
        let client = Client::try_from(row.client)?;
        let of = RowOf { table: "clients", key: client.id().as_str() };
        let token = of
            .read("registration_token_hash", TokenHash::from_slice(&row.registration_token_hash))?;
        let since = Timestamp::from_seconds(row.created_at);
        let until = row.unused_until.map(Timestamp::from_seconds);
        let unused = until.is_some_and(|until| until <= since.plus(UNUSED_FOR));
        Ok(Self { token, since, unused, client })
    }
}
