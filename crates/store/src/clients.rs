//! Applications that were added at run time. Declared ones are in the configuration and never here.

use magpie_domain::client::StoredClientDetails;
use magpie_domain::{Client, ClientDraft, ClientId, ClientSecrets, ScopeSet, Timestamp, TokenHash};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("FIND", Sql::both(FIND)),
    ("FIND_TO_CHANGE", FIND_TO_CHANGE),
    ("LIST", Sql::both(LIST)),
    ("LIST_WITH_ORIGINS", Sql::both(LIST_WITH_ORIGINS)),
    ("INSERT", Sql::both(INSERT)),
    ("UPDATE", Sql::both(UPDATE)),
    ("ROTATE_SECRET", Sql::both(ROTATE_SECRET)),
    ("REMOVE", Sql::both(REMOVE)),
];

const FIND: &str = "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details
    FROM clients WHERE client_id = $1";

/// The client of that id, enabled or not.
///
/// # Errors
/// Breakages, a row that makes no consistent client among them.
pub async fn find(tx: &mut Tx, id: &ClientId) -> Result<Option<Client>> {
    let row: Option<ClientRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(c));
    row.map(Client::try_from).transpose()
}

// SQLite's writer is alone; PostgreSQL has to be told that nobody else may change the row meanwhile.
const FIND_TO_CHANGE: Sql = Sql {
    sqlite: "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details
    FROM clients WHERE client_id = $1",
    postgres: "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details
    FROM clients WHERE client_id = $1 FOR UPDATE",
};

/// The client of that id, which nobody else changes until the transaction ends.
///
/// # Errors
/// Breakages, a row that makes no consistent client among them.
pub async fn find_to_change(tx: &mut Tx, id: &ClientId) -> Result<Option<Client>> {
    let words = tx.words(FIND_TO_CHANGE);
    let row: Option<ClientRow> =
        on_engine!(tx, |c| sqlx::query_as(words).bind(id.as_str()).fetch_optional(c));
    row.map(Client::try_from).transpose()
}

const LIST: &str = "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details
    FROM clients ORDER BY client_id";

/// Every stored client, by id. They are added by hand, so there are never many.
///
/// # Errors
/// Breakages, a row that makes no consistent client among them.
pub async fn list(tx: &mut Tx) -> Result<Vec<Client>> {
    let rows: Vec<ClientRow> = on_engine!(tx, |c| sqlx::query_as(LIST).fetch_all(c));
    rows.into_iter().map(Client::try_from).collect()
}

// A description written by an earlier version does not have the member, and is given too: the caller looks at the origins.
const LIST_WITH_ORIGINS: &str = "
    SELECT client_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, enabled, details
    FROM clients WHERE details NOT LIKE '%\"allowed_cors_origins\":[]%'";

/// The stored clients, enabled or not, that may have pages whose origins are registered; the others are left out.
///
/// # Errors
/// Breakages, a row that makes no consistent client among them.
pub async fn list_with_origins(tx: &mut Tx) -> Result<Vec<Client>> {
    let rows: Vec<ClientRow> = on_engine!(tx, |c| sqlx::query_as(LIST_WITH_ORIGINS).fetch_all(c));
    rows.into_iter().map(Client::try_from).collect()
}

const INSERT: &str = "
    INSERT INTO clients (client_id, name, secret_hash, scopes, enabled, created_at, details)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (client_id) DO NOTHING";

/// Adds a client; too late when the id is taken.
///
/// # Errors
/// Only breakages.
pub async fn insert(tx: &mut Tx, client: &Client, now: Timestamp) -> Result<Once<()>> {
    let details = details(client)?;
    let scopes = client.scopes().to_string();
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(client.id().as_str())
            .bind(client.name())
            .bind(client.secrets().current.as_ref().map(TokenHash::as_bytes))
            .bind(&scopes)
            .bind(i64::from(client.is_enabled()))
            .bind(now.as_seconds())
            .bind(&details)
            .execute(c)
    ));
    Ok(Once::changed(inserted))
}

pub(crate) fn details(client: &Client) -> Result<String> {
    let texts = |uris: &[magpie_domain::RedirectUri]| {
        uris.iter().map(|uri| uri.as_str().to_owned()).collect()
    };
    let details = StoredClientDetails {
        redirect_uris: texts(client.redirect_uris()),
        post_logout_redirect_uris: texts(client.post_logout_redirect_uris()),
        policy: client.policy().clone(),
    };
    serde_json::to_string(&details)
        .map_err(|_quotes_the_value| StoreError::Unwritable("a client's policy"))
}

/// Several ids as the one parameter of a statement: a JSON array, which both engines can take apart.
pub(crate) fn ids(clients: &[ClientId]) -> Result<String> {
    let ids: Vec<&str> = clients.iter().map(ClientId::as_str).collect();
    serde_json::to_string(&ids).map_err(|_quotes_the_value| StoreError::Unwritable("client ids"))
}

const UPDATE: &str = "
    UPDATE clients SET name = $2, scopes = $3, enabled = $4, details = $5, secret_hash = $6,
        previous_secret_hash = $7, previous_secret_until = $8
    WHERE client_id = $1";

/// Puts a changed client in place of the one that [`find_to_change`] gave in the same transaction; whether there was one.
///
/// # Errors
/// Only breakages.
pub async fn update(tx: &mut Tx, client: &Client) -> Result<bool> {
    let details = details(client)?;
    let scopes = client.scopes().to_string();
    let secrets = client.secrets();
    let (previous, until) = secrets.previous.unzip();
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(UPDATE)
            .bind(client.id().as_str())
            .bind(client.name())
            .bind(&scopes)
            .bind(i64::from(client.is_enabled()))
            .bind(&details)
            .bind(secrets.current.as_ref().map(TokenHash::as_bytes))
            .bind(previous.as_ref().map(TokenHash::as_bytes))
            .bind(until.flatten().map(Timestamp::as_seconds))
            .execute(c)
    ));
    Ok(changed > 0)
}

const ROTATE_SECRET: &str = "
    UPDATE clients SET
        previous_secret_hash = CASE WHEN CAST($3 AS BIGINT) IS NULL THEN NULL ELSE secret_hash END,
        previous_secret_until = $3,
        secret_hash = $2
    WHERE client_id = $1 AND secret_hash IS NOT NULL";

/// Gives a client a new secret. The one before counts until `keep_until`, not at all when that is none, and the one
/// before that no longer. False when there is no such client, or it has no secret.
///
/// # Errors
/// Only breakages.
pub async fn rotate_secret(
    tx: &mut Tx,
    id: &ClientId,
    secret: &TokenHash,
    keep_until: Option<Timestamp>,
) -> Result<bool> {
    let rotated = on_engine!(tx, |c| changed(
        sqlx::query(ROTATE_SECRET)
            .bind(id.as_str())
            .bind(secret.as_bytes())
            .bind(keep_until.map(Timestamp::as_seconds))
            .execute(c)
    ));
    Ok(rotated > 0)
}

const REMOVE: &str = "DELETE FROM clients WHERE client_id = $1";

/// Removes a client; whether there was one.
///
/// # Errors
/// Only breakages.
pub async fn remove(tx: &mut Tx, id: &ClientId) -> Result<bool> {
    let removed = on_engine!(tx, |c| changed(sqlx::query(REMOVE).bind(id.as_str()).execute(c)));
    Ok(removed > 0)
}

#[derive(FromRow)]
pub(crate) struct ClientRow {
    client_id: String,
    name: String,
    secret_hash: Option<Vec<u8>>,
    previous_secret_hash: Option<Vec<u8>>,
    previous_secret_until: Option<i64>,
    scopes: String,
    enabled: i64,
    details: String,
}

impl TryFrom<ClientRow> for Client {
    type Error = StoreError;

    fn try_from(row: ClientRow) -> Result<Self> {
        let of = RowOf { table: "clients", key: &row.client_id };
        let details: StoredClientDetails =
            of.read("details", serde_json::from_str(&row.details).ok())?;
        let hash = |column, bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => of.read(column, TokenHash::from_slice(bytes)).map(Some),
            None => Ok(None),
        };
        let until = row.previous_secret_until.map(Timestamp::from_seconds);
        let secrets = ClientSecrets {
            current: hash("secret_hash", &row.secret_hash)?,
            previous: hash("previous_secret_hash", &row.previous_secret_hash)?
                .map(|previous| (previous, until)),
        };
        let draft = ClientDraft {
            id: of.read("client_id", ClientId::parse(&row.client_id))?,
            name: row.name,
            secrets,
            redirect_uris: details.redirect_uris,
            post_logout_redirect_uris: details.post_logout_redirect_uris,
            scopes: ScopeSet::parse(&row.scopes),
            policy: details.policy,
            enabled: row.enabled != 0,
        };
        of.read("details", Self::new(draft).ok())
    }
}
