//! What an organisation in WeCom (企业微信) says of its members: how they are named, and the mailbox it assigned to them.
//! People are found by [`crate::identities`]; these rows only serve claims. A mailbox belongs to one person of an
//! organisation at most, and to whoever WeCom named last: an address that was given to somebody else is nobody else's.

use magpie_domain::{AppId, CorporateMail, Mailbox, Member, MemberId, Timestamp, UserId};

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf};

pub(crate) const STATEMENTS: &[Named] = &[
    ("NOTE", Sql::both(NOTE)),
    ("TAKE_MAIL", Sql::both(TAKE_MAIL)),
    ("SET_MAIL", Sql::both(SET_MAIL)),
    ("OF_USER", Sql::both(OF_USER)),
    ("FORGET", Sql::both(FORGET)),
];

const NOTE: &str = "
    INSERT INTO members (user_id, app_id, userid, noted_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (user_id, app_id) DO UPDATE SET userid = $3, noted_at = $4
    WHERE members.userid <> $3";

const TAKE_MAIL: &str = "
    UPDATE members SET mail = NULL, noted_at = $4
    WHERE app_id = $2 AND mail = $3 AND user_id <> $1";

const SET_MAIL: &str = "
    UPDATE members SET mail = $3, noted_at = $4
    WHERE user_id = $1 AND app_id = $2 AND mail IS DISTINCT FROM $3";

/// Notes what WeCom said of a person as a member of the organisation `corp`. What it did not say stays; what it said of
/// the mailbox takes the address away from everybody else there.
///
/// # Errors
/// Only breakages.
pub async fn note(
    tx: &mut Tx,
    user: &UserId,
    corp: &AppId,
    member: &Member,
    now: Timestamp,
) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(NOTE)
            .bind(user.as_str())
            .bind(corp.as_str())
            .bind(member.id.as_sent())
            .bind(now.as_seconds())
            .execute(c)
    ));
    let mail = match &member.mailbox {
        Mailbox::Untold => return Ok(()),
        Mailbox::None => None,
        Mailbox::Is(mail) => Some(mail.as_str()),
    };
    for statement in [TAKE_MAIL, SET_MAIL] {
        on_engine!(tx, |c| changed(
            sqlx::query(statement)
                .bind(user.as_str())
                .bind(corp.as_str())
                .bind(mail)
                .bind(now.as_seconds())
                .execute(c)
        ));
    }
    Ok(())
}

/// A person as a member of one organisation.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The organisation's corp id.
    pub corp: AppId,
    /// How they are named in it.
    pub id: MemberId,
    /// The mailbox that it assigned, if one is known.
    pub mail: Option<CorporateMail>,
}

const OF_USER: &str = "SELECT app_id, userid, mail FROM members WHERE user_id = $1 ORDER BY app_id";

/// The organisations that a person has come from, in a stable order.
///
/// # Errors
/// Only breakages.
pub async fn of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<Membership>> {
    let rows: Vec<(String, String, Option<String>)> =
        on_engine!(tx, |c| sqlx::query_as(OF_USER).bind(user.as_str()).fetch_all(c));
    let of = RowOf { table: "members", key: user.as_str() };
    let membership = |(corp, userid, mail): &(String, String, Option<String>)| {
        Ok(Membership {
            corp: of.read("app_id", AppId::parse(corp))?,
            id: of.read("userid", MemberId::parse(userid))?,
            mail: match mail {
                Some(mail) => Some(of.read("mail", CorporateMail::parse(mail))?),
                None => None,
            },
        })
    };
    rows.iter().map(membership).collect()
}

const FORGET: &str = "DELETE FROM members WHERE user_id = $1";

/// Removes a person's memberships with their mailboxes.
///
/// # Errors
/// Only breakages.
pub async fn forget(tx: &mut Tx, user: &UserId) -> Result<()> {
    on_engine!(tx, |c| changed(sqlx::query(FORGET).bind(user.as_str()).execute(c)));
    Ok(())
}
