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
mod tests;
