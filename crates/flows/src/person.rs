//! What may be said of a person to an application, gathered for the claim rules.

use magpie_domain::{AccountState, ChannelKind, Client, EmailPolicy, Grant, Scope, ScopeSet, User};
use magpie_oidc::claims::{self, PersonFacts, WechatIds};
use magpie_store::members::Membership;
use magpie_store::{StoreError, Tx, identities, members, phone_numbers};

use crate::avatars;
use crate::context::Flows;
use crate::pairwise::subject_for;

/// Whether anything may come of what a person gave: they are not blocked, and the kind of channel through which they
/// signed in is still configured (RT-12). Asked of every grant, wherever one is used.
pub(crate) fn stands_behind(flows: &Flows, user: &User, grant: &Grant) -> bool {
    user.state == AccountState::Active && flows.settings().offers(grant.kind)
}

/// The facts for an ID token that says something of the person, or nothing for a thin one that was asked for nothing.
pub(crate) async fn for_id_token<'a>(
    flows: &'a Flows,
    client: &Client,
    user: &'a User,
    grant: &Grant,
) -> Result<Option<PersonFacts<'a>>, StoreError> {
    let reach = claims::released(client, grant).reach();
    if reach.is_empty() {
        return Ok(None);
    }
    facts(flows, client, user, grant, reach).await.map(Some)
}

/// What this client may be told of a person; openids are read only where the scopes let them out.
pub(crate) async fn facts<'a>(
    flows: &'a Flows,
    client: &Client,
    user: &'a User,
    grant: &Grant,
    scopes: ScopeSet,
) -> Result<PersonFacts<'a>, StoreError> {
    let mut wechat = WechatIds::default();
    if scopes.contains(Scope::Wechat) {
        let mut tx = flows.store().read().await?;
        wechat = wechat_ids(flows, &mut tx, user, grant).await?;
    }
    let wants_mail =
        scopes.contains(Scope::Email) && client.policy().email == EmailPolicy::Corporate;
    if grant.kind == ChannelKind::Wecom && (wants_mail || scopes.contains(Scope::Wechat)) {
        let mut tx = flows.store().read().await?;
        if let Some(membership) = membership(flows, &mut tx, user).await? {
            wechat.member = scopes.contains(Scope::Wechat).then_some(membership.id);
            wechat.mail = membership.mail.filter(|_| wants_mail);
        }
    }
    let phone_number = if scopes.contains(Scope::Phone) {
        let mut tx = flows.store().read().await?;
        phone_numbers::of_user(&mut tx, &user.id).await?
    } else {
        None
    };
    Ok(PersonFacts {
        user,
        phone_number,
        subject: subject_for(flows, client, &user.subject),
        picture: avatars::address(flows, user),
        email_domain: flows.settings().email_domain.as_deref(),
        wechat,
    })
}

/// The person's ids at WeChat; the app of this login is that of the channel kind they signed in by.
async fn wechat_ids(
    flows: &Flows,
    tx: &mut Tx,
    user: &User,
    grant: &Grant,
) -> Result<WechatIds, StoreError> {
    let (openids, unionids) = identities::of_user(tx, &user.id).await?;
    let mut channels =
        flows.settings().channels.iter().filter(|channel| channel.kind() == grant.kind);
    let of_channel = channels.find_map(|channel| {
        let own = openids.iter().find(|(app, _)| *app == channel.account.app_id)?;
        Some((channel, own.clone()))
    });
    let platform = of_channel.as_ref().and_then(|(channel, _)| channel.platform.as_ref());
    let unionid =
        platform.and_then(|platform| unionids.iter().find(|(known, _)| known == platform));
    Ok(WechatIds {
        unionid: unionid.map(|(_, unionid)| unionid.clone()),
        signed_in_with: of_channel.map(|(_, own)| own),
        openids,
        ..WechatIds::default()
    })
}

/// The person as a member of the organisation they signed in from: the first of the configured ones that knows them.
async fn membership(
    flows: &Flows,
    tx: &mut Tx,
    user: &User,
) -> Result<Option<Membership>, StoreError> {
    let mut known = members::of_user(tx, &user.id).await?;
    let mut channels = flows.settings().channels.iter();
    let place = channels.find_map(|channel| {
        let of_channel = |one: &Membership| {
            channel.kind() == ChannelKind::Wecom && one.corp == channel.account.app_id
        };
        known.iter().position(of_channel)
    });
    Ok(place.map(|place| known.swap_remove(place)))
}
