//! Who signs in, given whom the two keys already belong to. Pure, and every combination is a row of a table.

use crate::id::UserId;

/// What looking up the openid gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByOpenId {
    /// Whom it belongs to.
    pub user: UserId,
    /// Whether that person already has a unionid on the channel's platform.
    pub has_unionid: bool,
}

/// What looking up the unionid gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByUnionId {
    /// WeChat sent none, or the channel names no platform.
    NotSent,
    /// Sent, and nobody has it yet.
    Unknown,
    /// Sent, and it belongs to somebody.
    Known(UserId),
}

/// What to do with somebody who came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityDecision {
    /// Nobody has either key: a new person.
    Enrol,
    /// Both keys agree, or only the openid was sent and is known.
    SignIn(UserId),
    /// Known by unionid, new in this app.
    AttachOpenId(UserId),
    /// Known by openid, the unionid appeared later: attached in the same commit, `sub` stays.
    AttachUnionId(UserId),
    /// The openid is known, but WeChat now sends another unionid than before: recorded, nothing is attached.
    UnionIdChanged(UserId),
    /// The keys name two people: recorded, never merged by the machine; the openid decides who signs in.
    Conflict {
        /// Whom the openid belongs to; signs in.
        openid: UserId,
        /// Whom the unionid belongs to.
        unionid: UserId,
    },
}

/// Decides who signs in, given whom the openid and the unionid already belong to.
///
/// No wildcard arm: a new way to find a person does not compile until somebody has decided what it means.
#[must_use]
pub fn decide(by_openid: Option<ByOpenId>, by_unionid: ByUnionId) -> IdentityDecision {
    use ByUnionId::{Known, NotSent, Unknown};
    match (by_openid, by_unionid) {
        (None, NotSent | Unknown) => IdentityDecision::Enrol,
        (None, Known(user)) => IdentityDecision::AttachOpenId(user),
        (Some(openid), NotSent) => IdentityDecision::SignIn(openid.user),
        (Some(openid), Unknown) if openid.has_unionid => {
            IdentityDecision::UnionIdChanged(openid.user)
        }
        (Some(openid), Unknown) => IdentityDecision::AttachUnionId(openid.user),
        (Some(openid), Known(unionid)) if openid.user == unionid => {
            IdentityDecision::SignIn(unionid)
        }
        (Some(openid), Known(unionid)) => {
            IdentityDecision::Conflict { openid: openid.user, unionid }
        }
    }
}

/// Whether a reply to `snsapi_base`, which never has a unionid, says enough to sign somebody in (0048).
///
/// `by_openid` is what the openid leads to, with the unionid of the channel's own platform. With a platform, somebody whose
/// unionid is not known could be one who came by another channel, and would be given a second `sub`.
#[must_use]
pub fn silence_suffices(has_platform: bool, by_openid: Option<&ByOpenId>) -> bool {
    !has_platform || by_openid.is_some_and(|known| known.has_unionid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample_user_id;
    use ByUnionId::{Known, NotSent, Unknown};
    use IdentityDecision::{AttachOpenId, AttachUnionId, Conflict, Enrol, SignIn, UnionIdChanged};

    fn by_openid(user: &UserId, has_unionid: bool) -> Option<ByOpenId> {
        Some(ByOpenId { user: user.clone(), has_unionid })
    }

    /// Whoever may be known by a unionid is asked for it before a `sub` is made.
    #[test]
    fn a_silent_reply_suffices_for_whom_no_unionid_could_name_otherwise() {
        let ann = sample_user_id(1);
        for (has_platform, openid, expected) in [
            (false, None, true),
            (false, by_openid(&ann, false), true),
            (true, None, false),
            (true, by_openid(&ann, false), false),
            (true, by_openid(&ann, true), true),
        ] {
            assert_eq!(
                silence_suffices(has_platform, openid.as_ref()),
                expected,
                "{has_platform} {openid:?}"
            );
        }
    }

    /// WX-20, WX-21, WX-22.
    #[test]
    fn the_two_keys_together_decide_who_signs_in() {
        let (ann, ben) = (sample_user_id(1), sample_user_id(2));
        for (openid, unionid, expected) in [
            (None, NotSent, Enrol),
            (None, Unknown, Enrol),
            (None, Known(ann.clone()), AttachOpenId(ann.clone())),
            (by_openid(&ann, false), NotSent, SignIn(ann.clone())),
            (by_openid(&ann, true), NotSent, SignIn(ann.clone())),
            (by_openid(&ann, false), Unknown, AttachUnionId(ann.clone())),
            (by_openid(&ann, true), Unknown, UnionIdChanged(ann.clone())),
            (by_openid(&ann, true), Known(ann.clone()), SignIn(ann.clone())),
            (
                by_openid(&ann, true),
                Known(ben.clone()),
                Conflict { openid: ann.clone(), unionid: ben.clone() },
            ),
            (by_openid(&ann, false), Known(ben.clone()), Conflict { openid: ann, unionid: ben }),
        ] {
            let shown = format!("{openid:?} {unionid:?}");
            assert_eq!(decide(openid, unionid), expected, "{shown}");
        }
    }
}
