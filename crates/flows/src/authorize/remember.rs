//! What stays of a person's yes, whichever page it was said on.

use magpie_domain::{Client, ConsentPolicy, LoginAttempt, Timestamp, UserId};
use magpie_oidc::authorize::scopes_to_agree;
use magpie_store::registrations::{self, Registration};
use magpie_store::{StoreError, Tx, consents};

/// Remembers that the person said yes to what the attempt asks for, in the transaction of whatever that opens, and says
/// whether it did: only for a client whose people are asked once, and only while it is what the person was shown.
///
/// # Errors
/// Only breakages.
pub(crate) async fn yes(
    tx: &mut Tx,
    client: &Client,
    attempt: &LoginAttempt,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let is_asked_once = client.policy().consent == ConsentPolicy::Explicit;
    if !is_asked_once || !is_what_was_shown(tx, client, attempt).await? {
        return Ok(false);
    }
    let agreed = scopes_to_agree(attempt.request());
    consents::record(tx, user, client.id(), agreed, now).await?;
    Ok(true)
}

/// Whether nobody but the application that the person was shown is meant. A yes to one that registered itself is one to
/// the origin that the page named, and the page of a device names none. And it may be replacing itself at this moment: its
/// row is locked, so that either we see that, or the replacement forgets the yes.
async fn is_what_was_shown(
    tx: &mut Tx,
    client: &Client,
    attempt: &LoginAttempt,
) -> Result<bool, StoreError> {
    if !client.policy().self_registered {
        return Ok(true);
    }
    if attempt.request().device.is_some() {
        return Ok(false);
    }
    let found = registrations::find_to_change(tx, client.id()).await?;
    Ok(found.is_some_and(|Registration { client: now, .. }| {
        now.name() == client.name() && now.redirect_uris() == client.redirect_uris()
    }))
}
