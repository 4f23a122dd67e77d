//! What a person has said yes to, per client: one row, replaced by the next yes.

use magpie_domain::{ClientId, ScopeSet, Timestamp, UserId};

use crate::clients;
use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf};

pub(crate) const STATEMENTS: &[Named] = &[
    ("FIND", Sql::both(FIND)),
    ("LIST_OF", Sql::both(LIST_OF)),
    ("RECORD", Sql::both(RECORD)),
    ("WITHDRAW", Sql::both(WITHDRAW)),
    ("FORGET_USER", Sql::both(FORGET_USER)),
    ("FORGET_CLIENT", Sql::both(FORGET_CLIENT)),
    ("FORGET_CLIENTS", FORGET_CLIENTS),
];

const FIND: &str = "SELECT scopes FROM consents WHERE user_id = $1 AND client_id = $2";

/// The scopes of the last yes, if there was one.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, user: &UserId, client: &ClientId) -> Result<Option<ScopeSet>> {
    let scopes: Option<String> = on_engine!(tx, |c| sqlx::query_scalar(FIND)
        .bind(user.as_str())
        .bind(client.as_str())
        .fetch_optional(c));
    Ok(scopes.map(|scopes| ScopeSet::parse(&scopes)))
}

const LIST_OF: &str = "
    SELECT client_id, scopes, given_at FROM consents WHERE user_id = $1 ORDER BY client_id LIMIT 1000";

/// To whom a person has said yes, to what, and when.
///
/// # Errors
/// Only breakages.
pub async fn list_of(tx: &mut Tx, user: &UserId) -> Result<Vec<(ClientId, ScopeSet, Timestamp)>> {
    let rows: Vec<(String, String, i64)> =
        on_engine!(tx, |c| sqlx::query_as(LIST_OF).bind(user.as_str()).fetch_all(c));
    let of = RowOf { table: "consents", key: user.as_str() };
    let read = |(client, scopes, given_at): (String, String, i64)| {
        let client = of.read("client_id", ClientId::parse(&client))?;
        Ok((client, ScopeSet::parse(&scopes), Timestamp::from_seconds(given_at)))
    };
    rows.into_iter().map(read).collect()
}

const RECORD: &str = "
    INSERT INTO consents (user_id, client_id, scopes, given_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (user_id, client_id)
    DO UPDATE SET scopes = excluded.scopes, given_at = excluded.given_at";

/// Records a yes to exactly these scopes; an earlier one is replaced, so the caller passes everything that holds.
///
/// # Errors
/// Only breakages.
pub async fn record(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    scopes: ScopeSet,
    now: Timestamp,
) -> Result<()> {
    let scopes = scopes.to_string();
    on_engine!(tx, |c| changed(
        sqlx::query(RECORD)
            .bind(user.as_str())
            .bind(client.as_str())
            .bind(&scopes)
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(())
}

const WITHDRAW: &str = "DELETE FROM consents WHERE user_id = $1 AND client_id = $2";

/// Forgets the yes; whether there was one.
///
/// # Errors
/// Only breakages.
pub async fn withdraw(tx: &mut Tx, user: &UserId, client: &ClientId) -> Result<bool> {
    let removed = on_engine!(tx, |c| changed(
        sqlx::query(WITHDRAW).bind(user.as_str()).bind(client.as_str()).execute(c)
    ));
    Ok(removed > 0)
}

const FORGET_USER: &str = "DELETE FROM consents WHERE user_id = $1";

/// Forgets every yes of a person; how many there were.
///
/// # Errors
/// Only breakages.
pub async fn forget_user(tx: &mut Tx, user: &UserId) -> Result<u64> {
    Ok(on_engine!(tx, |c| changed(sqlx::query(FORGET_USER).bind(user.as_str()).execute(c))))
}

const FORGET_CLIENT: &str = "DELETE FROM consents WHERE client_id = $1";

/// Forgets every yes to a client that is no more; how many there were.
///
/// # Errors
/// Only breakages.
pub async fn forget_client(tx: &mut Tx, client: &ClientId) -> Result<u64> {
    Ok(on_engine!(tx, |c| changed(sqlx::query(FORGET_CLIENT).bind(client.as_str()).execute(c))))
}

const FORGET_CLIENTS: Sql = Sql {
    sqlite: "DELETE FROM consents WHERE client_id IN (SELECT value FROM json_each($1))",
    postgres: "DELETE FROM consents
        WHERE client_id IN (SELECT jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB)))",
};

/// The same for several clients; how many there were.
///
/// # Errors
/// Only breakages.
pub async fn forget_clients(tx: &mut Tx, clients: &[ClientId]) -> Result<u64> {
    let (words, ids) = (tx.words(FORGET_CLIENTS), clients::ids(clients)?);
    Ok(on_engine!(tx, |c| changed(sqlx::query(words).bind(&ids).execute(c))))
}
