//! Removes what is dead, a thousand rows at a time, each thousand in a short transaction of its own:
//! one large delete would keep every login waiting for seconds.
//!
//! Claims and seen values name their end. Grants, sessions and pushed requests are found by their ids, which begin with
//! the time they were made, so that no index is kept for the sweep alone.

use magpie_domain::id::base32;
use magpie_domain::{Lifetime, Timestamp};

use crate::engine::{Named, Sql, Store, on_engine};
use crate::error::Result;

pub(crate) const STATEMENTS: &[Named] = &[
    ("CLAIMS", CLAIMS),
    ("GRANTS", GRANTS),
    ("SEEN_ONCE", SEEN_ONCE),
    ("SESSIONS", SESSIONS),
    ("PUSHED", PUSHED),
];

/// Rows per transaction; the statements say the same number.
const BATCH: u64 = 1000;

/// How long dead things are kept, counted from when they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Longer than any token that names a grant, and than anybody would try a used code again.
    pub grants: Lifetime,
    /// Longer than the absolute end of a session.
    pub sessions: Lifetime,
    /// Longer than a pushed request can be opened and the attempt that opened it can be answered.
    pub pushed: Lifetime,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            grants: Lifetime::from_days(7),
            sessions: Lifetime::from_days(31),
            // The longest that configuration allows: ten minutes to open it, an hour to sign in.
            pushed: Lifetime::from_hours(2),
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
    let claims = sweep(store, CLAIMS, Bound::Moment(now)).await?;
    let grants = sweep(store, GRANTS, Bound::Id(now.minus(retention.grants))).await?;
    let seen_once = sweep(store, SEEN_ONCE, Bound::Moment(now)).await?;
    let sessions = sweep(store, SESSIONS, Bound::Id(now.minus(retention.sessions))).await?;
    let pushed = sweep(store, PUSHED, Bound::Id(now.minus(retention.pushed))).await?;
    Ok(Purged { claims, grants, seen_once, sessions, pushed })
}

// PostgreSQL's replicas may sweep at once: each skips the rows that another has taken.
const CLAIMS: Sql = Sql {
    sqlite: "DELETE FROM claims WHERE claim_key IN
        (SELECT claim_key FROM claims WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    postgres: "DELETE FROM claims WHERE claim_key IN
        (SELECT claim_key FROM claims WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const GRANTS: Sql = Sql {
    sqlite: "DELETE FROM grants WHERE grant_id IN
        (SELECT grant_id FROM grants WHERE grant_id < $1 ORDER BY grant_id LIMIT 1000)",
    postgres: "DELETE FROM grants WHERE grant_id IN
        (SELECT grant_id FROM grants WHERE grant_id < $1 ORDER BY grant_id LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const SEEN_ONCE: Sql = Sql {
    sqlite: "DELETE FROM seen_once WHERE seen_key IN
        (SELECT seen_key FROM seen_once WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    postgres: "DELETE FROM seen_once WHERE seen_key IN
        (SELECT seen_key FROM seen_once WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const SESSIONS: Sql = Sql {
    sqlite: "DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE session_id < $1 ORDER BY session_id LIMIT 1000)",
    postgres: "DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE session_id < $1 ORDER BY session_id LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

const PUSHED: Sql = Sql {
    sqlite: "DELETE FROM pushed_requests WHERE pushed_id IN
        (SELECT pushed_id FROM pushed_requests WHERE pushed_id < $1 ORDER BY pushed_id LIMIT 1000)",
    postgres: "DELETE FROM pushed_requests WHERE pushed_id IN
        (SELECT pushed_id FROM pushed_requests WHERE pushed_id < $1 ORDER BY pushed_id LIMIT 1000
         FOR UPDATE SKIP LOCKED)",
};

/// What a row is compared with.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// The moment itself.
    Moment(Timestamp),
    /// The first id that could have been made at the moment.
    Id(Timestamp),
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
        };
        delete.execute(c).await.map(|done| done.rows_affected())
    });
    tx.commit().await?;
    Ok(removed)
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
