//! What follows from an event, given what the operator wants: pure.

use magpie_domain::{OpenId, Profile};
use magpie_wechat::push::Event;

use super::policy::{OnCancellation, OnUnsubscribe, PrivacyPolicy};

/// What changes for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Name and picture go, until WeChat says new ones at the next sign-in.
    BlankFace,
    /// What they took back goes, and what they left stays.
    Erase(TakenBack),
    /// Everything that WeChat had said of them goes, they are signed out everywhere, and nobody keeps what they had given.
    Withdraw,
    /// And WeChat's ids go: nobody is this person any more.
    Forget,
    /// As for [`Self::Withdraw`]; the ids stay, and nobody signs in with them.
    Block,
}

/// What of a person goes without their being signed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TakenBack {
    /// Name, picture and what else stands in a profile.
    pub(super) profile: bool,
    /// The number that an application brought.
    pub(super) phone_number: bool,
}

/// The profile alone.
const PROFILE: TakenBack = TakenBack { profile: true, phone_number: false };

impl What {
    /// What is left of a profile; none where it is not touched.
    pub(super) fn leaves(self, profile: &Profile) -> Option<Profile> {
        match self {
            Self::BlankFace => Some(Profile { name: None, picture: None, ..profile.clone() }),
            Self::Erase(TakenBack { profile: false, .. }) => None,
            Self::Erase(_) | Self::Withdraw | Self::Forget | Self::Block => {
                Some(Profile::default())
            }
        }
    }

    /// Whether the phone number goes.
    pub(super) const fn takes_phone_number(self) -> bool {
        match self {
            Self::BlankFace => false,
            Self::Erase(taken) => taken.phone_number,
            Self::Withdraw | Self::Forget | Self::Block => true,
        }
    }
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
            Event::AuthorizationRevoked { openid, named }
                if named.profile || named.phone_number =>
            {
                let taken = TakenBack { profile: named.profile, phone_number: named.phone_number };
                (openid, What::Erase(taken))
            }
            Event::AccountCancelled { openid } => match policy.on_cancellation {
                OnCancellation::Erase => (openid, What::Forget),
                OnCancellation::Block => (openid, What::Block),
            },
            Event::Unsubscribed { openid } => match policy.on_unsubscribe {
                OnUnsubscribe::EraseProfile => (openid, What::Erase(PROFILE)),
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
        let revoked = |everything, profile, phone_number| Event::AuthorizationRevoked {
            openid: openid.clone(),
            named: Named { everything, profile, phone_number },
        };
        let erase = |profile, phone_number| What::Erase(TakenBack { profile, phone_number });
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
            (&revoked(true, false, false), usual, Some(What::Withdraw)),
            (&revoked(true, true, true), usual, Some(What::Withdraw)),
            (&revoked(false, true, false), usual, Some(erase(true, false))),
            (&revoked(false, false, true), usual, Some(erase(false, true))),
            (&revoked(false, true, true), usual, Some(erase(true, true))),
            (&revoked(false, false, false), usual, None),
            (&cancelled, usual, Some(What::Forget)),
            (&cancelled, other, Some(What::Block)),
            (&unsubscribed, usual, None),
            (&unsubscribed, other, Some(erase(true, false))),
            (&Event::Subscribed { chat, scene: None }, other, None),
            (&Event::Other, other, None),
            (&Event::Incomplete, other, None),
        ] {
            let change = Change::of(event, policy);
            assert_eq!(change.map(|change| change.what), expected, "{event:?} {policy:?}");
        }
    }

    #[test]
    fn what_was_left_stays_and_what_was_taken_back_goes() {
        let told = Profile { name: Some("小鱼".to_owned()), ..Profile::default() };
        let erase = |profile, phone_number| What::Erase(TakenBack { profile, phone_number });
        let nothing = Some(Profile::default());
        for (what, leaves, takes_number) in [
            (What::BlankFace, nothing.clone(), false),
            (erase(true, false), nothing.clone(), false),
            (erase(false, true), None, true),
            (erase(true, true), nothing.clone(), true),
            (What::Withdraw, nothing.clone(), true),
            (What::Forget, nothing.clone(), true),
            (What::Block, nothing, true),
        ] {
            assert_eq!(what.leaves(&told), leaves, "{what:?}");
            assert_eq!(what.takes_phone_number(), takes_number, "{what:?}");
        }
    }
}
