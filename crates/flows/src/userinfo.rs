//! Userinfo: unseal the access token, read its grant and person once, select the claims (OIDC Core §5.3).

use magpie_domain::{AccountState, Client, TokenText};
use magpie_oidc::claims;
use magpie_oidc::userinfo::{self as rules, BearerRefusal};
use magpie_store::grants;

use crate::context::Flows;
use crate::outcome::{Outcome, Stop};
use crate::{access_token, clients, person};

/// The claims of the person whose access token this is.
///
/// # Errors
/// [`BearerRefusal::InvalidToken`] for a token that is not ours, has ended, or whose grant, person or client has.
pub async fn answer(
    flows: &Flows,
    token: &TokenText,
) -> Outcome<serde_json::Map<String, serde_json::Value>, BearerRefusal> {
    let invalid = || Stop::Refused(BearerRefusal::InvalidToken);
    let token = access_token::open(flows, token).ok_or_else(invalid)?;
    rules::check(&token, flows.now()).map_err(Stop::Refused)?;
    let mut tx = flows.store().read().await?;
    let (grant, user) =
        grants::find_live_with_user(&mut tx, &token.grant).await?.ok_or_else(invalid)?;
    if user.state != AccountState::Active || !grant.honours(&token) {
        return Err(invalid());
    }
    let scopes = token.scopes.intersection(grant.scopes);
    let facts = person::facts(flows, &mut tx, &user, &grant, scopes).await?;
    drop(tx);
    let client = clients::find(flows, &grant.client_id)
        .await?
        .filter(Client::is_enabled)
        .ok_or_else(invalid)?;
    Ok(claims::userinfo(&facts, scopes, client.policy()))
}
