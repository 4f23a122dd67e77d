//! The answer to the application: a code, or the refusal it may hear of.

use magpie_domain::{
    Actor, AuditEvent, AuditFact, AuthorizationRequest, Client, Grant, GrantId, Lifetime,
    LoginAttempt, RedirectUri, ResponseMode, entropy,
};
use magpie_oidc::authorize::PageRefusal;
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::authorization_code::CodeRequest;
use magpie_oidc::paths::{DeviceEnd, RelayEnd};
use magpie_oidc::response_mode::{self, Answer, AuthorizationResponse};
use magpie_store::{Once, StoreError, Tx, audit, grants, pushed_requests, sessions};
use magpie_vault::Purpose;

use super::next::Step;
use super::{LoginRefused, remember};
use crate::attempt_cookie::AttemptCookie;
use crate::browser_session::SignedIn;
use crate::context::Flows;
use crate::device;
use crate::outcome::{Outcome, Stop};
use crate::relay;
use crate::token::mint;

/// How long a signed answer is good (JARM §2.1 recommends at most ten minutes).
const SIGNED_ANSWER: Lifetime = Lifetime::from_minutes(10);

/// Where an answer goes, and how.
#[derive(Clone, Copy)]
pub(crate) struct Addressee<'a> {
    pub(crate) client: &'a Client,
    pub(crate) redirect_uri: &'a RedirectUri,
    pub(crate) mode: ResponseMode,
}

impl<'a> Addressee<'a> {
    /// Of the attempt's own request.
    fn of(client: &'a Client, attempt: &'a LoginAttempt) -> Self {
        let request = attempt.request();
        Self { client, redirect_uri: &request.redirect_uri, mode: request.response_mode }
    }
}

/// Writes an answer down, signed where the request wants it signed (JARM §2).
pub(crate) fn write<R>(
    flows: &Flows,
    to: Addressee<'_>,
    answer: &Answer<'_>,
) -> Outcome<AuthorizationResponse, R> {
    if !to.mode.is_signed() {
        let fields = response_mode::plain(flows.issuer(), answer);
        return Ok(response_mode::render(to.redirect_uri, to.mode, &fields));
    }
    let registered = to.client.policy().algorithms.authorization_response;
    let algorithm = registered.unwrap_or_else(|| mint::id_token_algorithm(flows, to.client));
    let expires = flows.now().plus(SIGNED_ANSWER);
    let claims = response_mode::claims(flows.issuer(), to.client.id(), expires, answer);
    let jwt = mint::sign(flows, algorithm, "JWT", &claims)?;
    Ok(response_mode::render(to.redirect_uri, to.mode, &response_mode::signed(&jwt)))
}

/// Spends the pushed request that is being answered, if it was pushed: in the transaction of whatever the answer gives,
/// by whatever way it is answered (AZ-33). Too late when another answer was first.
pub(crate) async fn spend(
    flows: &Flows,
    tx: &mut Tx,
    request: &AuthorizationRequest,
) -> Result<Once<()>, StoreError> {
    match &request.pushed {
        Some(handle) => pushed_requests::spend(tx, &handle.id, flows.now()).await,
        None => Ok(Once::Won(())),
    }
}

/// As [`spend`], where nothing else is written; no transaction for a request that was not pushed (law 1).
pub(crate) async fn spend_alone(
    flows: &Flows,
    request: &AuthorizationRequest,
) -> Result<Once<()>, StoreError> {
    if request.pushed.is_none() {
        return Ok(Once::Won(()));
    }
    let mut tx = flows.store().write().await?;
    let spent = spend(flows, &mut tx, request).await?;
    tx.commit().await?;
    Ok(spent)
}

/// Tells the application no, and ends the attempt.
pub(crate) async fn refuse(
    flows: &Flows,
    client: &Client,
    attempt: &LoginAttempt,
    error: &OAuthError,
) -> Outcome<Step, LoginRefused> {
    let response = refusal(flows, client, attempt, error)?;
    if !spend_alone(flows, attempt.request()).await?.is_won() {
        return Err(GONE);
    }
    Ok(Step::Answer { response, cookie: Some(AttemptCookie::removed(attempt.id().clone())) })
}

/// The refusal in the response mode of the request. A device or a desktop is told nothing: that nobody answered is no answer, and it
/// may wait for somebody who does.
pub(crate) fn refusal<R>(
    flows: &Flows,
    client: &Client,
    attempt: &LoginAttempt,
    error: &OAuthError,
) -> Outcome<AuthorizationResponse, R> {
    if attempt.request().device.is_some() {
        return Ok(device::end(flows, DeviceEnd::Stopped));
    }
    if attempt.request().relay.is_some() {
        return Ok(relay::end(flows, RelayEnd::Stopped));
    }
    let answer = Answer::Error { error, state: attempt.request().state.as_deref() };
    write(flows, Addressee::of(client, attempt), &answer)
}

/// The pushed request was answered before.
const GONE: Stop<LoginRefused> =
    Stop::Refused(LoginRefused::Request(PageRefusal::PushedRequestGone));

/// Gives the application a code for somebody who is signed in already, and ends the attempt.
pub(super) async fn release(
    flows: &Flows,
    attempt: LoginAttempt,
    client: &Client,
    person: &SignedIn,
    consented: bool,
) -> Outcome<Step, LoginRefused> {
    if let Some(handle) = &attempt.request().device {
        return device::allow(flows, &attempt, handle, client, person).await;
    }
    if attempt.request().relay.is_some() {
        // A phone answers with a number, never by needing nothing: there is nobody here to give a code to.
        let response = relay::end(flows, RelayEnd::Stopped);
        let cookie = Some(AttemptCookie::removed(attempt.id().clone()));
        return Ok(Step::Answer { response, cookie });
    }
    let now = flows.now();
    let mut tx = flows.store().write().await?;
    if consented && remember::yes(&mut tx, client, &attempt, &person.user.id, now).await? {
        let fact =
            AuditFact::ConsentGiven { user: person.user.id.clone(), client: client.id().clone() };
        let actor = Actor::Person(person.user.id.clone());
        audit::append(&mut tx, &AuditEvent { at: now, actor, fact }).await?;
    }
    if person.session.wants_touch(now) {
        sessions::touch(&mut tx, &person.session.id, now).await?;
    }
    let Some((response, _grant)) = issue_code(flows, &mut tx, client, &attempt, person).await?
    else {
        return Err(GONE);
    };
    tx.commit().await?;
    Ok(Step::Answer { response, cookie: Some(AttemptCookie::removed(attempt.id().clone())) })
}

/// Opens a grant in the caller's transaction and answers with its code, naming the grant; only the code's hash is stored.
/// Nothing when the request was pushed and answered before: then the caller commits none of this.
pub(crate) async fn issue_code<R>(
    flows: &Flows,
    tx: &mut Tx,
    client: &Client,
    attempt: &LoginAttempt,
    person: &SignedIn,
) -> Outcome<Option<(AuthorizationResponse, GrantId)>, R> {
    if !spend(flows, tx, attempt.request()).await?.is_won() {
        return Ok(None);
    }
    let grant = new_grant(flows, client, attempt, person)?;
    let secret = entropy::token(flows.entropy())?;
    let hash = flows.vault().hash_handle(Purpose::HandleHash, &code_handle(secret.expose()));
    grants::open(tx, &grant, &hash).await?;
    let code = CodeRequest::write_code(&grant.id, &secret);
    let answer = Answer::Code { code: code.expose(), state: attempt.request().state.as_deref() };
    let response = write(flows, Addressee::of(client, attempt), &answer)?;
    Ok(Some((response, grant.id)))
}

/// What is hashed for a code: the type is part of it, so that no other handle can pass for a code (TK-14).
pub(crate) fn code_handle(secret: &str) -> String {
    format!("code:{secret}")
}

/// What the application of an attempt is given, with a code that nobody has used.
pub(crate) fn new_grant<R>(
    flows: &Flows,
    client: &Client,
    attempt: &LoginAttempt,
    person: &SignedIn,
) -> Result<Grant, Stop<R>> {
    let (now, request) = (flows.now(), attempt.request());
    let code_lifetime = client.policy().profile.code_lifetime(flows.settings().lifetimes.code);
    Ok(Grant {
        id: GrantId::generate(now, flows.entropy())?,
        client_id: request.client_id.clone(),
        user_id: person.user.id.clone(),
        session_id: person.session.id.clone(),
        scopes: request.scopes,
        scopes_narrowed: request.scopes_narrowed,
        redirect_uri: request.redirect_uri.as_str().to_owned(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        auth_time: person.session.auth_time,
        wants_auth_time: request.max_age.is_some(),
        kind: person.session.kind,
        resources: request.resources.clone(),
        asked_claims: request.asked_claims.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        refresh: None,
        created_at: now,
        code_expires_at: now.plus(code_lifetime),
        code_used_at: None,
        access_revoked_at: None,
        revoked_at: None,
    })
}
