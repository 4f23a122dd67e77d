//! Signing in by a code that a mini program or an app brought: claimed once across replicas, exchanged, and turned into a
//! grant that is redeemed in the commit that opens it. There is no browser session; what the tokens name as their session
//! (`sid`) is this sign-in alone, and it ends when the client gives its tokens back.

use magpie_domain::{
    AccountState, Actor, AskedClaims, AuditEvent, AuditFact, Channel, Grant, GrantId, PhoneNumber,
    Scope, SessionId, TokenText, User, WechatIdentity, entropy,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::WechatCodeRequest;
use magpie_oidc::grant::token_exchange::ACCESS_TOKEN;
use magpie_oidc::tokens::{TokenResponse, TokenWish};
use magpie_store::grants::Redemption;
use magpie_store::{Once, Tx, audit, grants, phone_numbers};
use magpie_vault::Purpose;
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::encrypted::Envelope;

use super::Caller;
use super::mint::{self, Minting};
use super::refresh_token;
use crate::authorize::code_handle;
use crate::context::Flows;
use crate::identity::{Resolved, resolve};
use crate::outcome::{Inconsistent, Outcome, Stop};
use crate::person;
use crate::wechat::phone::{self, Brings, Brought};
use crate::wechat::phone_number;

/// How often a lost race with another replica is run again.
const TRIES: u32 = 4;

/// Exchanges the code for tokens.
pub(super) async fn exchange(
    flows: &Flows,
    caller: Caller<'_>,
    request: &WechatCodeRequest,
) -> Outcome<TokenResponse, OAuthError> {
    let client = caller.client;
    let channel = flows.settings().channel(&request.channel);
    let channel = channel.filter(|channel| channel.kind().is_brought());
    let channel = channel.ok_or(Stop::Refused(WechatCodeRequest::unknown_channel()))?;
    let code = CallbackCode::parse(request.code.expose());
    let code = code.ok_or(Stop::Refused(WechatCodeRequest::refused()))?;
    let envelope = envelope(request)?;
    caller.spend_proof(flows).await?;
    phone::claim(flows, (client, caller.budget), channel, &code).await?;
    let brought = Brought {
        channel,
        code: &code,
        client: client.id(),
        wants_profile: request.scopes.contains(Scope::Profile),
        envelope: envelope.as_ref(),
    };
    let Brings { identity, phone: opened } = phone::who(flows, &brought).await?;
    let opened = opened.filter(|_| request.scopes.contains(Scope::Phone));
    let (request, phone) = match opened {
        Some(number) => (request.clone(), Some(number)),
        None => with_phone(flows, channel, request.clone()).await,
    };
    let arrival = Arriving { channel, identity: &identity, phone: phone.as_ref() };
    let (grant, user, refresh_token) = arrive(flows, caller, &request, &arrival).await?;
    let profile = person::for_id_token(flows, client, &user, &grant).await?;
    let jkt = caller.jkt().map(str::to_owned);
    let wish = TokenWish { audience: grant.resources.clone(), jkt, ..TokenWish::default() };
    let minting = Minting { client, grant: &grant, user: &user, profile: profile.as_ref(), wish };
    let tokens = mint::tokens(flows, &minting)?;
    Ok(tokens.with_issued_type(ACCESS_TOKEN).with_refresh_token(refresh_token))
}

/// What was encrypted, if anything was; refused before the code is spent where it cannot be any.
fn envelope(request: &WechatCodeRequest) -> Outcome<Option<Envelope>, OAuthError> {
    let Some((data, iv)) = &request.encrypted else { return Ok(None) };
    let read = Envelope::read(data.expose(), iv.expose());
    read.map(Some).ok_or(Stop::Refused(WechatCodeRequest::unopened()))
}

/// The phone number, where the client sent a code for one; without the number the scope goes, too.
async fn with_phone(
    flows: &Flows,
    channel: &Channel,
    request: WechatCodeRequest,
) -> (WechatCodeRequest, Option<PhoneNumber>) {
    let Some(text) = &request.phone_code else { return (request, None) };
    let number = match CallbackCode::parse(text.expose()) {
        Some(code) => phone_number::behind(flows, channel, &code).await,
        None => None,
    };
    if number.is_some() { (request, number) } else { (request.without_phone(), None) }
}

/// Who came, by which channel.
struct Arriving<'a> {
    channel: &'a Channel,
    identity: &'a WechatIdentity,
    phone: Option<&'a PhoneNumber>,
}

/// Person, grant and audit line in one commit, run again when a replica was faster with the same new person.
async fn arrive(
    flows: &Flows,
    caller: Caller<'_>,
    request: &WechatCodeRequest,
    arriving: &Arriving<'_>,
) -> Outcome<(Grant, User, Option<TokenText>), OAuthError> {
    let Arriving { channel, identity, phone } = *arriving;
    for _ in 0..TRIES {
        let mut tx = flows.store().write().await?;
        let Resolved::Person(user) =
            resolve(flows, &mut tx, identity).await.map_err(Stop::unrefused)?
        else {
            tx.rollback().await?;
            continue;
        };
        if user.state != AccountState::Active {
            tx.rollback().await?;
            return Err(Stop::Refused(OAuthError::access_denied("this person may not sign in")));
        }
        if let Some(number) = phone {
            phone_numbers::set(&mut tx, &user.id, number, flows.now()).await?;
        }
        let opening = new_grant(flows, caller, request, (channel, &user))?;
        let (grant, refresh_token) = open(flows, &mut tx, caller, &opening).await?;
        let fact =
            AuditFact::SignedIn { user: user.id.clone(), channel: channel.id.as_str().to_owned() };
        let actor = Actor::Person(user.id.clone());
        audit::append(&mut tx, &AuditEvent { at: flows.now(), actor, fact }).await?;
        tx.commit().await?;
        return Ok((grant, user, refresh_token));
    }
    Err(Inconsistent("a first sign-in kept losing its race").into())
}

/// Opens the grant and takes its code at once: nobody ever holds that code.
async fn open(
    flows: &Flows,
    tx: &mut Tx,
    caller: Caller<'_>,
    grant: &Grant,
) -> Outcome<(Grant, Option<TokenText>), OAuthError> {
    let client = caller.client;
    let secret = entropy::token(flows.entropy())?;
    let hash = flows.vault().hash_handle(Purpose::HandleHash, &code_handle(secret.expose()));
    let (refresh, refresh_token) = refresh_token::first(flows, client, grant)?.unzip();
    grants::open(tx, grant, &hash).await?;
    let redemption = Redemption {
        id: &grant.id,
        code_hash: &hash,
        client: client.id(),
        refresh: refresh.as_ref(),
        // What else would prove a public client when it refreshes (RFC 9449 §5)?
        key: caller.jkt().filter(|_jkt| client.is_public()),
    };
    match grants::redeem(tx, &redemption, flows.now()).await? {
        Once::Won(grant) => Ok((grant, refresh_token)),
        Once::TooLate => Err(Inconsistent("a grant was taken before it was there").into()),
    }
}

fn new_grant(
    flows: &Flows,
    caller: Caller<'_>,
    request: &WechatCodeRequest,
    (channel, user): (&Channel, &User),
) -> Outcome<Grant, OAuthError> {
    let now = flows.now();
    Ok(Grant {
        id: GrantId::generate(now, flows.entropy())?,
        client_id: caller.client.id().clone(),
        user_id: user.id.clone(),
        session_id: SessionId::generate(now, flows.entropy())?,
        scopes: request.scopes,
        scopes_narrowed: request.scopes_narrowed,
        redirect_uri: String::new(),
        nonce: None,
        code_challenge: None,
        auth_time: now,
        wants_auth_time: false,
        kind: channel.kind(),
        resources: request.resources.clone(),
        asked_claims: AskedClaims::default(),
        dpop_jkt: None,
        refresh: None,
        created_at: now,
        code_expires_at: now.plus(flows.settings().lifetimes.code),
        code_used_at: None,
        access_revoked_at: None,
        revoked_at: None,
    })
}
