//! What follows from an event, given what the operator wants: pure.

use magpie_domain::OpenId;
use magpie_wechat::push::Event;

use super::policy::{OnCancellation, OnUnsubscribe, PrivacyPolicy};

/// What changes for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Name and picture go, until WeChat says new ones at the next sign-in.
    BlankFace,
    /// Everything that WeChat had said of them goes.
    EraseProfile,
    /// And they are signed out everywhere, and nobody keeps what they had given.
    Withdraw,
    /// And WeChat's ids go: nobody is this person any more.
    Erase,
    /// The ids stay, and nobody signs in with them.
    Block,
}

/// Whose change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change<'a> {
    pub(super) openid: &'a OpenId,
    pub(super) what: What,
}

impl<'a> Change<'a> {
    /// None for what changes nothing here.
    pub(super) fn of(event: &'a Event, policy: PrivacyPolicy) -> Option<Self> {
        let (openid, what) = match event {
            Event::ProfileModified { openid } => (openid, What::BlankFace),
            Event::AuthorizationRevoked { openid, named } if named.everything => {
                (openid, What::Withdraw)
            }
            Event::AuthorizationRevoked { openid, named } if named.profile => {
                (openid, What::EraseProfile)
            }
            Event::AccountCancelled { openid } => match policy.on_cancellation {
                OnCancellation::Erase => (openid, What::Erase),
                OnCancellation::Block => (openid, What::Block),
            },
            Event::Unsubscribed { openid } => match policy.on_unsubscribe {
                OnUnsubscribe::EraseProfile => (openid, What::EraseProfile),
                OnUnsubscribe::Nothing => return None,
            },
            Event::AuthorizationRevoked { .. }
            | Event::Subscribed { .. }
            | Event::Scanned { .. }
            | Event::Said { .. }
            | Event::Other
            | Event::Incomplete => return None,
        };
        Some(Self { openid, what })
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::Timestamp;
    use magpie_wechat::push::{Chat, Named};

    use super::*;

    #[test]
    fn each_event_changes_what_the_operator_wants() {
        let openid = OpenId::parse("oLVPp5kq3Jt7xYb2W0aHsN4vQe_M").unwrap();
        let revoked = |everything, profile| Event::AuthorizationRevoked {
            openid: openid.clone(),
            named: Named { everything, profile },
        };
        let cancelled = Event::AccountCancelled { openid: openid.clone() };
        let chat = Chat {
            openid: openid.clone(),
            account: "gh_1".to_owned(),
            at: Timestamp::from_seconds(0),
        };
        let unsubscribed = Event::Unsubscribed { openid: openid.clone() };
        let usual = PrivacyPolicy::default();
        let other = PrivacyPolicy {
            on_cancellation: OnCancellation::Block,
            on_unsubscribe: OnUnsubscribe::EraseProfile,
        };
        for (event, policy, expected) in [
            (&Event::ProfileModified { openid: openid.clone() }, usual, Some(What::BlankFace)),
            (&revoked(true, false), usual, Some(What::Withdraw)),
            (&revoked(true, true), usual, Some(What::Withdraw)),
            (&revoked(false, true), usual, Some(What::EraseProfile)),
            (&revoked(false, false), usual, None),
            (&cancelled, usual, Some(What::Erase)),
            (&cancelled, other, Some(What::Block)),
            (&unsubscribed, usual, None),
            (&unsubscribed, other, Some(What::EraseProfile)),
            (&Event::Subscribed { chat, scene: None }, other, None),
            (&Event::Other, other, None),
            (&Event::Incomplete, other, None),
        ] {
            let change = Change::of(event, policy);
            assert_eq!(change.map(|change| change.what), expected, "{event:?} {policy:?}");
        }
    }
}
