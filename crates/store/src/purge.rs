//! Removes what is dead, a thousand rows at a time, each thousand in a short transaction of its own:
//! one large delete would keep every login waiting for seconds.
//!
//! Claims, seen values and tickets of desktops name their end. Grants, sessions, pushed requests and devices are found by their ids, which begin with
//! the time they were made, so that no index is kept for the sweep alone. A grant whose refresh token lives is passed
//! over, page by page; a sweep that goes on from the one before does not pass over the same ones again.

use magpie_domain::id::base32;
use magpie_domain::{Lifetime, Timestamp};

use crate::engine::{Named, Sql, Store, changed, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[
    ("CLAIMS", CLAIMS),
    ("NEXT_PAGE", Sql::both(NEXT_PAGE)),
    ("GRANTS", GRANTS),
    ("SEEN_ONCE", SEEN_ONCE),
    ("SESSIONS", SESSIONS),
    ("PUSHED", PUSHED),
    ("DEVICES", DEVICES),
    ("RELAY_TICKETS", RELAY_TICKETS),
];

/// Rows per transaction; the statements say the same number.
const BATCH: u64 = 1000;

/// How long dead things are kept, counted from when they were made, or from when their refresh token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Longer than any token that names a grant, and than anybody would try a used code again.
    pub grants: Lifetime,
    /// Longer than the absolute end of a session.
    pub sessions: Lifetime,
    /// Longer than a pushed request can be opened and the attempt that opened it can be answered.
    pub pushed: Lifetime,
    /// Longer than a device can wait, so that one which asks too late is told that it is too late.
    pub devices: Lifetime,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            grants: Lifetime::from_days(7),
            sessions: Lifetime::from_days(31),
            // The longest that configuration allows: ten minutes to open it, an hour to sign in.
            pushed: Lifetime::from_hours(2),
            // The longest that configuration allows is an hour.
            devices: Lifetime::from_hours(2),
        }
    }
}

/// How many rows a sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Claims past their end.
    pub claims: u64,
    /// Grants past their retention.
    pub grants: u64,
    /// Values that counted once, past their end.
    pub seen_once: u64,
    /// Sessions past theirs.
    pub sessions: u64,
    /// Pushed requests past theirs.
    pub pushed: u64,
    /// Devices past theirs.
    pub devices: u64,
    /// Desktops that waited for a phone, past their end.
    pub relay_tickets: u64,
}

/// Sweeps with the default retention.
///
/// # Errors
/// Only breakages; what was removed before stays removed.
pub async fn expired(store: &Store, now: Timestamp) -> Result<Purged> {
    beyond(store, Retention::default(), now).await
}

/// Sweeps with a retention that fits longer lifetimes than the default ones.
///
/// # Errors
/// Only breakages; what was removed before stays removed.
pub async fn beyond(store: &Store, retention: Retention, now: Timestamp) -> Result<Purged> {
    sweep_all(store, retention, None, now).await
}

/// Sweeps as [`beyond`], but only looks at grants that a complete sweep of the same retention at `earlier` was too early for.
/// Grants that were passed over for their refresh token wait for the next [`beyond`].
///
/// # Errors
/// Only breakages; what was removed before stays removed.
pub async fn since(
    store: &Store,
    retention: Retention,
    earlier: Timestamp,
    now: Timestamp,
) -> Result<Purged> {
    sweep_all(store, retention, Some(earlier), now).await
}

async fn sweep_all(
    store: &Store,
    retention: Retention,
    earlier: Option<Timestamp>,
    now: Timestamp,
) -> Result<Purged> {
    let claims = sweep(store, CLAIMS, Bound::Moment(now)).await?;
    let dead = now.minus(retention.grants);
    let begin = earlier.map(|earlier| first_id_of(earlier.minus(retention.grants)));
    let grants = sweep_grants(store, begin.unwrap_or_default(), dead).await?;
    let seen_once = sweep(store, SEEN_ONCE, Bound::Moment(now)).await?;
    let sessions =
        sweep(store, SESSIONS, Bound::IdAndMoment(now.minus(retention.sessions))).await?;
    let pushed = sweep(store, PUSHED, Bound::Id(now.minus(retention.pushed))).await?;
    let devices = sweep(store, DEVICES, Bound::Id(now.minus(retention.devices))).await?;
    let relay_tickets = sweep(store, RELAY_TICKETS, Bound::Moment(now.minus(TICKETS_KEPT))).await?;
    Ok(Purged { claims, grants, seen_once, sessions, pushed, devices, relay_tickets })
}

/// A phone or a desktop that comes a little late is told what became of it.
const TICKETS_KEPT: Lifetime = Lifetime::from_minutes(10);

// PostgreSQL's replicas may sweep at once: each skips the rows that another has taken.
const CLAIMS: Sql = Sql {
    sqlite: "DELETE FROM claims WHERE claim_key IN
        (SELECT claim_key FROM claims WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    postgres: "DELETE FROM claims WHERE claim_key IN
        (SELECT claim_key FROM claims WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

// The first id of the page after this one.
const NEXT_PAGE: &str = "SELECT grant_id FROM grants WHERE grant_id >= $1 AND grant_id < $2
    ORDER BY grant_id LIMIT 1 OFFSET 1000";

// What was revoked gives nothing any more, however long its refresh token would have lived.
const GRANTS: Sql = Sql {
    sqlite: "DELETE FROM grants WHERE grant_id >= $1 AND grant_id < $2
        AND (refresh_expires_at IS NULL OR refresh_expires_at < $3 OR revoked_at < $3)",
    postgres: "DELETE FROM grants WHERE grant_id IN
        (SELECT grant_id FROM grants WHERE grant_id >= $1 AND grant_id < $2
             AND (refresh_expires_at IS NULL OR refresh_expires_at < $3 OR revoked_at < $3)
         ORDER BY grant_id FOR UPDATE SKIP LOCKED)",
};

const SEEN_ONCE: Sql = Sql {
    sqlite: "DELETE FROM seen_once WHERE seen_key IN
        (SELECT seen_key FROM seen_once WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    postgres: "DELETE FROM seen_once WHERE seen_key IN
        (SELECT seen_key FROM seen_once WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

// A person who signs in again renews the session, whose id stays as old as it is.
const SESSIONS: Sql = Sql {
    sqlite: "DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE session_id < $1 AND auth_time < $2
         ORDER BY session_id LIMIT 1000)",
    postgres: "DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE session_id < $1 AND auth_time < $2
         ORDER BY session_id LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const PUSHED: Sql = Sql {
    sqlite: "DELETE FROM pushed_requests WHERE pushed_id IN
        (SELECT pushed_id FROM pushed_requests WHERE pushed_id < $1 ORDER BY pushed_id LIMIT 1000)",
    postgres: "DELETE FROM pushed_requests WHERE pushed_id IN
        (SELECT pushed_id FROM pushed_requests WHERE pushed_id < $1 ORDER BY pushed_id LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const DEVICES: Sql = Sql {
    sqlite: "DELETE FROM devices WHERE device_id IN
        (SELECT device_id FROM devices WHERE device_id < $1 ORDER BY device_id LIMIT 1000)",
    postgres: "DELETE FROM devices WHERE device_id IN
        (SELECT device_id FROM devices WHERE device_id < $1 ORDER BY device_id LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const RELAY_TICKETS: Sql = Sql {
    sqlite:
        "DELETE FROM relay_tickets WHERE ticket_id IN
        (SELECT ticket_id FROM relay_tickets WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    postgres: "DELETE FROM relay_tickets WHERE ticket_id IN
        (SELECT ticket_id FROM relay_tickets WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

/// What a row is compared with.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// The moment itself.
    Moment(Timestamp),
    /// The first id that could have been made at the moment.
    Id(Timestamp),
    /// Both: for rows that may have been renewed since they were made.
    IdAndMoment(Timestamp),
}

async fn sweep(store: &Store, statement: Sql, bound: Bound) -> Result<u64> {
    let mut removed = 0_u64;
    loop {
        let batch = sweep_once(store, statement, bound).await?;
        removed = removed.saturating_add(batch);
        if batch < BATCH {
            return Ok(removed);
        }
    }
}

async fn sweep_once(store: &Store, statement: Sql, bound: Bound) -> Result<u64> {
    let mut tx = store.write().await?;
    let words = tx.words(statement);
    let removed = on_engine!(tx, |c| async {
        let delete = match bound {
            Bound::Moment(moment) => sqlx::query(words).bind(moment.as_seconds()),
            Bound::Id(moment) => sqlx::query(words).bind(first_id_of(moment)),
            Bound::IdAndMoment(moment) => {
                sqlx::query(words).bind(first_id_of(moment)).bind(moment.as_seconds())
            }
        };
        delete.execute(c).await.map(|done| done.rows_affected())
    });
    tx.commit().await?;
    Ok(removed)
}

/// Goes through the grants from an id on that were made before `dead`, a page at a time; how many were removed.
async fn sweep_grants(store: &Store, mut begin: String, dead: Timestamp) -> Result<u64> {
    let end = first_id_of(dead);
    let mut removed = 0_u64;
    loop {
        let mut tx = store.read().await?;
        let next: Option<(String,)> =
            on_engine!(tx, |c| sqlx::query_as(NEXT_PAGE).bind(&begin).bind(&end).fetch_optional(c));
        drop(tx);
        let page_end = next.as_ref().map_or(&end, |(id,)| id);
        let mut tx = store.write().await?;
        let words = tx.words(GRANTS);
        let batch = on_engine!(tx, |c| changed(
            sqlx::query(words).bind(&begin).bind(page_end).bind(dead.as_seconds()).execute(c)
        ));
        tx.commit().await?;
        removed = removed.saturating_add(batch);
        match next {
            Some((id,)) => begin = id,
            None => return Ok(removed),
        }
    }
}

/// The eight characters with which ids made in that second begin (40 bits of seconds); sorts before all of them.
pub(crate) fn first_id_of(moment: Timestamp) -> String {
    let seconds = moment.as_seconds().max(0).to_be_bytes();
    base32(seconds.get(3..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use magpie_domain::GrantId;
    use magpie_domain::testing::{SAMPLE_NOW, SeededEntropy};

    use super::*;

    #[test]
    fn the_bound_lies_between_the_last_id_before_a_second_and_the_first_id_of_it() {
        let second = Lifetime::from_seconds(1);
        for seed in 0..100 {
            let entropy = SeededEntropy::new(seed);
            let before = GrantId::generate(SAMPLE_NOW.minus(second), &entropy).unwrap();
            let during = GrantId::generate(SAMPLE_NOW, &entropy).unwrap();
            let bound = first_id_of(SAMPLE_NOW);
            assert!(before.as_str() < bound.as_str() && bound.as_str() < during.as_str());
        }
    }
}
