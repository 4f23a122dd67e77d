//! What may be said of a person to an application, gathered for the claim rules.

use magpie_domain::{Client, Grant, IdTokenClaims, Scope, ScopeSet, Subject, User};
use magpie_oidc::claims::{PersonFacts, WechatIds};
use magpie_store::{StoreError, Tx, identities};

use crate::context::Flows;

/// The `sub` by which an application knows a person; without an application, the person's own. The one place where a
/// message about somebody gets its subject besides the ID token itself.
pub(crate) fn subject_for(_client: Option<&Client>, user: &User) -> Subject {
    user.subject.clone()
}

/// The facts for a fat ID token, or nothing for a thin one.
pub(crate) async fn for_fat_id_token<'a>(
    flows: &'a Flows,
    client: &Client,
    user: &'a User,
    grant: &Grant,
) -> Result<Option<PersonFacts<'a>>, StoreError> {
    match client.policy().id_token_claims {
        IdTokenClaims::Thin => Ok(None),
        IdTokenClaims::Fat => {
            let mut tx = flows.store().read().await?;
            let scopes = grant.scopes.intersection(client.scopes());
            facts(flows, &mut tx, user, grant, scopes).await.map(Some)
        }
    }
}

/// The facts of a person; openids are read only where the scopes let them out.
pub(crate) async fn facts<'a>(
    flows: &'a Flows,
    tx: &mut Tx,
    user: &'a User,
    grant: &Grant,
    scopes: ScopeSet,
) -> Result<PersonFacts<'a>, StoreError> {
    let wechat = if scopes.contains(Scope::Wechat) {
        wechat_ids(flows, tx, user, grant).await?
    } else {
        WechatIds { signed_in_with: None, unionid: None, openids: Vec::new() }
    };
    Ok(PersonFacts {
        user,
        picture: user.profile.picture.clone(),
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
        flows.settings().channels.iter().filter(|channel| channel.kind == grant.kind);
    let of_channel = channels.find_map(|channel| {
        let own = openids.iter().find(|(app, _)| *app == channel.app_id)?;
        Some((channel, own.clone()))
    });
    let platform = of_channel.as_ref().and_then(|(channel, _)| channel.platform.as_ref());
    let unionid =
        platform.and_then(|platform| unionids.iter().find(|(known, _)| known == platform));
    Ok(WechatIds {
        unionid: unionid.map(|(_, unionid)| unionid.clone()),
        signed_in_with: of_channel.map(|(_, own)| own),
        openids,
    })
}
