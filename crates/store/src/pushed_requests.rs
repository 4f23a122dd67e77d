//! Authorization requests that clients pushed ahead of the browser (RFC 9126): parameters as they came, kept for seconds.
//! The secret half of the `request_uri` is a hash here. A request may be opened again until it is answered; the
//! answer spends it by one conditional update, in the transaction of whatever the answer gives (law 2).

use magpie_domain::{ClientId, PushedId, Timestamp, TokenHash};

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[
    ("INSERT", Sql::both(INSERT)),
    ("FIND_LIVE", Sql::both(FIND_LIVE)),
    ("SPEND", Sql::both(SPEND)),
];

/// A request as a client pushed it.
#[derive(Clone, PartialEq, Eq)]
pub struct PushedRequest {
    /// The row; its id is the first half of the `request_uri`'s own part.
    pub id: PushedId,
    /// Who pushed it.
    pub client: ClientId,
    /// The parameters as a form, without credentials.
    pub parameters: String,
    /// When it can no longer be opened.
    pub expires_at: Timestamp,
}

/// The parameters may name a person.
impl std::fmt::Debug for PushedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PushedRequest({} of {})", self.id, self.client)
    }
}

const INSERT: &str = "
    INSERT INTO pushed_requests (pushed_id, secret_hash, client_id, parameters, expires_at)
    VALUES ($1, $2, $3, $4, $5)";

/// Keeps a pushed request.
///
/// # Errors
/// Only breakages.
pub async fn insert(tx: &mut Tx, pushed: &PushedRequest, secret_hash: &TokenHash) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(pushed.id.as_str())
            .bind(secret_hash.as_bytes())
            .bind(pushed.client.as_str())
            .bind(&pushed.parameters)
            .bind(pushed.expires_at.as_seconds())
            .execute(c)
    ));
    Ok(())
}

const FIND_LIVE: &str = "
    SELECT parameters FROM pushed_requests
    WHERE pushed_id = $1 AND secret_hash = $2 AND client_id = $3 AND used_at IS NULL AND expires_at > $4";

/// The parameters of a request that its own client names, that nobody has answered and whose time has not come.
/// Unknown, another client's, spent and expired are all nothing; at the very second of its expiry it is expired.
///
/// # Errors
/// Only breakages.
pub async fn find_live(
    tx: &mut Tx,
    id: &PushedId,
    secret_hash: &TokenHash,
    client: &ClientId,
    now: Timestamp,
) -> Result<Option<String>> {
    Ok(on_engine!(tx, |c| sqlx::query_scalar(FIND_LIVE)
        .bind(id.as_str())
        .bind(secret_hash.as_bytes())
        .bind(client.as_str())
        .bind(now.as_seconds())
        .fetch_optional(c)))
}

const SPEND: &str =
    "UPDATE pushed_requests SET used_at = $2 WHERE pushed_id = $1 AND used_at IS NULL";

/// Spends a request that is being answered, once, whichever replica answers first. Its time does not matter here:
/// a login that began in time may take longer.
///
/// # Errors
/// Only breakages.
pub async fn spend(tx: &mut Tx, id: &PushedId, now: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(SPEND).bind(id.as_str()).bind(now.as_seconds()).execute(c)
    ));
    Ok(Once::changed(changed))
}
