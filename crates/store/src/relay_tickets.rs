//! Desktops that show a QR code and wait for a phone. What the desktop fetches the answer with is a hash here. The
//! phone's answer, each wrong number and the fetching are one conditional statement each (law 2). What only those tickets
//! know that are answered in a chat is in [`chat`].

pub mod chat;

use magpie_domain::relay::MOST_WRONG;
use magpie_domain::{
    AppId, ChannelId, ChatDoor, ClientId, Follower, MatchNumber, OpenId, RelayAnswer, RelayId,
    RelayTicket, ScopeSet, Timestamp, TokenHash, UserId,
};
use sqlx::FromRow;

use crate::engine::{Named, Once, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[
    ("INSERT", Sql::both(INSERT)),
    ("FIND", Sql::both(FIND)),
    ("FIND_HELD", Sql::both(FIND_HELD)),
    ("APPROVE", Sql::both(APPROVE)),
    ("WRONG_NUMBER", Sql::both(WRONG_NUMBER)),
    ("REFUSE", Sql::both(REFUSE)),
    ("ABANDON", Sql::both(ABANDON)),
    ("TAKE", Sql::both(TAKE)),
    ("ANSWERED", Sql::both(ANSWERED)),
];

/// The columns of [`TicketRow`].
macro_rules! columns {
    () => {
        "ticket_id, client_id, channel_id, scopes, number, address, browser, created_at, expires_at, wrong_numbers, answer, user_id, auth_time, taken_at, code_address, scanned_app, scanned_openid"
    };
}
use columns;

const INSERT: &str = "
    INSERT INTO relay_tickets
        (ticket_id, secret_hash, client_id, channel_id, scopes, number, address, browser, created_at, expires_at,
         wrong_numbers, code_address)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)";

/// Keeps a desktop that begins to wait. `wrong_numbers`, `answer`, `taken` and who scanned it are not written.
///
/// # Errors
/// Only breakages.
pub async fn insert(tx: &mut Tx, ticket: &RelayTicket, secret_hash: &TokenHash) -> Result<()> {
    let scopes = ticket.scopes.to_string();
    on_engine!(tx, |c| changed(
        sqlx::query(INSERT)
            .bind(ticket.id.as_str())
            .bind(secret_hash.as_bytes())
            .bind(ticket.client_id.as_str())
            .bind(ticket.channel.as_str())
            .bind(&scopes)
            .bind(i64::from(ticket.number.get()))
            .bind(&ticket.address)
            .bind(&ticket.browser)
            .bind(ticket.created_at.as_seconds())
            .bind(ticket.expires_at.as_seconds())
            .bind(ticket.chat.as_ref().map(|chat| chat.code.as_str()))
            .execute(c)
    ));
    Ok(())
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM relay_tickets WHERE ticket_id = $1");

/// The ticket of a QR code, in whatever state.
///
/// # Errors
/// Only breakages.
pub async fn find(tx: &mut Tx, id: &RelayId) -> Result<Option<RelayTicket>> {
    let row: Option<TicketRow> =
        on_engine!(tx, |c| sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(c));
    row.map(RelayTicket::try_from).transpose()
}

const FIND_HELD: &str =
    concat!("SELECT ", columns!(), " FROM relay_tickets WHERE ticket_id = $1 AND secret_hash = $2");

/// The ticket for the desktop that shows it, in whatever state.
///
/// # Errors
/// Only breakages.
pub async fn find_held(
    tx: &mut Tx,
    id: &RelayId,
    secret_hash: &TokenHash,
) -> Result<Option<RelayTicket>> {
    let row: Option<TicketRow> = on_engine!(tx, |c| sqlx::query_as(FIND_HELD)
        .bind(id.as_str())
        .bind(secret_hash.as_bytes())
        .fetch_optional(c));
    row.map(RelayTicket::try_from).transpose()
}

// The desktop has half a minute for what was said in the last moment.
const APPROVE: &str = "
    UPDATE relay_tickets
    SET answer = 'approved', user_id = $3, auth_time = $4, expires_at = expires_at + 30
    WHERE ticket_id = $1 AND number = $2 AND answer IS NULL AND expires_at > $5 AND code_address IS NULL";

/// The person's yes with a number, once. Too late: the number is another one, somebody answered before, the time is over,
/// or it is answered in a chat.
///
/// # Errors
/// Only breakages.
pub async fn approve(
    tx: &mut Tx,
    id: &RelayId,
    number: MatchNumber,
    (user, auth_time): (&UserId, Timestamp),
    now: Timestamp,
) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(APPROVE)
            .bind(id.as_str())
            .bind(i64::from(number.get()))
            .bind(user.as_str())
            .bind(auth_time.as_seconds())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(Once::changed(changed))
}

const WRONG_NUMBER: &str = "
    UPDATE relay_tickets
    SET wrong_numbers = wrong_numbers + 1,
        answer = CASE WHEN wrong_numbers + 1 >= $3 THEN 'wrong_numbers' ELSE answer END
    WHERE ticket_id = $1 AND answer IS NULL AND expires_at > $2
    RETURNING wrong_numbers";

/// Counts a wrong number and gives how many there are now; the last one that is allowed ends the ticket in the same
/// statement. Too late: answered, or the time is over.
///
/// # Errors
/// Only breakages.
pub async fn wrong_number(tx: &mut Tx, id: &RelayId, now: Timestamp) -> Result<Once<u8>> {
    let row: Option<(i64,)> = on_engine!(tx, |c| sqlx::query_as(WRONG_NUMBER)
        .bind(id.as_str())
        .bind(now.as_seconds())
        .bind(i64::from(MOST_WRONG))
        .fetch_optional(c));
    let count = row.map(|(count,)| u8::try_from(count).unwrap_or(MOST_WRONG));
    Ok(Once::of(count))
}

const REFUSE: &str = "
    UPDATE relay_tickets SET answer = 'refused'
    WHERE ticket_id = $1 AND answer IS NULL AND expires_at > $2";

/// The person's no, once. Too late: somebody answered before, or the time is over.
///
/// # Errors
/// Only breakages.
pub async fn refuse(tx: &mut Tx, id: &RelayId, now: Timestamp) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(REFUSE).bind(id.as_str()).bind(now.as_seconds()).execute(c)
    ));
    Ok(Once::changed(changed))
}

const ABANDON: &str = "
    UPDATE relay_tickets SET answer = 'refused'
    WHERE ticket_id = $1 AND secret_hash = $2 AND answer IS NULL";

/// The desktop itself gives up, once; too late when a phone has answered.
///
/// # Errors
/// Only breakages.
pub async fn abandon(tx: &mut Tx, id: &RelayId, secret_hash: &TokenHash) -> Result<Once<()>> {
    let changed = on_engine!(tx, |c| changed(
        sqlx::query(ABANDON).bind(id.as_str()).bind(secret_hash.as_bytes()).execute(c)
    ));
    Ok(Once::changed(changed))
}

const TAKE: &str = "
    UPDATE relay_tickets SET taken_at = $3
    WHERE ticket_id = $1 AND secret_hash = $2 AND answer = 'approved' AND taken_at IS NULL AND expires_at > $3
    RETURNING user_id, auth_time";

/// Takes the yes, once, whichever replica is asked first: who, and when they signed in. Too late: another desktop's, not
/// approved, taken or expired alike.
///
/// # Errors
/// Only breakages.
pub async fn take(
    tx: &mut Tx,
    id: &RelayId,
    secret_hash: &TokenHash,
    now: Timestamp,
) -> Result<Once<(UserId, Timestamp)>> {
    let row: Option<(Option<String>, Option<i64>)> = on_engine!(tx, |c| sqlx::query_as(TAKE)
        .bind(id.as_str())
        .bind(secret_hash.as_bytes())
        .bind(now.as_seconds())
        .fetch_optional(c));
    let of = RowOf { table: "relay_tickets", key: "of a desktop" };
    let read = |(user, auth_time): (Option<String>, Option<i64>)| {
        let user = of.read("user_id", user.as_deref().and_then(UserId::parse))?;
        let auth_time = of.read("auth_time", auth_time.map(Timestamp::from_seconds))?;
        Ok::<_, StoreError>((user, auth_time))
    };
    Ok(Once::of(row.map(read).transpose()?))
}

const ANSWERED: &str = "
    SELECT ticket_id FROM relay_tickets
    WHERE answer IS NOT NULL AND taken_at IS NULL AND expires_at > $1";

/// Every ticket that was answered and not fetched: whom to wake. Few, since a desktop fetches at once.
///
/// # Errors
/// Only breakages.
pub async fn answered(tx: &mut Tx, now: Timestamp) -> Result<Vec<RelayId>> {
    let rows: Vec<(String,)> =
        on_engine!(tx, |c| sqlx::query_as(ANSWERED).bind(now.as_seconds()).fetch_all(c));
    Ok(rows.iter().filter_map(|(id,)| RelayId::parse(id)).collect())
}

#[derive(FromRow)]
struct TicketRow {
    ticket_id: String,
    client_id: String,
    channel_id: String,
    scopes: String,
    number: i64,
    address: String,
    browser: String,
    created_at: i64,
    expires_at: i64,
    wrong_numbers: i64,
    answer: Option<String>,
    user_id: Option<String>,
    auth_time: Option<i64>,
    taken_at: Option<i64>,
    code_address: Option<String>,
    scanned_app: Option<String>,
    scanned_openid: Option<String>,
}

/// Who scanned a code, if somebody has.
fn follower(
    app_id: Option<&str>,
    openid: Option<&str>,
    of: &RowOf<'_>,
) -> Result<Option<Follower>> {
    let Some((app_id, openid)) = app_id.zip(openid) else { return Ok(None) };
    Ok(Some(Follower {
        app_id: of.read("scanned_app", AppId::parse(app_id))?,
        openid: of.read("scanned_openid", OpenId::parse(openid))?,
    }))
}

impl TryFrom<TicketRow> for RelayTicket {
    type Error = StoreError;

    fn try_from(row: TicketRow) -> Result<Self> {
        // The ticket's own name is nobody's to read in a log.
        let of = RowOf { table: "relay_tickets", key: &row.client_id };
        let scanned_by = follower(row.scanned_app.as_deref(), row.scanned_openid.as_deref(), &of)?;
        let answer = match row.answer.as_deref() {
            None => None,
            Some("confirmed") => Some(RelayAnswer::Confirmed {
                follower: of.read("scanned_openid", scanned_by.clone())?,
                at: of.read("auth_time", row.auth_time.map(Timestamp::from_seconds))?,
            }),
            Some("approved") => Some(RelayAnswer::Approved {
                user: of.read("user_id", row.user_id.as_deref().and_then(UserId::parse))?,
                auth_time: of.read("auth_time", row.auth_time.map(Timestamp::from_seconds))?,
            }),
            Some("refused") => Some(RelayAnswer::Refused),
            Some("wrong_numbers") => Some(RelayAnswer::WrongNumbers),
            Some(_) => of.read("answer", None)?,
        };
        let number = u8::try_from(row.number).ok().and_then(MatchNumber::of);
        Ok(Self {
            id: of.read("ticket_id", RelayId::parse(&row.ticket_id))?,
            client_id: of.read("client_id", ClientId::parse(&row.client_id))?,
            channel: of.read("channel_id", ChannelId::parse(&row.channel_id))?,
            chat: row.code_address.map(|code| ChatDoor { code, scanned_by }),
            scopes: ScopeSet::parse(&row.scopes),
            number: of.read("number", number)?,
            address: row.address,
            browser: row.browser,
            created_at: Timestamp::from_seconds(row.created_at),
            expires_at: Timestamp::from_seconds(row.expires_at),
            wrong_numbers: of.read("wrong_numbers", u8::try_from(row.wrong_numbers).ok())?,
            answer,
            taken: row.taken_at.is_some(),
        })
    }
}
