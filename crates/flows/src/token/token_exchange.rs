//! Token exchange (RFC 8693): an access token of ours for a narrower one of the same grant. Nothing is stored; revoking
//! the grant ends both.

use magpie_domain::{AccessToken, TokenText};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::token_exchange::{self, ACCESS_TOKEN, ExchangeRequest};
use magpie_oidc::tokens::TokenResponse;
use magpie_store::grants;

use super::Caller;
use super::mint::{self, Bearer};
use crate::access_token;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};
use crate::person;

/// Exchanges the token.
pub(super) async fn exchange(
    flows: &Flows,
    caller: Caller<'_>,
    request: &ExchangeRequest,
) -> Outcome<TokenResponse, OAuthError> {
    let client = caller.client;
    let refuse = || Stop::Refused(ExchangeRequest::refused());
    let shown = access_token::open(flows, &request.subject_token).ok_or_else(refuse)?;
    let now = flows.now();
    if shown.is_expired(now) {
        return Err(refuse());
    }
    let mut tx = flows.store().read().await?;
    let found = grants::find_live_with_user(&mut tx, &shown.grant).await?;
    drop(tx);
    // What was revoked cannot be exchanged for something that was not (UI-01).
    let (grant, user) = found
        .filter(|(grant, user)| person::stands_behind(flows, user, grant) && grant.honours(&shown))
        .ok_or_else(refuse)?;
    let exchanged = token_exchange::judge(request, &shown, &grant, (client, caller.jkt()))
        .map_err(Stop::Refused)?;
    caller.spend_proof(flows).await?;
    let expires = shown.expires.min(now.plus(flows.settings().lifetimes.access_token));
    let token = AccessToken {
        grant: shown.grant.clone(),
        scopes: exchanged.scopes,
        issued: grant.issue_moment(now),
        expires,
        audience: exchanged.audience,
        jkt: caller.jkt().map(str::to_owned),
        holder: Some(client.id().clone()),
    };
    let actor = exchanged.delegated.then_some(client.id());
    let bearer = Bearer { client, grant: &grant, user: &user, actor };
    let text = mint::access_token(flows, &token, &bearer)?;
    Ok(TokenResponse {
        access_token: TokenText::new(text),
        token_type: TokenResponse::type_of(token.jkt.as_deref()),
        issued_token_type: Some(ACCESS_TOKEN),
        expires_in: expires.since(now).as_seconds(),
        scope: (exchanged.scopes != shown.scopes).then_some(exchanged.scopes),
        id_token: None,
        refresh_token: None,
    })
}
