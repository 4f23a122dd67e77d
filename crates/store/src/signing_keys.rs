//! Signing keys: their times, their public half, and their private half sealed to its row.
//! A key names the one it follows, and nobody is followed twice: that is what makes a rotation happen once (CC-05).

use magpie_domain::{Algorithm, KeyRecord, SigningKeyId, Timestamp};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] =
    &[("LIST", Sql::both(LIST)), ("INSERT", Sql::both(INSERT)), ("REMOVE", Sql::both(REMOVE))];

/// A key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its times.
    pub record: KeyRecord,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The public key as a JWK.
    pub public_jwk: String,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey").field("record", &self.record).finish_non_exhaustive()
    }
}

const LIST: &str = "
    SELECT key_id, kid, algorithm, published_at, signs_from, sealed, public_jwk FROM signing_keys
    ORDER BY key_id";

/// Every key, oldest first.
///
/// # Errors
/// Breakages, an unreadable row among them.
pub async fn list(tx: &mut Tx) -> Result<Vec<StoredKey>> {
    let rows: Vec<KeyRow> = on_engine!(tx, |c| sqlx::query_as(LIST).fetch_all(c));
    rows.into_iter().map(StoredKey::try_from).collect()
}

const INSERT: &str = "
    INSERT INTO signing_keys (key_id, kid, algorithm, follows, published_at, signs_from, sealed, public_jwk)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING";

/// Adds a key that follows nobody; too late when its id or `kid` is taken. Two replicas that do this at once make
/// two keys: a rotation uses [`succeed`].
///
/// # Errors
/// Only breakages.
pub async fn insert(
    tx: &mut Tx,
    record: &KeyRecord,
    sealed: &[u8],
    public_jwk: &str,
) -> Result<Once<()>> {
    write(tx, record, sealed, public_jwk, record.id.as_str()).await
}

/// Adds the key that follows `newest`, the newest key of its algorithm that the caller saw (None: it saw none).
/// Too late when another replica was first: then the keys are read again.
///
/// # Errors
/// Only breakages.
pub async fn succeed(
    tx: &mut Tx,
    record: &KeyRecord,
    sealed: &[u8],
    public_jwk: &str,
    newest: Option<&SigningKeyId>,
) -> Result<Once<()>> {
    write(tx, record, sealed, public_jwk, newest.map_or("", SigningKeyId::as_str)).await
}

async fn write(
    tx: &mut Tx,
    record: &KeyRecord,
    sealed: &[u8],
    public_jwk: &str,
    follows: &str,
) -> Result<Once<()>> {
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(record.id.as_str())
            .bind(&record.kid)
            .bind(record.algorithm.as_str())
            .bind(follows)
            .bind(record.published_at.as_seconds())
            .bind(record.signs_from.as_seconds())
            .bind(sealed)
            .bind(public_jwk)
            .execute(c)
    ));
    Ok(Once::changed(inserted))
}

const REMOVE: &str = "DELETE FROM signing_keys WHERE key_id = $1";

/// Removes a key; whether there was one.
///
/// # Errors
/// Only breakages.
pub async fn remove(tx: &mut Tx, id: &SigningKeyId) -> Result<bool> {
    let removed = on_engine!(tx, |c| changed(sqlx::query(REMOVE).bind(id.as_str()).execute(c)));
    Ok(removed > 0)
}

#[derive(FromRow)]
struct KeyRow {
    key_id: String,
    kid: String,
    algorithm: String,
    published_at: i64,
    signs_from: i64,
    sealed: Vec<u8>,
    public_jwk: String,
}

impl TryFrom<KeyRow> for StoredKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self> {
        let of = RowOf { table: "signing_keys", key: &row.key_id };
        let record = KeyRecord {
            id: of.read("key_id", SigningKeyId::parse(&row.key_id))?,
            kid: row.kid,
            algorithm: of.read("algorithm", Algorithm::parse(&row.algorithm))?,
            published_at: Timestamp::from_seconds(row.published_at),
            signs_from: Timestamp::from_seconds(row.signs_from),
        };
        Ok(Self { record, sealed: row.sealed, public_jwk: row.public_jwk })
    }
}
