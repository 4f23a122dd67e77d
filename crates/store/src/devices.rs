//! Devices that wait for their person (RFC 8628). Both codes are hashes here. The person's answer and the use of the
//! device code are one conditional statement each (law 2); how often the device may ask is kept with it, so that every
//! replica counts the same.

use magpie_domain::{
    ClientId, Device, DeviceAnswer, DeviceId, GrantId, Lifetime, ScopeSet, Timestamp, TokenHash,
};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("INSERT", Sql::both(INSERT)),
    ("FIND", Sql::both(FIND)),
    ("FIND_WAITING", Sql::both(FIND_WAITING)),
    ("POLLED", Sql::both(POLLED)),
    ("ALLOW", Sql::both(ALLOW)),
    ("REFUSE", Sql::both(REFUSE)),
    ("REDEEM", Sql::both(REDEEM)),
];

/// The columns of [`DeviceRow`].
macro_rules! columns {
    () => {
        "device_id, client_id, scopes, resources, poll_interval, polled_at, expires_at, answer, grant_id, redeemed_at"
    };
}

const INSERT: &str = "
    INSERT INTO devices (device_id, secret_hash, user_code_hash, client_id, scopes, resources, poll_interval, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (user_code_hash) DO NOTHING";

/// Keeps a device that begins to wait; too late when another one has the same user code, to be drawn anew.
/// `polled_at`, `answer` and `redeemed` of the value are not written.
///
/// # Errors
/// Only breakages.
pub async fn insert(
    tx: &mut Tx,
    device: &Device,
    secret_hash: &TokenHash,
    user_code_hash: &TokenHash,
) -> Result<Once<()>> {
    let scopes = device.scopes.to_string();
    let resources = device.resources.join(" ");
    let inserted = on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(device.id.as_str())
            .bind(secret_hash.as_bytes())
            .bind(user_code_hash.as_bytes())
            .bind(device.client_id.as_str())
            .bind(&scopes)
            .bind(&resources)
            .bind(device.interval.as_seconds())
            .bind(device.expires_at.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(inserted))
}

const FIND: &str =
    concat!("SELECT ", columns!(), " FROM devices WHERE device_id = $1 AND secret_hash = $2");

/// The device of a device code, in whatever state; whose it is, is the caller's to judge.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, id: &DeviceId, secret_hash: &TokenHash) -> Result<Option<Device>> {
    let row: Option<DeviceRow> = on_engine!(tx, |c| sqlx::query_as(FIND)
        .bind(id.as_str())
        .bind(secret_hash.as_bytes())
        .fetch_optional(c));
    row.map(Device::try_from).transpose()
}

const FIND_WAITING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM devices WHERE user_code_hash = $1 AND answer IS NULL AND expires_at > $2"
);

/// The device that shows a user code and waits still. Unknown, answered and expired are all nothing; at the very second
/// of its expiry it is expired.
///
/// # Errors
/// Only breakages.
pub async fn find_waiting(
    tx: &mut Tx,
    user_code_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<Device>> {
    let row: Option<DeviceRow> = on_engine!(tx, |c| sqlx::query_as(FIND_WAITING)
        .bind(user_code_hash.as_bytes())
        .bind(now.as_seconds())
        .fetch_optional(c));
    row.map(Device::try_from).transpose()
}

const POLLED: &str = "UPDATE devices SET polled_at = $2, poll_interval = $3
    WHERE device_id = $1 AND answer IS NULL AND poll_interval <= $3";

/// Notes that the device asked, and how long it must wait from now on; that never becomes less.
///
/// # Errors
/// Only breakages.
pub async fn polled(tx: &mut Tx, id: &DeviceId, interval: Lifetime, now: Timestamp) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(POLLED)
            .bind(id.as_str())
            .bind(now.as_seconds())
            .bind(interval.as_seconds())
            .execute(c)
    ));
    Ok(())
}

/// What a device is given: its code opens the grant, so the grant has its hash and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The keyed hash of the device code's secret half.
    pub secret_hash: TokenHash,
    /// The resource servers it named.
    pub resources: Vec<String>,
    /// When the code ends.
    pub expires_at: Timestamp,
}

const ALLOW: &str = "UPDATE devices SET answer = 'allowed', grant_id = $2
    WHERE device_id = $1 AND answer IS NULL AND expires_at > $3
    RETURNING secret_hash, resources, expires_at";

/// The person's yes, once. Too late: somebody answered before, or the time is over.
///
/// # Errors
/// Only breakages.
pub async fn allow(
    tx: &mut Tx,
    id: &DeviceId,
    grant: &GrantId,
    now: Timestamp,
) -> Result<Once<Allowed>> {
    let row: Option<(Vec<u8>, String, i64)> = on_engine!(tx, |c| sqlx::query_as(ALLOW)
        .bind(id.as_str())
        .bind(grant.as_str())
        .bind(now.as_seconds())
        .fetch_optional(c));
    let of = RowOf { table: "devices", key: id.as_str() };
    let read = |(hash, resources, expires_at): (Vec<u8>, String, i64)| {
        Ok::<_, StoreError>(Allowed {
            secret_hash: of.read("secret_hash", TokenHash::from_slice(&hash))?,
            resources: list(&resources),
            expires_at: Timestamp::from_seconds(expires_at),
        })
    };
    Ok(Once::of(row.map(read).transpose()?))
}

const REFUSE: &str = "UPDATE devices SET answer = 'refused'
    WHERE device_id = $1 AND answer IS NULL AND expires_at > $2";

/// The person's no, once. Too late: somebody answered before, or the time is over.
///
/// # Errors
/// Only breakages.
pub async fn refuse(tx: &mut Tx, id: &DeviceId, now: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(REFUSE).bind(id.as_str()).bind(now.as_seconds()).execute(c)
    ));
    Ok(Once::changed(changed))
}

const REDEEM: &str = "UPDATE devices SET redeemed_at = $4
    WHERE device_id = $1 AND secret_hash = $2 AND client_id = $3
        AND answer = 'allowed' AND redeemed_at IS NULL AND expires_at > $4";

/// Takes the device code, once, whichever replica asks first. Too late: unknown, another client's, not allowed, used or
/// expired alike.
///
/// # Errors
/// Only breakages.
pub async fn redeem(
    tx: &mut Tx,
    id: &DeviceId,
    secret_hash: &TokenHash,
    client: &ClientId,
    now: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(REDEEM)
            .bind(id.as_str())
            .bind(secret_hash.as_bytes())
            .bind(client.as_str())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

fn list(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

#[derive(FromRow)]
struct DeviceRow {
    device_id: String,
    client_id: String,
    scopes: String,
    resources: String,
    poll_interval: i64,
    polled_at: Option<i64>,
    expires_at: i64,
    answer: Option<String>,
    grant_id: Option<String>,
    redeemed_at: Option<i64>,
}

impl TryFrom<DeviceRow> for Device {
    type Error = StoreError;

    fn try_from(row: DeviceRow) -> Result<Self> {
        let of = RowOf { table: "devices", key: &row.device_id };
        let grant = row.grant_id.as_deref().and_then(GrantId::parse);
        let answer = match row.answer.as_deref() {
            None => None,
            Some("allowed") => Some(DeviceAnswer::Allowed(of.read("grant_id", grant)?)),
            Some("refused") => Some(DeviceAnswer::Refused),
            Some(_) => of.read("answer", None)?,
        };
        let interval = u32::try_from(row.poll_interval).ok().map(Lifetime::from_seconds);
        Ok(Self {
            id: of.read("device_id", DeviceId::parse(&row.device_id))?,
            client_id: of.read("client_id", ClientId::parse(&row.client_id))?,
            scopes: ScopeSet::parse(&row.scopes),
            resources: list(&row.resources),
            interval: of.read("poll_interval", interval)?,
            polled_at: row.polled_at.map(Timestamp::from_seconds),
            expires_at: Timestamp::from_seconds(row.expires_at),
            answer,
            redeemed: row.redeemed_at.is_some(),
        })
    }
}
