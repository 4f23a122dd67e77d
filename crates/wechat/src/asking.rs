//! How a browser leaves: with a page of ours before, in silence, or at once.
//! Owns the rule behind WeChat's snapshot pages (wechat.md §4) and behind `snsapi_base` (§1.2). The flow that leaves for
//! WeChat calls it.

use magpie_domain::{Way, WebScope};

/// What is known when somebody is about to leave.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "six independent facts, read by name")]
pub struct Moment {
    /// The person pressed a button of ours that says where it leads.
    pub tapped: bool,
    /// A sign-in anew is wanted (`prompt=login`, a session that is too old).
    pub again: bool,
    /// Somebody relies on the person's having done something: `max_age` counts from it, a device waits for it.
    pub deliberate: bool,
    /// Name and picture are wanted.
    pub profile: bool,
    /// The person comes from a snapshot page and needs its explanation.
    pub snapshot: bool,
    /// A silent round trip of this login was not enough.
    pub silent_in_vain: bool,
}

/// How somebody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// A page of ours with a button comes first.
    TapFirst,
    /// At once, for `snsapi_base`: nobody does anything.
    Silently,
    /// At once, for what the channel asks.
    Openly,
}

/// How somebody leaves by a channel of this way.
///
/// `snsapi_userinfo` without a tap gets WeChat's snapshot page (wechat.md §4). A silent round trip is no authentication
/// that an application may count from (OIDC Core §2 `auth_time`: actively authenticated), so whoever wants one taps.
#[must_use]
pub const fn asking(way: &Way, moment: Moment) -> Asking {
    if moment.tapped {
        return Asking::Openly;
    }
    let wants_an_act = moment.again || moment.deliberate || moment.snapshot;
    match way {
        Way::Website { .. } | Way::Relay { .. } | Way::Follow { .. } if moment.snapshot => {
            Asking::TapFirst
        }
        Way::Website { .. } | Way::Relay { .. } | Way::Follow { .. } => Asking::Openly,
        Way::ServiceAccount { scope: WebScope::SnsapiBase, .. } if wants_an_act => Asking::TapFirst,
        Way::ServiceAccount { scope: WebScope::SnsapiBase, .. } => Asking::Silently,
        Way::ServiceAccount { scope: WebScope::SnsapiUserinfo, silent_first } => {
            if *silent_first && !wants_an_act && !moment.profile && !moment.silent_in_vain {
                Asking::Silently
            } else {
                Asking::TapFirst
            }
        }
        // No browser goes there.
        Way::MiniProgram | Way::MobileApp => Asking::TapFirst,
        // Inside WeCom the round trip may be silent too; its dialog needs no tap before.
        Way::Wecom(_) if moment.again || moment.snapshot => Asking::TapFirst,
        Way::Wecom(_) => Asking::Openly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use Asking::{Openly, Silently, TapFirst};
    use WebScope::{SnsapiBase, SnsapiUserinfo};

    const fn service_account(scope: WebScope, silent_first: bool) -> Way {
        Way::ServiceAccount { scope, silent_first }
    }

    /// Decision 0048. Seen red with the silence in vain left out of the rule.
    #[test]
    fn silence_is_for_who_wants_nothing_that_only_a_tap_gives() {
        let nothing = Moment::default();
        let moments = [
            ("", nothing),
            ("tapped", Moment { tapped: true, ..nothing }),
            ("tapped again", Moment { tapped: true, again: true, deliberate: true, ..nothing }),
            ("again", Moment { again: true, ..nothing }),
            ("deliberate", Moment { deliberate: true, ..nothing }),
            ("profile", Moment { profile: true, ..nothing }),
            ("snapshot", Moment { snapshot: true, ..nothing }),
            ("in vain", Moment { silent_in_vain: true, ..nothing }),
        ];
        let website = samples::website("qr").way;
        for (way, expected) in [
            (
                service_account(SnsapiUserinfo, true),
                [Silently, Openly, Openly, TapFirst, TapFirst, TapFirst, TapFirst, TapFirst],
            ),
            (
                service_account(SnsapiUserinfo, false),
                [TapFirst, Openly, Openly, TapFirst, TapFirst, TapFirst, TapFirst, TapFirst],
            ),
            (
                service_account(SnsapiBase, true),
                [Silently, Openly, Openly, TapFirst, TapFirst, Silently, TapFirst, Silently],
            ),
            (website, [Openly, Openly, Openly, Openly, Openly, Openly, TapFirst, Openly]),
        ] {
            for ((name, moment), expected) in moments.into_iter().zip(expected) {
                assert_eq!(asking(&way, moment), expected, "{way:?} {name}");
            }
        }
    }
}
