//! The authorization code grant (RFC 6749 §4.1.3): the code is taken once, in one statement, then checked.

use magpie_domain::grant::CodeReuse;
use magpie_domain::{
    AccountState, Actor, AuditEvent, AuditFact, Client, Grant, GrantId, TokenHash, User,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::authorization_code::{self, CodeRequest};
use magpie_oidc::tokens::TokenResponse;
use magpie_store::{Once, Tx, audit, grants, users};
use magpie_vault::Purpose;

use super::mint;
use crate::authorize::code_handle;
use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome, Stop};

/// Redeems a code for tokens. A code shown with the wrong verifier or redirect URI is burnt;
/// one shown by another client is not (protocol.md T14).
pub(super) async fn redeem(
    flows: &Flows,
    client: &Client,
    request: CodeRequest,
) -> Outcome<TokenResponse, OAuthError> {
    let Some((id, secret)) = request.handle() else {
        return Err(Stop::Refused(CodeRequest::refused()));
    };
    let hash = flows.vault().hash_handle(Purpose::HandleHash, &code_handle(secret));
    let mut tx = flows.store().write().await?;
    match grants::redeem(&mut tx, &id, &hash, client.id(), flows.now()).await? {
        Once::Won(grant) => {
            let user = owner(&mut tx, &grant).await?;
            let checked = authorization_code::check(&request, &grant).and_then(|()| active(&user));
            // Committed even when the check fails: a code that was shown wrongly is not shown again.
            tx.commit().await?;
            checked.map_err(Stop::Refused)?;
            mint::tokens(flows, client, &grant, &user).await
        }
        Once::TooLate => {
            refuse_reuse(flows, &mut tx, client, &request, (&id, &hash)).await?;
            tx.commit().await?;
            Err(Stop::Refused(CodeRequest::refused()))
        }
    }
}

async fn owner(tx: &mut Tx, grant: &Grant) -> Outcome<User, OAuthError> {
    Ok(users::find(tx, &grant.user_id).await?.ok_or(Inconsistent("a grant points to no user"))?)
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
    tx: &mut Tx,
    client: &Client,
    request: &CodeRequest,
    (id, hash): (&GrantId, &TokenHash),
) -> Outcome<(), OAuthError> {
    let Some(grant) = grants::find_by_code(tx, id, hash, client.id()).await? else { return Ok(()) };
    if grant.code_used_at.is_none() {
        return Ok(());
    }
    match grant.judge_reuse(request.meets_challenge_of(&grant), flows.now()) {
        CodeReuse::BenignDoubleFire => Ok(()),
        CodeReuse::Theft => {
            if let Once::Won(()) = grants::revoke(tx, &grant.id, flows.now()).await? {
                let actor = Actor::Client(client.id().clone());
                let fact = AuditFact::CodeReused { grant: grant.id.clone() };
                audit::append(tx, &AuditEvent { at: flows.now(), actor, fact }).await?;
                tracing::warn!(client.id = %client.id(), grant.id = %grant.id, "a code was used twice; its tokens are revoked");
            }
            Ok(())
        }
    }
}
