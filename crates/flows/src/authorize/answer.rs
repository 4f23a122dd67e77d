//! The answer to the application: a code, or the refusal it may hear of.

use magpie_domain::{
    Actor, AuditEvent, AuditFact, Client, ConsentPolicy, Grant, GrantId, LoginAttempt, entropy,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::authorization_code::CodeRequest;
use magpie_oidc::response_mode::{self, Answer, AuthorizationResponse};
use magpie_store::{Tx, audit, consents, grants, sessions};
use magpie_vault::Purpose;

use super::LoginRefused;
use super::next::Step;
use crate::attempt_cookie::AttemptCookie;
use crate::browser_session::SignedIn;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// Tells the application no, and ends the attempt.
pub(crate) fn refuse(flows: &Flows, attempt: &LoginAttempt, error: &OAuthError) -> Step {
    let response = refusal(flows, attempt, error);
    Step::Answer { response, cookie: Some(AttemptCookie::removed(attempt.id().clone())) }
}

/// The refusal in the response mode of the request.
pub(crate) fn refusal(
    flows: &Flows,
    attempt: &LoginAttempt,
    error: &OAuthError,
) -> AuthorizationResponse {
    let request = attempt.request();
    let answer = Answer::Error { error, state: request.state.as_deref() };
    response_mode::render(flows.issuer(), &request.redirect_uri, request.response_mode, &answer)
}

/// Gives the application a code for somebody who is signed in already, and ends the attempt.
pub(super) async fn release(
    flows: &Flows,
    attempt: LoginAttempt,
    client: &Client,
    person: &SignedIn,
    consented: bool,
) -> Outcome<Step, LoginRefused> {
    let now = flows.now();
    let mut tx = flows.store().write().await?;
    if consented && client.policy().consent == ConsentPolicy::Explicit {
        consents::record(&mut tx, &person.user.id, client.id(), attempt.request().scopes, now)
            .await?;
        let fact =
            AuditFact::ConsentGiven { user: person.user.id.clone(), client: client.id().clone() };
        let actor = Actor::Person(person.user.id.clone());
        audit::append(&mut tx, &AuditEvent { at: now, actor, fact }).await?;
    }
    if person.session.wants_touch(now) {
        sessions::touch(&mut tx, &person.session.id, now).await?;
    }
    let (response, _grant) = issue_code(flows, &mut tx, &attempt, person).await?;
    tx.commit().await?;
    Ok(Step::Answer { response, cookie: Some(AttemptCookie::removed(attempt.id().clone())) })
}

/// Opens a grant in the caller's transaction and answers with its code, naming the grant; only the code's hash is stored.
pub(crate) async fn issue_code<R>(
    flows: &Flows,
    tx: &mut Tx,
    attempt: &LoginAttempt,
    person: &SignedIn,
) -> Outcome<(AuthorizationResponse, GrantId), R> {
    let grant = new_grant(flows, attempt, person)?;
    let secret = entropy::token(flows.entropy())?;
    let hash = flows.vault().hash_handle(Purpose::HandleHash, &code_handle(secret.expose()));
    grants::open(tx, &grant, &hash).await?;
    let code = CodeRequest::write_code(&grant.id, &secret);
    let request = attempt.request();
    let answer = Answer::Code { code: code.expose(), state: request.state.as_deref() };
    let response = response_mode::render(
        flows.issuer(),
        &request.redirect_uri,
        request.response_mode,
        &answer,
    );
    Ok((response, grant.id))
}

/// What is hashed for a code: the type is part of it, so that no other handle can pass for a code (TK-14).
pub(crate) fn code_handle(secret: &str) -> String {
    format!("code:{secret}")
}

fn new_grant<R>(
    flows: &Flows,
    attempt: &LoginAttempt,
    person: &SignedIn,
) -> Result<Grant, Stop<R>> {
    let (now, request) = (flows.now(), attempt.request());
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
        code_expires_at: now.plus(flows.settings().lifetimes.code),
        code_used_at: None,
        revoked_at: None,
    })
}
