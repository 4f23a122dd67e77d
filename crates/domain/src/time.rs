//! Moments and spans in whole seconds, the unit of JWT NumericDate (RFC 7519 §2).
//! Rules know no calendar; whoever needs the present moment is handed one by the edge.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment: seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Gives whole seconds since the epoch.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// The moment `span` later; saturates at the end of time rather than overflowing.
    #[must_use]
    pub const fn plus(self, span: Lifetime) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The moment `span` earlier; saturates at the beginning of time.
    #[must_use]
    pub const fn minus(self, span: Lifetime) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// Seconds from `earlier` to here; zero when the clock went backwards.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Lifetime {
        let span = self.0.saturating_sub(earlier.0);
        Lifetime(if span < 0 { 0 } else { span })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A span of time in whole seconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lifetime(i64);

impl Lifetime {
    /// Takes seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        // A u32 always fits; `as` is the only const conversion.
        #[expect(clippy::as_conversions, reason = "widening in a const fn")]
        Self(seconds as i64)
    }

    /// Takes minutes.
    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Self {
        Self::from_seconds(minutes.saturating_mul(60))
    }

    /// Takes hours.
    #[must_use]
    pub const fn from_hours(hours: u32) -> Self {
        Self::from_seconds(hours.saturating_mul(3600))
    }

    /// Takes days.
    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        Self::from_seconds(days.saturating_mul(86_400))
    }

    /// Gives seconds.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }
}

/// The present moment, asked for only at the edge and handed down from there.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment, in whole seconds.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends_of_time() {
        let end = Timestamp::from_seconds(i64::MAX);
        assert_eq!(end.plus(Lifetime::from_days(1)), end);
        let start = Timestamp::from_seconds(i64::MIN);
        assert_eq!(start.minus(Lifetime::from_days(1)), start);
        assert_eq!(start.since(end), Lifetime::from_seconds(0));
    }
}
