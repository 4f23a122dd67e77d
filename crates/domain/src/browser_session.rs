//! A signed-in browser. It has an `auth_time` of its own, since WeChat gives none (protocol: auth_time is stable).

use crate::channel::ChannelKind;
use crate::id::{SessionId, UserId};
use crate::time::{Lifetime, Timestamp};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    /// The row; the `sid` of logout.
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// When the person last came back from WeChat.
    pub auth_time: Timestamp,
    /// Through which kind of channel: becomes `amr`.
    pub kind: ChannelKind,
    /// When it was last used to sign in to an application.
    pub last_seen_at: Timestamp,
    /// When it ended before its time, by logout or by an administrator.
    pub ended_at: Option<Timestamp>,
}

/// How long a browser session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without use.
    pub idle: Lifetime,
    /// Since the person last came back from WeChat, however much it is used.
    pub absolute: Lifetime,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Lifetime::from_hours(8), absolute: Lifetime::from_days(30) }
    }
}

impl BrowserSession {
    /// Whether it still counts; at the very second of a limit it does not.
    #[must_use]
    pub fn is_live(&self, now: Timestamp, limits: SessionLimits) -> bool {
        self.ended_at.is_none()
            && now < self.last_seen_at.plus(limits.idle)
            && now < self.auth_time.plus(limits.absolute)
    }

    /// Whether its use is worth a write: at most one every five minutes.
    #[must_use]
    pub fn wants_touch(&self, now: Timestamp) -> bool {
        now >= self.last_seen_at.plus(Lifetime::from_minutes(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample_session;

    /// TM-05.
    #[test]
    fn a_session_ends_at_its_idle_limit_its_absolute_limit_or_when_told() {
        let limits = SessionLimits::default();
        let session = sample_session(1);
        let start = session.auth_time;
        let at = |span| start.plus(span);
        assert!(session.is_live(at(Lifetime::from_seconds(8 * 3600 - 1)), limits));
        assert!(!session.is_live(at(Lifetime::from_hours(8)), limits));
        let used = BrowserSession { last_seen_at: at(Lifetime::from_days(30)), ..session.clone() };
        assert!(!used.is_live(at(Lifetime::from_days(30)), limits));
        let ended = BrowserSession { ended_at: Some(start), ..session };
        assert!(!ended.is_live(start, limits));
    }
}
