//! The device grant (RFC 8628 §3.4): a device asks until its person has answered, then takes its tokens once.

use magpie_domain::{DeviceId, GrantId, TokenHash};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::DeviceCodeRequest;
use magpie_oidc::grant::device_code::{Verdict, judge};
use magpie_oidc::resource;
use magpie_oidc::tokens::{TokenResponse, TokenWish};
use magpie_store::grants::Redemption;
use magpie_store::{Once, devices, grants};

use super::Caller;
use super::mint::{self, Minting};
use super::refresh_token;
use crate::context::Flows;
use crate::device::device_hash;
use crate::outcome::{Outcome, Stop};
use crate::person;

/// A device code as its row knows it.
struct Shown<'a> {
    device: &'a DeviceId,
    hash: &'a TokenHash,
    grant: &'a GrantId,
}

/// Tells a device where it stands, or gives it its tokens.
pub(super) async fn redeem(
    flows: &Flows,
    caller: Caller<'_>,
    request: &DeviceCodeRequest,
) -> Outcome<TokenResponse, OAuthError> {
    let Some((id, secret)) = request.handle() else { return Err(refused()) };
    let hash = device_hash(flows, secret);
    let mut tx = flows.store().read().await?;
    let found = devices::find(&mut tx, &id, &hash).await?;
    drop(tx);
    // A code of nobody costs no write.
    let device = found.ok_or_else(refused)?;
    match judge(&device, caller.client.id(), flows.now()) {
        Verdict::Redeem(grant) => {
            let shown = Shown { device: &id, hash: &hash, grant: &grant };
            take(flows, caller, request, &shown).await
        }
        Verdict::Refuse(error) => Err(Stop::Refused(error)),
        Verdict::Wait { interval, error } => {
            let mut tx = flows.store().write_single().await?;
            devices::polled(&mut tx, &id, interval, flows.now()).await?;
            tx.commit().await?;
            Err(Stop::Refused(error))
        }
    }
}

fn refused() -> Stop<OAuthError> {
    Stop::Refused(DeviceCodeRequest::refused())
}

/// Takes the code of a person who said yes. Whatever can be refused is, and whatever the tokens need is read, before.
async fn take(
    flows: &Flows,
    caller: Caller<'_>,
    request: &DeviceCodeRequest,
    shown: &Shown<'_>,
) -> Outcome<TokenResponse, OAuthError> {
    let client = caller.client;
    let mut tx = flows.store().read().await?;
    let found = grants::find_by_code(&mut tx, shown.grant, shown.hash, client.id()).await?;
    drop(tx);
    let (grant, user) = found
        .filter(|(grant, user)| person::stands_behind(flows, user, grant))
        .ok_or_else(refused)?;
    let audience = resource::of_grant(request.resources.clone(), &grant).map_err(Stop::Refused)?;
    let profile = person::for_id_token(flows, client, &user, &grant).await?;
    caller.spend_proof(flows).await?;
    let (refresh, refresh_token) = refresh_token::first(flows, client, &grant)?.unzip();
    let redemption = Redemption {
        id: shown.grant,
        code_hash: shown.hash,
        client: client.id(),
        refresh: refresh.as_ref(),
        // What else would prove a public client when it refreshes (RFC 9449 §5)?
        key: caller.jkt().filter(|_jkt| client.is_public()),
    };
    let now = flows.now();
    let mut tx = flows.store().write().await?;
    // The one statement that decides who has it (law 2); the grant follows in the same commit, unless it has ended
    // meanwhile with its session or by its person's wish.
    if !devices::redeem(&mut tx, shown.device, shown.hash, client.id(), now).await?.is_won() {
        return Err(refused());
    }
    let Once::Won(grant) = grants::redeem(&mut tx, &redemption, now).await? else {
        return Err(refused());
    };
    tx.commit().await?;
    let wish = TokenWish { audience, jkt: caller.jkt().map(str::to_owned), ..TokenWish::default() };
    let minting = Minting { client, grant: &grant, user: &user, profile: profile.as_ref(), wish };
    let tokens = mint::tokens(flows, &minting)?;
    Ok(tokens.with_refresh_token(refresh_token))
}
