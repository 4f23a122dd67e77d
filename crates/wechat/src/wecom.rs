//! Who came back from WeCom (企业微信): the one place where its replies become a [`WechatIdentity`].
//! A member is found by corp id and userid. There is no unionid and no snapshot page here; what there is instead are
//! people who are no members of the organisation, and who sign in only where the operator lets them (wechat.md §12.2).

use magpie_domain::{
    Channel, CorporateMail, Mailbox, Member, MemberScope, Profile, WechatIdentity, WecomApp,
};

use crate::errcode::{Meaning, wecom as errcode};
use crate::profile::{self, AvatarHosts};
use crate::reply::wecom::{MemberDetail, WhoCame};

/// Whose pictures are taken over: members have them on either.
const AVATAR_HOSTS: [&str; 2] = [".qpic.cn", ".qlogo.cn"];

/// Why replies that can be read make no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberRefusal {
    /// No member of the organisation, where only members may sign in; or one of whom WeCom says no id at all.
    NotAMember,
    /// The details are somebody else's.
    UserIdsDiffer,
}

impl MemberRefusal {
    /// How it is explained, and how the login goes on.
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        match self {
            Self::NotAMember => errcode::NOT_A_MEMBER,
            Self::UserIdsDiffer => errcode::UNREADABLE,
        }
    }
}

/// Whether to ask for the member's details, given that the application `requested` something that stands in them.
///
/// The ticket alone would do; an app that was set to `snsapi_base` since then no longer wants what it opens.
#[must_use]
pub const fn wants_detail(app: WecomApp, came: &WhoCame, requested: bool) -> bool {
    let allowed = match app.scope {
        MemberScope::SnsapiPrivateinfo => true,
        MemberScope::SnsapiBase => false,
    };
    requested && allowed && matches!(came, WhoCame::Member { ticket: Some(_), .. })
}

/// Who came back by `channel`, an app of WeCom's. Without details the profile is empty and the mailbox is left as it was.
///
/// # Errors
/// [`MemberRefusal`] for an outsider where only members may sign in, and where the two replies name two people.
pub fn identity(
    (channel, app): (&Channel, WecomApp),
    came: &WhoCame,
    detail: Option<&MemberDetail>,
    avatars: AvatarHosts<'_>,
) -> Result<WechatIdentity, MemberRefusal> {
    let (openid, member) = match came {
        WhoCame::Member { userid, .. } => {
            if detail.is_some_and(|detail| detail.userid.key() != userid.key()) {
                return Err(MemberRefusal::UserIdsDiffer);
            }
            let member = Member { id: userid.clone(), mailbox: mailbox(detail) };
            (userid.key(), Some(member))
        }
        WhoCame::Outsider(Some(openid)) if !app.members_only => (openid.clone(), None),
        WhoCame::Outsider(_) => return Err(MemberRefusal::NotAMember),
    };
    Ok(WechatIdentity {
        app_id: channel.account.app_id.clone(),
        openid,
        union: None,
        profile: detail.map_or_else(Profile::default, |detail| clean(detail, avatars)),
        member,
    })
}

/// What cannot be an address is none, and stops no login.
fn mailbox(detail: Option<&MemberDetail>) -> Mailbox {
    let Some(detail) = detail else { return Mailbox::Untold };
    detail.biz_mail.as_deref().and_then(CorporateMail::parse).map_or(Mailbox::None, Mailbox::Is)
}

/// WeCom tells no name since 2022, and a userid is none.
fn clean(detail: &MemberDetail, avatars: AvatarHosts<'_>) -> Profile {
    let picture = |url: &str| profile::picture_on(url, &AVATAR_HOSTS, avatars);
    Profile {
        name: None,
        picture: detail.avatar.as_deref().and_then(picture),
        gender: detail.gender.and_then(profile::gender),
        locale: None,
    }
}

#[cfg(test)]
mod tests;
