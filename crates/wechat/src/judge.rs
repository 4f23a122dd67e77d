//! Who came back from WeChat: the one place where replies become a [`WechatIdentity`].
//! Refuses whoever does not exist (law 6) and replies that speak of two people. Whether that identity may sign in is
//! decided elsewhere. The callback flow calls it, before and after it asks for the profile.

use magpie_domain::{
    Channel, OpenId, PhoneNumber, Profile, UnionId, Way, WebScope, WechatIdentity,
};

use crate::errcode::Meaning;
use crate::profile::{self, AvatarHosts};
use crate::reply::access_token::AccessTokenReply;
use crate::reply::code_session::CodeSessionReply;
use crate::reply::encrypted::Opened;
use crate::reply::follower::FollowerReply;
use crate::reply::phone_number::PhoneNumberReply;
use crate::reply::userinfo::UserinfoReply;

/// Why replies that can be read make no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JudgeRefusal {
    /// 网页快照页: WeChat made this person up. Nothing may be created, linked or issued (law 6, case WX-16).
    SnapshotUser,
    /// The profile is somebody else's.
    OpenIdsDiffer,
    /// The profile is somebody else's, or comes from another platform.
    UnionIdsDiffer,
}

impl JudgeRefusal {
    /// How it is explained, and how the login goes on.
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        match self {
            Self::SnapshotUser => Meaning::SNAPSHOT_USER,
            Self::OpenIdsDiffer | Self::UnionIdsDiffer => Meaning::UNREADABLE,
        }
    }
}

/// Whether to ask for the person's profile, given that the application `requested` it.
///
/// Never for a snapshot user, and never after `snsapi_base`, which WeChat answers with 48001. What WeChat says was
/// allowed counts; only where it says nothing, what the channel asks for.
#[must_use]
pub fn wants_profile(channel: &Channel, token: &AccessTokenReply, requested: bool) -> bool {
    let allowed = if token.scope.is_empty() {
        match channel.way {
            Way::Website { .. }
            | Way::MobileApp
            | Way::ServiceAccount { scope: WebScope::SnsapiUserinfo, .. }
            | Way::Relay { .. } => true,
            Way::MiniProgram
            | Way::Follow { .. }
            | Way::ServiceAccount { scope: WebScope::SnsapiBase, .. }
            | Way::Wecom(_) => false,
        }
    } else {
        token.allows("snsapi_userinfo") || token.allows("snsapi_login")
    };
    requested && allowed && !token.is_snapshot_user
}

/// Who came back by `channel`.
///
/// The unionid counts only where the channel names its platform, without which it means nothing; it may come with
/// either reply. Without a profile the identity has an empty one.
///
/// # Errors
/// [`JudgeRefusal`] for a snapshot user, and where the two replies name two people.
pub fn identity(
    channel: &Channel,
    token: &AccessTokenReply,
    profile: Option<&UserinfoReply>,
    avatars: AvatarHosts<'_>,
) -> Result<WechatIdentity, JudgeRefusal> {
    if token.is_snapshot_user || profile.is_some_and(|reply| reply.is_snapshot_user) {
        return Err(JudgeRefusal::SnapshotUser);
    }
    if profile.is_some_and(|reply| reply.openid != token.openid) {
        return Err(JudgeRefusal::OpenIdsDiffer);
    }
    let unionid = agreed(token.unionid.as_ref(), profile.and_then(|reply| reply.unionid.as_ref()))?;
    Ok(WechatIdentity {
        app_id: channel.account.app_id.clone(),
        openid: token.openid.clone(),
        union: channel.platform.clone().zip(unionid.cloned()),
        profile: profile.map_or_else(Profile::default, |reply| profile::clean(reply, avatars)),
        member: None,
    })
}

/// Who a mini program's code stands for. WeChat says nothing of them but the two keys.
///
/// # Errors
/// [`JudgeRefusal::SnapshotUser`]. Mini programs have no snapshot pages today; should that change, law 6 holds already.
pub fn mini_program_identity(
    channel: &Channel,
    session: &CodeSessionReply,
) -> Result<WechatIdentity, JudgeRefusal> {
    if session.is_snapshot_user {
        return Err(JudgeRefusal::SnapshotUser);
    }
    Ok(WechatIdentity {
        app_id: channel.account.app_id.clone(),
        openid: session.openid.clone(),
        union: channel.platform.clone().zip(session.unionid.clone()),
        profile: Profile::default(),
        member: None,
    })
}

/// Who a follower is who answered in the chat: WeChat says nothing of them but the two keys. Without `info` the openid
/// alone, which the push proved.
///
/// # Errors
/// [`JudgeRefusal::OpenIdsDiffer`].
pub fn follower_identity(
    channel: &Channel,
    openid: &OpenId,
    info: Option<&FollowerReply>,
) -> Result<WechatIdentity, JudgeRefusal> {
    if info.is_some_and(|info| info.openid != *openid) {
        return Err(JudgeRefusal::OpenIdsDiffer);
    }
    Ok(WechatIdentity {
        app_id: channel.account.app_id.clone(),
        openid: openid.clone(),
        union: channel.platform.clone().zip(info.and_then(|info| info.unionid.clone())),
        profile: Profile::default(),
        member: None,
    })
}

/// The same person with what their own mini program had encrypted for this session. The exchange wins where both name a
/// unionid.
///
/// # Errors
/// [`JudgeRefusal::UnionIdsDiffer`].
pub fn with_opened(
    channel: &Channel,
    identity: WechatIdentity,
    opened: &Opened,
) -> Result<WechatIdentity, JudgeRefusal> {
    let exchanged = identity.union.as_ref().map(|(_platform, unionid)| unionid);
    let unionid = agreed(exchanged, opened.unionid.as_ref())?.cloned();
    let union = channel.platform.clone().zip(unionid);
    Ok(WechatIdentity { union, profile: opened.profile.clone(), ..identity })
}

/// The number that WeChat vouches for, if it was given to this mini program and no other (`watermark`).
#[must_use]
pub fn phone_number(channel: &Channel, reply: &PhoneNumberReply) -> Option<PhoneNumber> {
    (reply.app_id == channel.account.app_id).then(|| reply.number.clone())
}

/// The unionid that both replies agree on, or that one of them sent.
fn agreed<'a>(
    exchanged: Option<&'a UnionId>,
    profiled: Option<&'a UnionId>,
) -> Result<Option<&'a UnionId>, JudgeRefusal> {
    match (exchanged, profiled) {
        (Some(one), Some(other)) if one != other => Err(JudgeRefusal::UnionIdsDiffer),
        (one, other) => Ok(one.or(other)),
    }
}

#[cfg(test)]
mod tests;
