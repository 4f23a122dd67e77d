//! WeChat's two keys of a person: openid within an app, unionid within a platform. Looked up, never shown (law 5).
//! A key belongs to one person at most; whoever attaches it second learns that it is too late and reads again (CC-04).

use magpie_domain::{
    AppId, ByOpenId, ByUnionId, OpenId, Platform, Timestamp, UnionId, User, UserId, WechatIdentity,
};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};
use crate::users::NobodyOrUserRow;

pub(crate) const STATEMENTS: &[Named] = &[
    ("FIND_KEYS", Sql::both(FIND_KEYS)),
    ("FIND_BY_OPENID", Sql::both(FIND_BY_OPENID)),
    ("ATTACH_OPENID", Sql::both(ATTACH_OPENID)),
    ("ATTACH_UNIONID", Sql::both(ATTACH_UNIONID)),
    ("RECORD_CONFLICT", Sql::both(RECORD_CONFLICT)),
    ("SEE_CONFLICT_AGAIN", Sql::both(SEE_CONFLICT_AGAIN)),
    ("CONFLICTS", Sql::both(CONFLICTS)),
    ("OPENIDS_OF_USER", Sql::both(OPENIDS_OF_USER)),
    ("UNIONIDS_OF_USER", Sql::both(UNIONIDS_OF_USER)),
    ("UNIONID_COVERAGE", Sql::both(UNIONID_COVERAGE)),
    ("FORGET_OPENIDS", Sql::both(FORGET_OPENIDS)),
    ("FORGET_UNIONIDS", Sql::both(FORGET_UNIONIDS)),
    ("FORGET_CONFLICTS", Sql::both(FORGET_CONFLICTS)),
];

const FIND_KEYS: &str = "
    SELECT openids.user_id, subject, preferred_username, name, picture, gender, locale, state, enrolled_at, updated_at,
        (SELECT count(*) FROM unionids
            WHERE unionids.user_id = openids.user_id AND platform = $3) AS unionids,
        (SELECT user_id FROM unionids WHERE platform = $3 AND unionid = $4) AS by_unionid
    FROM (SELECT 1) AS one
        LEFT JOIN openids ON app_id = $1 AND openid = $2
        LEFT JOIN users ON users.user_id = openids.user_id";

/// What WeChat's two keys of somebody lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKeys {
    /// Whom the openid belongs to.
    pub by_openid: Option<ByOpenId>,
    /// Whom the unionid belongs to.
    pub by_unionid: ByUnionId,
    /// The person of the openid: nearly always the one who signs in.
    pub person: Option<User>,
}

/// Whom WeChat's two keys of somebody belong to, in one read, with the person of the openid.
///
/// # Errors
/// Only breakages.
pub async fn find_keys(tx: &mut Tx, identity: &WechatIdentity) -> Result<FoundKeys> {
    let union = identity.union.as_ref();
    let row: KeysRow = on_engine!(tx, |c| sqlx::query_as(FIND_KEYS)
        .bind(identity.app_id.as_str())
        .bind(identity.openid.as_key())
        .bind(union.map(|(platform, _)| platform.as_str()))
        .bind(union.map(|(_, unionid)| unionid.as_key()))
        .fetch_one(c));
    let person = row.person.read()?;
    let by_openid = person
        .as_ref()
        .map(|person| ByOpenId { user: person.id.clone(), has_unionid: row.unionids > 0 });
    let by_unionid = match (union, row.by_unionid) {
        (None, _) => ByUnionId::NotSent,
        (Some(_), None) => ByUnionId::Unknown,
        (Some(_), Some(user)) => ByUnionId::Known(owner("unionids", &user)?),
    };
    Ok(FoundKeys { by_openid, by_unionid, person })
}

#[derive(FromRow)]
struct KeysRow {
    #[sqlx(flatten)]
    person: NobodyOrUserRow,
    unionids: i64,
    by_unionid: Option<String>,
}

/// Whom the openid of somebody belongs to, and whether they have a unionid on that platform; without a platform nobody has.
///
/// # Errors
/// Only breakages.
pub async fn known_on(
    tx: &mut Tx,
    identity: &WechatIdentity,
    platform: Option<&Platform>,
) -> Result<Option<ByOpenId>> {
    let none: Option<&str> = None;
    let row: KeysRow = on_engine!(tx, |c| sqlx::query_as(FIND_KEYS)
        .bind(identity.app_id.as_str())
        .bind(identity.openid.as_key())
        .bind(platform.map(Platform::as_str))
        .bind(none)
        .fetch_one(c));
    let person = row.person.read()?;
    Ok(person.map(|person| ByOpenId { user: person.id, has_unionid: row.unionids > 0 }))
}

const FIND_BY_OPENID: &str = "SELECT user_id FROM openids WHERE app_id = $1 AND openid = $2";

/// Whom an openid belongs to.
///
/// # Errors
/// Only breakages.
pub async fn find_by_openid(tx: &mut Tx, app: &AppId, openid: &OpenId) -> Result<Option<UserId>> {
    let user: Option<String> = on_engine!(tx, |c| sqlx::query_scalar(FIND_BY_OPENID)
        .bind(app.as_str())
        .bind(openid.as_key())
        .fetch_optional(c));
    user.map(|user| owner("openids", &user)).transpose()
}

const ATTACH_OPENID: &str = "
    INSERT INTO openids (app_id, openid, user_id, attached_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (app_id, openid) DO NOTHING";

/// Gives an openid to a person; too late when it belongs to somebody, be it the same person.
///
/// # Errors
/// Only breakages.
pub async fn attach_openid(
    tx: &mut Tx,
    user: &UserId,
    app: &AppId,
    openid: &OpenId,
    now: Timestamp,
) -> Result<Once<()>> {
    let attached = on_engine!(tx, |c| changed(
        sqlx::query(ATTACH_OPENID)
            .bind(app.as_str())
            .bind(openid.as_key())
            .bind(user.as_str())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(attached))
}

const ATTACH_UNIONID: &str = "
    INSERT INTO unionids (platform, unionid, user_id, attached_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (platform, unionid) DO NOTHING";

/// Gives a unionid to a person; too late when it belongs to somebody, be it the same person.
///
/// # Errors
/// Only breakages.
pub async fn attach_unionid(
    tx: &mut Tx,
    user: &UserId,
    platform: &Platform,
    unionid: &UnionId,
    now: Timestamp,
) -> Result<Once<()>> {
    let attached = on_engine!(tx, |c| changed(
        sqlx::query(ATTACH_UNIONID)
            .bind(platform.as_str())
            .bind(unionid.as_key())
            .bind(user.as_str())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(attached))
}

const RECORD_CONFLICT: &str = "
    INSERT INTO identity_conflicts
        (user_id, platform, unionid, app_id, other_user_id, first_seen_at, last_seen_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (user_id, platform, unionid) DO NOTHING";

const SEE_CONFLICT_AGAIN: &str = "
    UPDATE identity_conflicts SET other_user_id = $4, last_seen_at = $5
    WHERE user_id = $1 AND platform = $2 AND unionid = $3";

/// Records that `user` signs in by openid although the unionid is another's, or another than before.
/// The answer is whether this contradiction is new; without a unionid there is none, and nothing is recorded.
///
/// # Errors
/// Only breakages.
pub async fn record_conflict(
    tx: &mut Tx,
    user: &UserId,
    other: Option<&UserId>,
    identity: &WechatIdentity,
    now: Timestamp,
) -> Result<bool> {
    let Some((platform, unionid)) = &identity.union else { return Ok(false) };
    let other = other.map(UserId::as_str);
    let recorded = on_engine!(tx, |c| changed(
        sqlx::query(RECORD_CONFLICT)
            .bind(user.as_str())
            .bind(platform.as_str())
            .bind(unionid.as_key())
            .bind(identity.app_id.as_str())
            .bind(other)
            .bind(now.as_seconds())
            .execute(c)
    ));
    if recorded > 0 {
        return Ok(true);
    }
    on_engine!(tx, |c| changed(
        sqlx::query(SEE_CONFLICT_AGAIN)
            .bind(user.as_str())
            .bind(platform.as_str())
            .bind(unionid.as_key())
            .bind(other)
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(false)
}

/// A contradiction between the two keys, for an administrator to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Who signs in, by openid.
    pub user: UserId,
    /// The app of that openid when it was first seen.
    pub app_id: AppId,
    /// Where the unionid means something.
    pub platform: Platform,
    /// The unionid that contradicts.
    pub unionid: UnionId,
    /// Whom it belongs to, if anybody.
    pub other: Option<UserId>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
}

const CONFLICTS: &str = "
    SELECT user_id, platform, unionid, app_id, other_user_id, first_seen_at, last_seen_at
    FROM identity_conflicts ORDER BY first_seen_at, user_id, platform, unionid LIMIT 1000";

/// The contradictions, oldest first; at most 1,000, since somebody has to look at each.
///
/// # Errors
/// Only breakages.
pub async fn conflicts(tx: &mut Tx) -> Result<Vec<Conflict>> {
    let rows: Vec<ConflictRow> = on_engine!(tx, |c| sqlx::query_as(CONFLICTS).fetch_all(c));
    rows.into_iter().map(Conflict::try_from).collect()
}

const OPENIDS_OF_USER: &str =
    "SELECT app_id, openid FROM openids WHERE user_id = $1 ORDER BY app_id, openid";

const UNIONIDS_OF_USER: &str =
    "SELECT platform, unionid FROM unionids WHERE user_id = $1 ORDER BY platform, unionid";

/// The keys of a person: openids by app and unionids by platform.
pub type Keys = (Vec<(AppId, OpenId)>, Vec<(Platform, UnionId)>);

/// Every key of a person, in a stable order.
///
/// # Errors
/// Only breakages.
pub async fn of_user(tx: &mut Tx, user: &UserId) -> Result<Keys> {
    let openids: Vec<(String, String)> =
        on_engine!(tx, |c| sqlx::query_as(OPENIDS_OF_USER).bind(user.as_str()).fetch_all(c));
    let unionids: Vec<(String, String)> =
        on_engine!(tx, |c| sqlx::query_as(UNIONIDS_OF_USER).bind(user.as_str()).fetch_all(c));
    let (app, union) = (
        RowOf { table: "openids", key: user.as_str() },
        RowOf { table: "unionids", key: user.as_str() },
    );
    let openid_of = |(app_id, openid): &(String, String)| {
        Ok((
            app.read("app_id", AppId::parse(app_id))?,
            app.read("openid", OpenId::from_key(openid))?,
        ))
    };
    let unionid_of = |(platform, unionid): &(String, String)| {
        let platform = union.read("platform", Platform::parse(platform))?;
        Ok((platform, union.read("unionid", UnionId::parse(unionid))?))
    };
    let openids: Result<Vec<_>> = openids.iter().map(openid_of).collect();
    let unionids: Result<Vec<_>> = unionids.iter().map(unionid_of).collect();
    Ok((openids?, unionids?))
}

const UNIONID_COVERAGE: &str = "
    SELECT count(*), count(CASE WHEN EXISTS
        (SELECT 1 FROM unionids WHERE unionids.user_id = newest.user_id AND platform = $2) THEN 1 END)
    FROM (SELECT user_id FROM openids WHERE app_id = $1
        ORDER BY attached_at DESC LIMIT 100) AS newest";

/// Of the newest people of an app, at most 100, how many there are and how many of them have a unionid of the platform.
///
/// # Errors
/// Only breakages.
pub async fn unionid_coverage(tx: &mut Tx, app: &AppId, platform: &Platform) -> Result<(i64, i64)> {
    Ok(on_engine!(tx, |c| sqlx::query_as(UNIONID_COVERAGE)
        .bind(app.as_str())
        .bind(platform.as_str())
        .fetch_one(c)))
}

const FORGET_OPENIDS: &str = "DELETE FROM openids WHERE user_id = $1";
const FORGET_UNIONIDS: &str = "DELETE FROM unionids WHERE user_id = $1";
const FORGET_CONFLICTS: &str =
    "DELETE FROM identity_conflicts WHERE user_id = $1 OR other_user_id = $1";

/// Forgets every key of a person and every contradiction they are part of: nobody is this person any more.
///
/// # Errors
/// Only breakages.
pub async fn forget(tx: &mut Tx, user: &UserId) -> Result<()> {
    for statement in [FORGET_CONFLICTS, FORGET_OPENIDS, FORGET_UNIONIDS] {
        on_engine!(tx, |c| changed(sqlx::query(statement).bind(user.as_str()).execute(c)));
    }
    Ok(())
}

/// The row is named by its owner: its key is a person's identifier at WeChat.
fn owner(table: &'static str, user: &str) -> Result<UserId> {
    RowOf { table, key: user }.read("user_id", UserId::parse(user))
}

#[derive(FromRow)]
struct ConflictRow {
    user_id: String,
    platform: String,
    unionid: String,
    app_id: String,
    other_user_id: Option<String>,
    first_seen_at: i64,
    last_seen_at: i64,
}

impl TryFrom<ConflictRow> for Conflict {
    type Error = StoreError;

    fn try_from(row: ConflictRow) -> Result<Self> {
        let of = RowOf { table: "identity_conflicts", key: &row.user_id };
        let other = match row.other_user_id.as_deref() {
            Some(other) => Some(of.read("other_user_id", UserId::parse(other))?),
            None => None,
        };
        Ok(Self {
            user: of.read("user_id", UserId::parse(&row.user_id))?,
            app_id: of.read("app_id", AppId::parse(&row.app_id))?,
            platform: of.read("platform", Platform::parse(&row.platform))?,
            unionid: of.read("unionid", UnionId::parse(&row.unionid))?,
            other,
            first_seen_at: Timestamp::from_seconds(row.first_seen_at),
            last_seen_at: Timestamp::from_seconds(row.last_seen_at),
        })
    }
}
