//! An application asks about a token (RFC 7662): what it says, if it is live and the caller may know of it.

use magpie_domain::{AccessToken, Client, ClientId, Grant, User};
use magpie_oidc::claims::access_token::{ClientToken, Read};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::refresh_token::{RefreshHandle, Standing};
use magpie_oidc::introspection::{self as rules, LiveToken};
use magpie_oidc::revocation;
use magpie_store::StoreError;
use magpie_store::grants::{self, refresh};
use serde_json::{Map, Value};

use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::outcome::Outcome;
use crate::pairwise::subject_for;
use crate::token::mint;
use crate::token::refresh_token::standing;
use crate::{access_token, clients, person};

/// The answer, in the form that was asked for.
#[derive(Debug)]
pub enum Introspection {
    /// JSON.
    Plain(Map<String, Value>),
    /// A JWT (RFC 9701).
    Signed(String),
}

/// Answers about a token.
///
/// # Errors
/// [`ClientRefused`] for a caller that does not prove itself (RFC 7662 §2.1), or that sends no token.
pub async fn introspect(
    flows: &Flows,
    call: &ClientCall<'_>,
    accept: &str,
) -> Outcome<Introspection, ClientRefused> {
    let caller = authenticate(flows, call).await?;
    if caller.is_public() {
        return Err(
            call.refuse(OAuthError::invalid_client("only a client that can authenticate may ask"))
        );
    }
    let token = revocation::token(call.form).map_err(|error| call.refuse(error))?;
    let live = match RefreshHandle::parse(token.expose()) {
        Some(handle) => of_refresh_token(flows, &caller, &handle).await?,
        None => match access_token::open_any(flows, &token) {
            Some(Read::OfPerson(token)) => of_access_token(flows, &caller, &token).await?,
            Some(Read::OfClient(token)) => of_client_token(flows, &caller, &token).await?,
            None => None,
        },
    };
    let told = live.unwrap_or_else(rules::inactive);
    if !rules::wants_signed(accept) {
        return Ok(Introspection::Plain(told));
    }
    let algorithm = rules::algorithm(&caller, flows.settings().algorithm);
    let claims = rules::signed(flows.issuer(), &caller, flows.now(), told);
    Ok(Introspection::Signed(mint::sign(flows, algorithm, rules::SIGNED_TYPE, &claims)?))
}

async fn of_access_token(
    flows: &Flows,
    caller: &Client,
    token: &AccessToken,
) -> Result<Option<Map<String, Value>>, StoreError> {
    if token.is_expired(flows.now()) {
        return Ok(None);
    }
    let mut tx = flows.store().read().await?;
    let found = grants::find_live_with_user(&mut tx, &token.grant).await?;
    drop(tx);
    let Some((grant, user)) = found else { return Ok(None) };
    let holder = token.holder.as_ref().unwrap_or(&grant.client_id);
    let counts = grant.honours(token) && rules::may_see(holder, &token.audience, caller);
    let Some(client) = active(flows, holder, &grant, &user).await?.filter(|_| counts) else {
        return Ok(None);
    };
    let subject = subject_for(flows, &client, &user.subject);
    let live = LiveToken::access(flows.issuer(), token, &grant, (client.id(), &subject));
    Ok(Some(live.told()))
}

/// A client's own token counts until it ends, or the client is disabled: nothing is stored of it.
async fn of_client_token(
    flows: &Flows,
    caller: &Client,
    token: &ClientToken,
) -> Result<Option<Map<String, Value>>, StoreError> {
    let counts = flows.now() < token.expires;
    if !counts || !rules::may_see(&token.client, &token.audience, caller) {
        return Ok(None);
    }
    let client = clients::find(flows, &token.client).await?.filter(Client::is_enabled);
    Ok(client.map(|_enabled| LiveToken::of_client(flows.issuer(), token).told()))
}

/// Only the client that has it is told of a refresh token, and only of the present one.
async fn of_refresh_token(
    flows: &Flows,
    caller: &Client,
    handle: &RefreshHandle<'_>,
) -> Result<Option<Map<String, Value>>, StoreError> {
    let mut tx = flows.store().read().await?;
    let found = refresh::find_with_user(&mut tx, &handle.grant).await?;
    drop(tx);
    let Some((grant, user)) = found else { return Ok(None) };
    let Some(state) = &grant.refresh else { return Ok(None) };
    let lives = grant.revoked_at.is_none() && flows.now() < state.expires_at;
    let own =
        grant.client_id == *caller.id() && standing(flows, handle, state) == Standing::Present;
    let client = active(flows, &grant.client_id, &grant, &user).await?;
    let Some(client) = client.filter(|_| lives && own) else { return Ok(None) };
    let subject = subject_for(flows, &client, &user.subject);
    Ok(Some(LiveToken::refresh(flows.issuer(), state, &grant, &subject).told()))
}

/// The client that holds a token of a grant, if it is enabled and the person stands behind the grant.
async fn active(
    flows: &Flows,
    id: &ClientId,
    grant: &Grant,
    user: &User,
) -> Result<Option<Client>, StoreError> {
    let client = clients::find(flows, id).await?.filter(Client::is_enabled);
    Ok(client.filter(|_| person::stands_behind(flows, user, grant)))
}
