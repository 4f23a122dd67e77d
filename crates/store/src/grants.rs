//! What applications were given: a row that begins as a code and lives on as what its tokens name.
//! The code's secret half is stored as a hash; the row stays after the code was used, so that a second use is seen.

use magpie_domain::{
    AskedClaims, ChannelKind, ClientId, Grant, GrantId, RefreshState, ScopeSet, SessionId,
    Timestamp, TokenHash, User, UserId,
};
use sqlx::FromRow;

use crate::clients;
use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};
use crate::users::UserRow;
use refresh::RefreshRow;

/// The columns of [`GrantRow`].
macro_rules! columns {
    () => {
        "grant_id, client_id, grants.user_id, session_id, scopes, scopes_narrowed, redirect_uri, nonce,
        code_challenge, auth_time, wants_auth_time, kind, resources, asked_claims, dpop_jkt, refresh_hash,
        refresh_previous_hash, refresh_generation, refresh_rotated_at, refresh_retries, refresh_expires_at,
        refresh_ends_at, created_at, code_expires_at, code_used_at, access_revoked_at, revoked_at"
    };
}

/// The columns of [`GrantAndUser`].
macro_rules! columns_with_user {
    () => {
        concat!(
            columns!(),
            ", subject, preferred_username, name, picture, gender, locale, state, enrolled_at, updated_at
        FROM grants JOIN users ON users.user_id = grants.user_id"
        )
    };
}

/// One column of the person of a grant that is being changed.
macro_rules! user_column {
    ($column:literal) => {
        concat!(
            ", (SELECT ",
            $column,
            " FROM users WHERE users.user_id = grants.user_id) AS ",
            $column
        )
    };
}

pub mod refresh;

pub(crate) const STATEMENTS: &[Named] = &[
    ("OPEN", Sql::both(OPEN)),
    ("REDEEM", Sql::both(REDEEM)),
    ("FIND_BY_CODE", Sql::both(FIND_BY_CODE)),
    ("FIND", Sql::both(FIND)),
    ("FIND_LIVE_WITH_USER", Sql::both(FIND_LIVE_WITH_USER)),
    ("REVOKE", Sql::both(REVOKE)),
    ("REVOKE_ACCESS", Sql::both(REVOKE_ACCESS)),
    ("REVOKE_OF_CLIENT", Sql::both(REVOKE_OF_CLIENT)),
    ("REVOKE_OF_CLIENTS", REVOKE_OF_CLIENTS),
];

const OPEN: &str = "
    INSERT INTO grants (grant_id, code_hash, client_id, user_id, session_id, scopes, scopes_narrowed,
        redirect_uri, nonce, code_challenge, auth_time, wants_auth_time, kind, resources, asked_claims, dpop_jkt,
        created_at, code_expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

/// Opens a grant with an unused code. `refresh`, `code_used_at` and `revoked_at` of the value are not written.
///
/// # Errors
/// Only breakages.
pub async fn open(tx: &mut Tx, grant: &Grant, code_hash: &TokenHash) -> Result<()> {
    let scopes = grant.scopes.to_string();
    let resources = grant.resources.join(" ");
    let asked_claims = written(&grant.asked_claims)?;
    on_engine!(tx, |c| changed(
        sqlx::query(OPEN)
            .bind(grant.id.as_str())
            .bind(code_hash.as_bytes())
            .bind(grant.client_id.as_str())
            .bind(grant.user_id.as_str())
            .bind(grant.session_id.as_str())
            .bind(&scopes)
            .bind(i64::from(grant.scopes_narrowed))
            .bind(&grant.redirect_uri)
            .bind(&grant.nonce)
            .bind(&grant.code_challenge)
            .bind(grant.auth_time.as_seconds())
            .bind(i64::from(grant.wants_auth_time))
            .bind(grant.kind.as_str())
            .bind(&resources)
            .bind(&asked_claims)
            .bind(&grant.dpop_jkt)
            .bind(grant.created_at.as_seconds())
            .bind(grant.code_expires_at.as_seconds())
            .execute(c)
    ));
    Ok(())
}

/// None where nothing was asked, which is nearly always.
fn written(asked: &AskedClaims) -> Result<Option<String>> {
    if asked.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(asked)
        .map(Some)
        .map_err(|_quotes_the_value| StoreError::Unwritable("a grant's claims"))
}

const REDEEM: &str = concat!(
    "UPDATE grants SET code_used_at = $4, refresh_hash = $5, refresh_generation = $6, refresh_retries = $7,
        refresh_expires_at = $8, refresh_ends_at = $9, dpop_jkt = COALESCE(dpop_jkt, $10)
    WHERE grant_id = $1 AND code_hash = $2 AND client_id = $3
        AND code_used_at IS NULL AND revoked_at IS NULL AND code_expires_at > $4
    RETURNING ",
    columns!()
);

/// A code that its client shows, and the refresh token that will begin with it, if one does.
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    /// The grant that the code names.
    pub id: &'a GrantId,
    /// The keyed hash of its secret half.
    pub code_hash: &'a TokenHash,
    /// Who shows it.
    pub client: &'a ClientId,
    /// The first refresh token: hash, generation and ends are written, the rest begins empty.
    pub refresh: Option<&'a RefreshState>,
    /// The thumbprint of the key that the refresh token is bound to from now on, where it is to one. A key that the
    /// request named stays.
    pub key: Option<&'a str>,
}

/// Takes the code, once, whichever replica asks first (law 2). Too late: unknown, another client's, used, expired
/// or revoked alike; at the very second of its expiry a code is expired.
///
/// # Errors
/// Only breakages.
pub async fn redeem(tx: &mut Tx, shown: &Redemption<'_>, now: Timestamp) -> Result<Once<Grant>> {
    let refresh = shown.refresh;
    let row: Option<GrantRow> = on_engine!(tx, |c| sqlx::query_as(REDEEM)
        .bind(shown.id.as_str())
        .bind(shown.code_hash.as_bytes())
        .bind(shown.client.as_str())
        .bind(now.as_seconds())
        .bind(refresh.map(|refresh| refresh.hash.as_bytes().to_vec()))
        .bind(refresh.map(|refresh| i64::from(refresh.generation)))
        .bind(refresh.map(|_begins| 0_i64))
        .bind(refresh.map(|refresh| refresh.expires_at.as_seconds()))
        .bind(refresh.map(|refresh| refresh.ends_at.as_seconds()))
        .bind(shown.key)
        .fetch_optional(c));
    Ok(Once::of(row.map(Grant::try_from).transpose()?))
}

const FIND_BY_CODE: &str = concat!(
    "SELECT ",
    columns_with_user!(),
    " WHERE grant_id = $1 AND code_hash = $2 AND client_id = $3"
);

/// The grant of a code that its own client presents, in whatever state, with its person. Read before a code is
/// taken, so that a code of nobody costs no write.
///
/// # Errors
/// Only breakages.
pub async fn find_by_code(
    tx: &mut Tx,
    id: &GrantId,
    code_hash: &TokenHash,
    client: &ClientId,
) -> Result<Option<(Grant, User)>> {
    let row: Option<GrantAndUser> = on_engine!(tx, |c| sqlx::query_as(FIND_BY_CODE)
        .bind(id.as_str())
        .bind(code_hash.as_bytes())
        .bind(client.as_str())
        .fetch_optional(c));
    row.map(GrantAndUser::read).transpose()
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM grants WHERE grant_id = $1");

/// The grant, in whatever state.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, id: &GrantId) -> Result<Option<Grant>> {
    let row: Option<GrantRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(c));
    row.map(Grant::try_from).transpose()
}

const FIND_LIVE_WITH_USER: &str = concat!(
    "SELECT ",
    columns_with_user!(),
    " WHERE grant_id = $1 AND code_used_at IS NOT NULL AND revoked_at IS NULL"
);

/// A grant whose code was used and which nobody has revoked, with its person, in one read: for userinfo.
/// Whether the person is blocked is the caller's to judge.
///
/// # Errors
/// Only breakages.
pub async fn find_live_with_user(tx: &mut Tx, id: &GrantId) -> Result<Option<(Grant, User)>> {
    let row: Option<GrantAndUser> =
        on_engine!(tx, |c| sqlx::query_as(FIND_LIVE_WITH_USER).bind(id.as_str()).fetch_optional(c));
    row.map(GrantAndUser::read).transpose()
}

const REVOKE: &str = "UPDATE grants SET revoked_at = $2 WHERE grant_id = $1 AND revoked_at IS NULL";

/// Ends everything that was given; too late when it had ended, or never was.
///
/// # Errors
/// Only breakages.
pub async fn revoke(tx: &mut Tx, id: &GrantId, now: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(REVOKE).bind(id.as_str()).bind(now.as_seconds()).execute(c)
    ));
    Ok(Once::changed(changed))
}

const REVOKE_ACCESS: &str = "UPDATE grants SET access_revoked_at = $2
    WHERE grant_id = $1 AND revoked_at IS NULL AND (access_revoked_at IS NULL OR access_revoked_at < $2)";

/// Ends the access tokens that were issued up to then, and not the refresh token; too late when they had ended.
///
/// # Errors
/// Only breakages.
pub async fn revoke_access(tx: &mut Tx, id: &GrantId, up_to: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(REVOKE_ACCESS).bind(id.as_str()).bind(up_to.as_seconds()).execute(c)
    ));
    Ok(Once::changed(changed))
}

const REVOKE_OF_CLIENT: &str =
    "UPDATE grants SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL";

/// Ends everything that a client was given; how many grants that were.
///
/// # Errors
/// Only breakages.
pub async fn revoke_of_client(tx: &mut Tx, client: &ClientId, now: Timestamp) -> Result<u64> {
    Ok(on_engine!(tx, |c| changed(
        sqlx::query(REVOKE_OF_CLIENT).bind(client.as_str()).bind(now.as_seconds()).execute(c)
    )))
}

const REVOKE_OF_CLIENTS: Sql = Sql {
    sqlite: "UPDATE grants SET revoked_at = $2
        WHERE client_id IN (SELECT value FROM json_each($1)) AND revoked_at IS NULL",
    postgres: "UPDATE grants SET revoked_at = $2
        WHERE client_id IN (SELECT jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB)))
            AND revoked_at IS NULL",
};

/// The same for several clients, which looks through the grants once; how many grants that were.
///
/// # Errors
/// Only breakages.
pub async fn revoke_of_clients(tx: &mut Tx, clients: &[ClientId], now: Timestamp) -> Result<u64> {
    let (words, ids) = (tx.words(REVOKE_OF_CLIENTS), clients::ids(clients)?);
    Ok(on_engine!(tx, |c| changed(sqlx::query(words).bind(&ids).bind(now.as_seconds()).execute(c))))
}

#[derive(FromRow)]
struct GrantAndUser {
    #[sqlx(flatten)]
    grant: GrantRow,
    #[sqlx(flatten)]
    user: UserRow,
}

impl GrantAndUser {
    fn read(self) -> Result<(Grant, User)> {
        Ok((Grant::try_from(self.grant)?, User::try_from(self.user)?))
    }
}

#[derive(FromRow)]
struct GrantRow {
    grant_id: String,
    client_id: String,
    user_id: String,
    session_id: String,
    scopes: String,
    scopes_narrowed: i64,
    redirect_uri: String,
    nonce: Option<String>,
    code_challenge: Option<String>,
    auth_time: i64,
    wants_auth_time: i64,
    kind: String,
    resources: String,
    asked_claims: Option<String>,
    dpop_jkt: Option<String>,
    #[sqlx(flatten)]
    refresh: RefreshRow,
    created_at: i64,
    code_expires_at: i64,
    code_used_at: Option<i64>,
    access_revoked_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self> {
        let of = RowOf { table: "grants", key: &row.grant_id };
        Ok(Self {
            id: of.read("grant_id", GrantId::parse(&row.grant_id))?,
            client_id: of.read("client_id", ClientId::parse(&row.client_id))?,
            user_id: of.read("user_id", UserId::parse(&row.user_id))?,
            session_id: of.read("session_id", SessionId::parse(&row.session_id))?,
            scopes: ScopeSet::parse(&row.scopes),
            scopes_narrowed: row.scopes_narrowed != 0,
            redirect_uri: row.redirect_uri,
            nonce: row.nonce,
            code_challenge: row.code_challenge,
            auth_time: Timestamp::from_seconds(row.auth_time),
            wants_auth_time: row.wants_auth_time != 0,
            kind: of.read("kind", ChannelKind::parse(&row.kind))?,
            resources: row.resources.split_whitespace().map(str::to_owned).collect(),
            asked_claims: match &row.asked_claims {
                Some(text) => of.read("asked_claims", serde_json::from_str(text).ok())?,
                None => AskedClaims::default(),
            },
            dpop_jkt: row.dpop_jkt,
            refresh: row.refresh.read(&of)?,
            created_at: Timestamp::from_seconds(row.created_at),
            code_expires_at: Timestamp::from_seconds(row.code_expires_at),
            code_used_at: row.code_used_at.map(Timestamp::from_seconds),
            access_revoked_at: row.access_revoked_at.map(Timestamp::from_seconds),
            revoked_at: row.revoked_at.map(Timestamp::from_seconds),
        })
    }
}
