//! An application asks about a token (RFC 7662): what it says, if it is live and the caller may know of it.

use magpie_domain::{AccessToken, AccountState, Client, Grant, User};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::refresh_token::{RefreshHandle, Standing};
use magpie_oidc::introspection::{self as rules, LiveToken};
use magpie_oidc::revocation;
use magpie_store::StoreError;
use magpie_store::grants::{self, refresh};
use serde_json::{Map, Value};

use crate::client_call::{ClientCall, ClientRefused, authenticate};
use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome};
use crate::token::refresh_token::standing;
use crate::{access_token, clients};

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
        None => match access_token::open(flows, &token) {
            Some(token) => of_access_token(flows, &caller, &token).await?,
            None => None,
        },
    };
    let told = live.unwrap_or_else(rules::inactive);
    if !rules::wants_signed(accept) {
        return Ok(Introspection::Plain(told));
    }
    let algorithm = rules::algorithm(&caller, flows.settings().algorithm);
    let signer = flows
        .keyring()
        .signer(algorithm, flows.now())
        .ok_or(Inconsistent("there is no signing key of the algorithm of introspection answers"))?;
    let claims = rules::signed(flows.issuer(), &caller, flows.now(), told);
    Ok(Introspection::Signed(signer.sign(rules::SIGNED_TYPE, &claims)?))
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
    let counts = grant.honours(token) && rules::may_see(token, &grant, caller);
    if !counts || !both_may(flows, &grant, &user).await? {
        return Ok(None);
    }
    Ok(Some(LiveToken::access(flows.issuer(), token, &grant, &user.subject).told()))
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
    if !lives || !own || !both_may(flows, &grant, &user).await? {
        return Ok(None);
    }
    Ok(Some(LiveToken::refresh(flows.issuer(), state, &grant, &user.subject).told()))
}

/// Whether the person is active and the client of the grant enabled.
async fn both_may(flows: &Flows, grant: &Grant, user: &User) -> Result<bool, StoreError> {
    let client = clients::find(flows, &grant.client_id).await?;
    Ok(user.state == AccountState::Active && client.is_some_and(|client| client.is_enabled()))
}
