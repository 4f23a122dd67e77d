//! The refresh token grant (RFC 6749 §6): the token steps on once, in one statement, and the same step can be told again
//! for as long as nobody went further. A stolen token ends its whole family.

use magpie_domain::{
    Actor, AuditEvent, AuditFact, Channel, ChannelKind, Client, Grant, RefreshState, Timestamp,
    TokenText, entropy,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::RefreshRequest;
use magpie_oidc::grant::refresh_token::{
    self as rules, Breach, MOST_REPEATS, REPEAT_WINDOW, RefreshHandle, Standing, Step, Verdict,
};
use magpie_oidc::resource;
use magpie_oidc::tokens::{TokenResponse, TokenWish};
use magpie_store::grants::refresh::{self as rows, Presented, Repetition, Rotation};
use magpie_store::{Once, StoreError, audit, grants};
use magpie_vault::RefreshLink;

use super::Caller;
use super::mint::{self, Minting};
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};
use crate::person;
use crate::registration;

/// How often a token is looked at again after somebody else was faster: it is present, then previous, then its
/// repetitions are used up, and then nothing can change any more that would help.
const MOST_LOOKS: usize = 4;

/// The first refresh token of a grant, where one is due: what is to be stored, and the token itself.
pub(super) fn first<R>(
    flows: &Flows,
    client: &Client,
    grant: &Grant,
) -> Outcome<Option<(RefreshState, TokenText)>, R> {
    if !rules::is_due(grant, client) {
        return Ok(None);
    }
    let secret = entropy::token(flows.entropy())?;
    let link = RefreshLink { grant: &grant.id, generation: 0, secret: secret.expose() };
    let ends_at = flows.now().plus(flows.settings().lifetimes.refresh_absolute);
    let state = RefreshState {
        hash: flows.vault().hash_refresh(&link),
        previous: None,
        generation: 0,
        rotated_at: None,
        retries: 0,
        expires_at: idle_end(flows, ends_at),
        ends_at,
    };
    Ok(Some((state, RefreshHandle::write(&grant.id, 0, &secret))))
}

/// When a token that is used now ends unless it is used again.
fn idle_end(flows: &Flows, ends_at: Timestamp) -> Timestamp {
    flows.now().plus(flows.settings().lifetimes.refresh_idle).min(ends_at)
}

/// Gives new tokens for a refresh token.
pub(super) async fn refresh(
    flows: &Flows,
    caller: Caller<'_>,
    request: &RefreshRequest,
) -> Outcome<TokenResponse, OAuthError> {
    let Some(handle) = request.handle() else { return Err(refused()) };
    let is_plain = rules::is_plain(request, caller.client)
        && caller.key.is_none()
        && !caller.client.policy().self_registered;
    if is_plain && let Some(tokens) = rotate_at_once(flows, caller.client, request, &handle).await?
    {
        return Ok(tokens);
    }
    for number in 0..MOST_LOOKS {
        let shown = Shown { caller, request, handle: &handle, is_first_look: number == 0 };
        if let Some(tokens) = look(flows, &shown).await? {
            return Ok(tokens);
        }
    }
    Err(refused())
}

fn refused() -> Stop<OAuthError> {
    Stop::Refused(RefreshRequest::refused())
}

/// A token as it is shown.
struct Shown<'a> {
    caller: Caller<'a>,
    request: &'a RefreshRequest,
    handle: &'a RefreshHandle<'a>,
    /// Whether the proof that came along is still to be used up.
    is_first_look: bool,
}

/// Where a token stands among those of its grant.
pub(crate) fn standing(
    flows: &Flows,
    handle: &RefreshHandle<'_>,
    state: &RefreshState,
) -> Standing {
    let (vault, link) = (flows.vault(), link(handle));
    let is_previous = state.previous.is_some_and(|previous| vault.is_refresh(&link, &previous));
    if handle.generation == state.generation && vault.is_refresh(&link, &state.hash) {
        Standing::Present
    } else if handle.generation.checked_add(1) == Some(state.generation) && is_previous {
        Standing::Previous
    } else if vault.refresh_leads_to(&link, state.generation, &state.hash) {
        Standing::Ancestor
    } else {
        Standing::Unknown
    }
}

fn link<'a>(handle: &'a RefreshHandle<'_>) -> RefreshLink<'a> {
    RefreshLink { grant: &handle.grant, generation: handle.generation, secret: handle.secret }
}

/// The grant as the new tokens tell it, and whom the access token is for.
fn given(
    request: &RefreshRequest,
    client: &Client,
    grant: Grant,
) -> Outcome<(Grant, Vec<String>), OAuthError> {
    let scopes = rules::scopes(request, &grant, client).map_err(Stop::Refused)?;
    let audience = resource::of_grant(request.resources.clone(), &grant).map_err(Stop::Refused)?;
    let narrowed = grant.scopes_narrowed || request.scope.is_some() || scopes != grant.scopes;
    // OIDC Core §12.2: the ID token says the same as the first one, and no nonce.
    Ok((Grant { scopes, scopes_narrowed: narrowed, nonce: None, ..grant }, audience))
}

/// What nearly every refresh is: the present token, everything that was granted, and nothing else to be proved or noted.
/// All of it is the condition of one statement, which reads what the tokens need too; where it does not hold, nothing has
/// happened, and it is looked at what it was. Who loses the answer after this gets it again, as always.
async fn rotate_at_once(
    flows: &Flows,
    client: &Client,
    request: &RefreshRequest,
    handle: &RefreshHandle<'_>,
) -> Outcome<Option<TokenResponse>, OAuthError> {
    let (vault, now, link) = (flows.vault(), flows.now(), link(handle));
    let (id, generation) = (&handle.grant, handle.generation.saturating_add(1));
    let secret = vault.refresh_successor(&link);
    let from = vault.hash_refresh(&link);
    let to = vault.hash_refresh(&RefreshLink { grant: id, generation, secret: secret.expose() });
    let expires_at = now.plus(flows.settings().lifetimes.refresh_idle);
    let rotation = Rotation { id, from: &from, to: &to, expires_at };
    let kinds: Vec<ChannelKind> = flows.settings().channels.iter().map(Channel::kind).collect();
    let shown = Presented { client: client.id(), generation: handle.generation, kinds: &kinds };
    let mut tx = flows.store().write_single().await?;
    let stepped = rows::rotate_present(&mut tx, &rotation, shown, now).await?;
    let Once::Won((grant, user)) = stepped else {
        tx.commit().await?;
        return Ok(None);
    };
    let made = async {
        // A grant with a refresh token has what one needs; judged here as well, because no condition above says so.
        if !rules::is_due(&grant, client) {
            return Err(refused());
        }
        let (given, audience) = given(request, client, grant)?;
        let profile = person::for_id_token(flows, client, &user, &given).await?;
        let wish = TokenWish { audience, ..TokenWish::default() };
        let (grant, user, profile) = (&given, &user, profile.as_ref());
        mint::tokens(flows, &Minting { client, grant, user, profile, wish })
    };
    let token = RefreshHandle::write(id, generation, &secret);
    let tokens = mint::while_committing(tx, Box::pin(made)).await?;
    Ok(Some(tokens.with_refresh_token(Some(token))))
}

/// Reads where the token stands, judges it and acts; nothing when somebody else acted in between.
async fn look(flows: &Flows, shown: &Shown<'_>) -> Outcome<Option<TokenResponse>, OAuthError> {
    let Shown { caller, request, handle, is_first_look } = *shown;
    let client = caller.client;
    let mut tx = flows.store().read().await?;
    let found = rows::find_with_user(&mut tx, &handle.grant).await?;
    drop(tx);
    let Some((grant, user)) = found else { return Err(refused()) };
    let Some(state) = &grant.refresh else { return Err(refused()) };
    let standing = standing(flows, handle, state);
    let way = match rules::judge(standing, &grant, state, client, flows.now()) {
        Verdict::Step(way) => way,
        Verdict::Refuse => return Err(refused()),
        Verdict::Revoke(breach) => {
            revoke(flows, client, &grant, breach).await?;
            return Err(refused());
        }
    };
    let has_key = rules::is_shown_with_its_key(&grant, client, caller.jkt());
    let stands = person::stands_behind(flows, &user, &grant);
    if !stands || !rules::is_due(&grant, client) || !has_key {
        return Err(refused());
    }
    // Whatever can be refused is, and whatever the tokens need is read, before the token steps on.
    let (given, audience) = given(request, client, grant.clone())?;
    let profile = person::for_id_token(flows, client, &user, &given).await?;
    if is_first_look {
        caller.spend_proof(flows).await?;
        registration::note_use(flows, client).await?;
    }
    let Some(token) = step(flows, way, handle, state).await? else { return Ok(None) };
    let wish = TokenWish { audience, jkt: caller.jkt().map(str::to_owned), ..TokenWish::default() };
    let (client, grant, user, profile) = (client, &given, &user, profile.as_ref());
    let tokens = mint::tokens(flows, &Minting { client, grant, user, profile, wish })?;
    Ok(Some(tokens.with_refresh_token(Some(token))))
}

/// Takes the step, in one statement; the token that is present afterwards, or nothing when it was too late.
async fn step(
    flows: &Flows,
    way: Step,
    handle: &RefreshHandle<'_>,
    state: &RefreshState,
) -> Outcome<Option<TokenText>, OAuthError> {
    let (vault, now, link) = (flows.vault(), flows.now(), link(handle));
    let (grant, next) = (&handle.grant, handle.generation.saturating_add(1));
    let token = match way {
        Step::Rotate => Some((next, vault.refresh_successor(&link))),
        Step::Repeat => {
            vault.refresh_successor_again(&link, &state.hash).map(|secret| (next, secret))
        }
        Step::Prolong => Some((handle.generation, TokenText::new(handle.secret.to_owned()))),
    };
    let Some((generation, secret)) = token else { return Err(refused()) };
    let to = vault.hash_refresh(&RefreshLink { grant, generation, secret: secret.expose() });
    let expires_at = idle_end(flows, state.ends_at);
    let rotation = Rotation { id: grant, from: &state.hash, to: &to, expires_at };
    let (window, most) = (REPEAT_WINDOW, MOST_REPEATS);
    let repetition = Repetition { id: grant, present: &state.hash, window, most };
    let mut tx = flows.store().write_single().await?;
    let stepped: Once<()> = match way {
        Step::Rotate => rows::rotate(&mut tx, &rotation, now).await?,
        Step::Repeat => rows::repeat(&mut tx, &repetition, now).await?,
        Step::Prolong => rows::prolong(&mut tx, &rotation, now).await?,
    };
    tx.commit().await?;
    let token = RefreshHandle::write(grant, generation, &secret);
    Ok(stepped.is_won().then_some(token))
}

/// Ends the family, and says once why.
async fn revoke(
    flows: &Flows,
    client: &Client,
    grant: &Grant,
    breach: Breach,
) -> Result<(), StoreError> {
    let mut tx = flows.store().write().await?;
    if grants::revoke(&mut tx, &grant.id, flows.now()).await?.is_won() {
        let grant = grant.id.clone();
        tracing::warn!(client.id = %client.id(), grant.id = %grant, ?breach, "a refresh token was shown by who should not have it any more; its grant is revoked");
        let fact = match breach {
            Breach::Leaked => AuditFact::RefreshShownByAnother { grant },
            Breach::Reused => AuditFact::RefreshReused { grant },
        };
        let actor = Actor::Client(client.id().clone());
        audit::append(&mut tx, &AuditEvent { at: flows.now(), actor, fact }).await?;
    }
    tx.commit().await
}
