//! An application hands a token back (RFC 7009). A refresh token takes its whole grant along, an access token the access
//! tokens that were issued up to then. Whatever is not the caller's to hand back is answered like what never was,
//! so that nobody learns whose a found token is.

use magpie_domain::{AccessToken, Actor, AuditEvent, AuditFact, Client, Grant};
use magpie_oidc::claims::access_token::Read;
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::refresh_token::{RefreshHandle, Standing};
use magpie_oidc::revocation;
use magpie_store::grants::refresh;
use magpie_store::{StoreError, audit, grants};

use crate::access_token;
use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::outcome::Outcome;
use crate::token::refresh_token::standing;

/// Takes a token back, if there is one to take back.
///
/// # Errors
/// [`ClientRefused`] for a caller that does not prove itself, that sends no token, or one of its own that cannot end early.
pub async fn revoke(flows: &Flows, call: &ClientCall<'_>) -> Outcome<(), ClientRefused> {
    let client = authenticate(flows, call).await?;
    let token = revocation::token(call.form).map_err(|error| call.refuse(error))?;
    if let Some(handle) = RefreshHandle::parse(token.expose()) {
        revoke_grant(flows, &client, &handle).await?;
        return Ok(());
    }
    match access_token::open_any(flows, &token) {
        Some(Read::OfPerson(token)) if !token.is_expired(flows.now()) => {
            revoke_access(flows, &client, &token).await?;
            Ok(())
        }
        // Nothing is stored of it, so nothing could end it: the client had better know (RFC 7009 §2.2.1).
        Some(Read::OfClient(token))
            if token.client == *client.id() && flows.now() < token.expires =>
        {
            let own = "a client's own token cannot be revoked; it ends by itself";
            Err(call.refuse(OAuthError::unsupported_token_type(own)))
        }
        Some(Read::OfPerson(_) | Read::OfClient(_)) | None => Ok(()),
    }
}

/// Any token of the family will do: the application means what it was given, however long ago.
async fn revoke_grant(
    flows: &Flows,
    client: &Client,
    handle: &RefreshHandle<'_>,
) -> Result<(), StoreError> {
    let mut tx = flows.store().read().await?;
    let found = refresh::find_with_user(&mut tx, &handle.grant).await?;
    drop(tx);
    let Some((grant, _user)) = found else { return Ok(()) };
    if grant.client_id != *client.id() || !is_real(flows, handle, &grant) {
        return Ok(());
    }
    let mut tx = flows.store().write().await?;
    if grants::revoke(&mut tx, &grant.id, flows.now()).await?.is_won() {
        let fact = AuditFact::GrantRevoked { grant: grant.id };
        let actor = Actor::Client(client.id().clone());
        audit::append(&mut tx, &AuditEvent { at: flows.now(), actor, fact }).await?;
    }
    tx.commit().await
}

fn is_real(flows: &Flows, handle: &RefreshHandle<'_>, grant: &Grant) -> bool {
    let standing = grant.refresh.as_ref().map(|state| standing(flows, handle, state));
    standing.is_some_and(|standing| standing != Standing::Unknown)
}

async fn revoke_access(
    flows: &Flows,
    client: &Client,
    token: &AccessToken,
) -> Result<(), StoreError> {
    let mut tx = flows.store().read().await?;
    let found = grants::find(&mut tx, &token.grant).await?;
    drop(tx);
    let Some(grant) = found else { return Ok(()) };
    let holder = token.holder.as_ref().unwrap_or(&grant.client_id);
    if holder != client.id() || !grant.honours(token) {
        return Ok(());
    }
    // Never before the token itself, which may have been issued a second ahead of the clock: see `issue_moment`.
    let up_to = flows.now().max(token.issued);
    let mut tx = flows.store().write_single().await?;
    let _won_or_gone = grants::revoke_access(&mut tx, &grant.id, up_to).await?;
    tx.commit().await
}
