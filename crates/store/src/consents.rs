//! What a person has said yes to, per client: one row, replaced by the next yes.

use magpie_domain::{ClientId, ScopeSet, Timestamp, UserId};

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] =
    &[("FIND", Sql::both(FIND)), ("RECORD", Sql::both(RECORD)), ("WITHDRAW", Sql::both(WITHDRAW))];

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
