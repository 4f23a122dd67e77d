//! What is said in the chat of an account to a desktop that waits (channel kind `follow`); everything else is not ours.

use magpie_domain::{Channel, ChannelKind, Follower, Lifetime, RelayId, Timestamp, Typed};
use magpie_store::StoreError;
use magpie_wechat::push::{Chat, Event, WINDOW};

use crate::context::Flows;
use crate::relay::chat::{Heard, said, scanned};

/// Hears a scan of a code of ours, or an answer to a desktop; nothing for all else. A message of somebody who has scanned
/// no code of ours costs at most one read, and writes nothing.
pub(super) async fn heard<'a>(
    flows: &Flows,
    channel: &Channel,
    event: &'a Event,
    said_at: Timestamp,
) -> Result<Option<(&'a Chat, Heard)>, StoreError> {
    let app_id = &channel.account.app_id;
    // Pushes come to the account's one address, whichever channel that is.
    let is_followed = flows
        .settings()
        .channels
        .iter()
        .any(|other| other.kind() == ChannelKind::Follow && other.account.app_id == *app_id);
    if !is_followed {
        return Ok(None);
    }
    let who = |chat: &Chat| Follower { app_id: app_id.clone(), openid: chat.openid.clone() };
    let scan = match event {
        Event::Subscribed { chat, scene: Some(scene) } | Event::Scanned { chat, scene } => {
            RelayId::of_scene(scene).map(|id| (chat, id))
        }
        Event::Said { chat, words, id } => {
            let Some(typed) = Typed::read(words) else { return Ok(None) };
            // A second longer than it is listened to.
            let until = said_at.plus(WINDOW).plus(Lifetime::from_seconds(1));
            let heard = said(flows, &who(chat), typed, (id, until)).await?;
            return Ok(heard.map(|heard| (chat, heard)));
        }
        Event::Subscribed { scene: None, .. }
        | Event::ProfileModified { .. }
        | Event::AuthorizationRevoked { .. }
        | Event::AccountCancelled { .. }
        | Event::Unsubscribed { .. }
        | Event::Other
        | Event::Incomplete => None,
    };
    let Some((chat, id)) = scan else { return Ok(None) };
    let heard = scanned(flows, &id, &who(chat), chat.at).await?;
    Ok(Some((chat, heard)))
}
