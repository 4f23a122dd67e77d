//! The authorization code grant (RFC 6749 §4.1.3): the code is taken once, in one statement, then checked.

use magpie_domain::grant::CodeReuse;
use magpie_domain::{AccountState, Actor, AuditEvent, AuditFact, Client, Grant, TokenHash, User};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::authorization_code::{self, CodeRequest};
use magpie_oidc::resource;
use magpie_oidc::tokens::{TokenResponse, TokenWish};
use magpie_store::grants::Redemption;
use magpie_store::{Once, audit, grants};
use magpie_vault::Purpose;

use super::Caller;
use super::mint::{self, Minting};
use super::refresh_token;
use crate::authorize::code_handle;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};
use crate::person;
use crate::registration;

/// Redeems a code for tokens. A code shown with the wrong verifier or redirect URI is burnt;
/// one shown by another client is not, or any client that saw it could spoil it.
pub(super) async fn redeem(
    flows: &Flows,
    caller: Caller<'_>,
    request: CodeRequest,
) -> Outcome<TokenResponse, OAuthError> {
    let client = caller.client;
    let Some((id, secret)) = request.handle() else {
        return Err(Stop::Refused(CodeRequest::refused()));
    };
    let hash = flows.vault().hash_handle(Purpose::HandleHash, &code_handle(secret));
    let mut tx = flows.store().read().await?;
    let found = grants::find_by_code(&mut tx, &id, &hash, client.id()).await?;
    drop(tx);
    // A code of nobody costs no write.
    let Some((grant, user)) = found else { return Err(Stop::Refused(CodeRequest::refused())) };
    if grant.code_used_at.is_some() {
        return refuse_reuse(flows, client, &request, &grant).await;
    }
    if !flows.settings().offers(grant.kind) {
        return Err(Stop::Refused(CodeRequest::refused()));
    }
    let audience = resource::of_grant(request.resources.clone(), &grant).map_err(Stop::Refused)?;
    // Whatever the tokens need is read before the code is taken: afterwards nothing may fail any more.
    let profile = person::for_id_token(flows, client, &user, &grant).await?;
    // A code that is shown wrongly is burnt below, and no refresh token begins with it.
    let shown_rightly = authorization_code::check(&request, &grant, caller.jkt()).is_ok();
    let mut first = None;
    if shown_rightly {
        caller.spend_proof(flows).await?;
        registration::note_use(flows, client).await?;
        first = refresh_token::first(flows, client, &grant)?;
    }
    let (refresh, refresh_token) = first.unzip();
    let shown = Redemption {
        id: &id,
        code_hash: &hash,
        client: client.id(),
        refresh: refresh.as_ref(),
        // What else would prove a public client when it refreshes (RFC 9449 §5)?
        key: caller.jkt().filter(|_jkt| shown_rightly && client.is_public()),
    };
    let mut tx = flows.store().write_single().await?;
    let taken = grants::redeem(&mut tx, &shown, flows.now()).await?;
    let Once::Won(grant) = taken else {
        tx.commit().await?;
        return refuse_late(flows, client, &request, &hash).await;
    };
    // Committed even when the check fails: a code that was shown wrongly is not shown again.
    let made = mint::while_committing(tx, async {
        authorization_code::check(&request, &grant, caller.jkt())
            .and_then(|()| active(&user))
            .map_err(Stop::Refused)?;
        let jkt = caller.jkt().map(str::to_owned);
        let wish = TokenWish { audience, jkt, ..TokenWish::default() };
        let profile = profile.as_ref();
        mint::tokens(flows, &Minting { client, grant: &grant, user: &user, profile, wish })
    });
    Ok(made.await?.with_refresh_token(refresh_token))
}

/// The code was there and could not be taken: it has expired, or somebody took it at this very moment.
async fn refuse_late(
    flows: &Flows,
    client: &Client,
    request: &CodeRequest,
    hash: &TokenHash,
) -> Outcome<TokenResponse, OAuthError> {
    let Some((id, _secret)) = request.handle() else {
        return Err(Stop::Refused(CodeRequest::refused()));
    };
    let mut tx = flows.store().read().await?;
    let found = grants::find_by_code(&mut tx, &id, hash, client.id()).await?;
    drop(tx);
    match found {
        Some((grant, _user)) if grant.code_used_at.is_some() => {
            refuse_reuse(flows, client, request, &grant).await
        }
        Some(_) | None => Err(Stop::Refused(CodeRequest::refused())),
    }
}

fn active(user: &User) -> Result<(), OAuthError> {
    match user.state {
        AccountState::Active => Ok(()),
        AccountState::Blocked => Err(CodeRequest::refused()),
    }
}

/// A code that was used before: the tokens of its first use are revoked, but for a prompt repetition by the same client
/// with the same verifier, as WeChat's browser makes when it opens the application's callback twice (design §6).
async fn refuse_reuse(
    flows: &Flows,
    client: &Client,
    request: &CodeRequest,
    grant: &Grant,
) -> Outcome<TokenResponse, OAuthError> {
    let refused = Err(Stop::Refused(CodeRequest::refused()));
    match grant.judge_reuse(request.meets_challenge_of(grant), flows.now()) {
        CodeReuse::BenignDoubleFire => return refused,
        CodeReuse::Theft => {}
    }
    let mut tx = flows.store().write().await?;
    if grants::revoke(&mut tx, &grant.id, flows.now()).await?.is_won() {
        let actor = Actor::Client(client.id().clone());
        let fact = AuditFact::CodeReused { grant: grant.id.clone() };
        audit::append(&mut tx, &AuditEvent { at: flows.now(), actor, fact }).await?;
        tracing::warn!(client.id = %client.id(), grant.id = %grant.id, "a code was used twice; its tokens are revoked");
    }
    tx.commit().await?;
    refused
}
