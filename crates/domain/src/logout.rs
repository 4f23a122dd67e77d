//! A message to an application that a person signed out (OIDC Back-Channel Logout 1.0): one row of the outbox,
//! written with the end of the session, and when it is tried again.

use crate::id::{ClientId, DeliveryId, SessionId, UserId};
use crate::time::{Lifetime, Timestamp};

/// One message, to one application, about one session that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutDelivery {
    /// The row.
    pub id: DeliveryId,
    /// Who is to hear of it.
    pub client_id: ClientId,
    /// Who signed out.
    pub user_id: UserId,
    /// The session that ended: the `sid` the application knows.
    pub session_id: SessionId,
    /// When it is to be sent next; while somebody sends it, when their lease ends.
    pub due_at: Timestamp,
    /// How often it was taken up to be sent.
    pub attempts: u32,
    /// From when on nobody tries any more.
    pub gives_up_at: Timestamp,
}

impl LogoutDelivery {
    /// How long an application may be away before it is given up.
    pub const PATIENCE: Lifetime = Lifetime::from_hours(24);
    /// How long the application that asked for the end is not told, while the browser is on its way back there. Keycloak
    /// answers that browser with an error when the message was faster, because it has forgotten whose return it is.
    pub const HEAD_START: Lifetime = Lifetime::from_seconds(5);
    /// How long a message is one sender's own. Longer than a call may take, so that two replicas do not send it at
    /// once; short enough that a sender who died is soon replaced (CC-08).
    pub const LEASE: Lifetime = Lifetime::from_seconds(20);

    /// When it is tried again after a failure at `now`; none when that would be too late. The pause grows threefold from
    /// ten seconds to an hour.
    #[must_use]
    pub fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let tripled = 3_u32.saturating_pow(self.attempts.saturating_sub(1).min(8));
        let pause = 10_u32.saturating_mul(tripled).min(3600);
        let next = now.plus(Lifetime::from_seconds(pause));
        (next < self.gives_up_at).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SAMPLE_NOW, SeededEntropy, sample_session_id, sample_user_id};

    /// LO-06.
    #[test]
    fn pauses_grow_to_an_hour_and_end_after_a_day() {
        let mut delivery = LogoutDelivery {
            id: DeliveryId::generate(SAMPLE_NOW, &SeededEntropy::new(1)).unwrap(),
            client_id: ClientId::parse("app").unwrap(),
            user_id: sample_user_id(1),
            session_id: sample_session_id(1),
            due_at: SAMPLE_NOW,
            attempts: 0,
            gives_up_at: SAMPLE_NOW.plus(LogoutDelivery::PATIENCE),
        };
        let mut now = SAMPLE_NOW;
        let mut pauses = Vec::new();
        loop {
            delivery.attempts += 1;
            let Some(next) = delivery.retry_at(now) else { break };
            pauses.push(next.since(now).as_seconds());
            now = next;
        }
        assert_eq!(pauses[..7], [10, 30, 90, 270, 810, 2430, 3600]);
        assert!(pauses[7..].iter().all(|pause| *pause == 3600), "{pauses:?}");
        let tried = now.since(SAMPLE_NOW);
        assert!(tried > Lifetime::from_hours(22) && tried < LogoutDelivery::PATIENCE);
    }
}
