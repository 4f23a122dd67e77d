//! The audit trail: appended in the transaction of the fact (law 11), never changed, listed in the order of arrival.

use magpie_domain::{Actor, AuditEvent, AuditFact, Timestamp};
use sqlx::FromRow;

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf, StoreError};

pub(crate) const STATEMENTS: &[Named] = &[("APPEND", Sql::both(APPEND)), ("LIST", Sql::both(LIST))];

/// A line of the trail with its number, by which the next page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Grows with every line; gaps mean nothing.
    pub number: i64,
    /// The line.
    pub event: AuditEvent,
}

const APPEND: &str = "INSERT INTO audit_events (happened_at, actor, fact) VALUES ($1, $2, $3)";

/// Appends a line.
///
/// # Errors
/// Only breakages.
pub async fn append(tx: &mut Tx, event: &AuditEvent) -> Result<()> {
    let actor = json("the actor of an audit event", &event.actor)?;
    let fact = json("the fact of an audit event", &event.fact)?;
    on_engine!(tx, |c| changed(
        sqlx::query(APPEND).bind(event.at.as_seconds()).bind(&actor).bind(&fact).execute(c)
    ));
    Ok(())
}

fn json(what: &'static str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_quotes_the_value| StoreError::Unwritable(what))
}

const LIST: &str = "
    SELECT event_id, happened_at, actor, fact FROM audit_events
    WHERE event_id > $1 ORDER BY event_id LIMIT $2";

#[derive(FromRow)]
struct EventRow {
    event_id: i64,
    happened_at: i64,
    actor: String,
    fact: String,
}

/// At most `limit` lines after the given number (0: from the first), oldest first.
///
/// # Errors
/// Breakages, an unreadable line among them.
pub async fn list(tx: &mut Tx, after: i64, limit: u32) -> Result<Vec<Recorded>> {
    let rows: Vec<EventRow> =
        on_engine!(tx, |c| sqlx::query_as(LIST).bind(after).bind(i64::from(limit)).fetch_all(c));
    rows.into_iter().map(Recorded::try_from).collect()
}

impl TryFrom<EventRow> for Recorded {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self> {
        let key = row.event_id.to_string();
        let of = RowOf { table: "audit_events", key: &key };
        let actor: Actor = of.read("actor", serde_json::from_str(&row.actor).ok())?;
        let fact: AuditFact = of.read("fact", serde_json::from_str(&row.fact).ok())?;
        let at = Timestamp::from_seconds(row.happened_at);
        Ok(Self { number: row.event_id, event: AuditEvent { at, actor, fact } })
    }
}
