//! The person's answer on the phone. It counts on our own page, in the session that this very attempt brought from
//! WeChat; everything else only ends the attempt, and the desktop waits on.

use magpie_domain::relay::MOST_WRONG;
use magpie_domain::{
    Actor, AuditEvent, AuditFact, Client, LoginAttempt, MatchNumber, RelayHandle, Timestamp,
};
use magpie_oidc::paths::{self, RelayEnd};
use magpie_oidc::response_mode::AuthorizationResponse;
use magpie_store::{Once, StoreError, Tx, audit, relay_tickets};

use super::phone::question;
use crate::attempt_cookie::AttemptCookie;
use crate::authorize::{LoginRefused, Resumption, Step};
use crate::browser_session::SignedIn;
use crate::clients;
use crate::context::Flows;
use crate::form_token::Form;
use crate::logout::signed_in;
use crate::outcome::Outcome;

/// Where the phone ends: on a page of ours, which says how it came out.
pub(crate) fn end(flows: &Flows, end: RelayEnd) -> AuthorizationResponse {
    AuthorizationResponse::Redirect { location: flows.issuer().join(&paths::relay_end(end)) }
}

/// The same as a step, which ends the attempt.
pub(super) fn over(flows: &Flows, attempt: &LoginAttempt, how: RelayEnd) -> Step {
    let cookie = Some(AttemptCookie::removed(attempt.id().clone()));
    Step::Answer { response: end(flows, how), cookie }
}

/// Who answers: the person that this attempt brought from WeChat and then asked, by the form of the page.
async fn who_answers(
    flows: &Flows,
    attempt: &LoginAttempt,
    resumption: &Resumption<'_>,
) -> Outcome<Option<SignedIn>, LoginRefused> {
    let person = signed_in::<LoginRefused>(flows, resumption.visitor.session).await?;
    Ok(person.filter(|person| {
        let session = &person.session.id;
        attempt.asked_session() == Some(session)
            && attempt.arrived_session() == Some(session)
            && Form::Relay.is_shown(flows.vault(), session, resumption.form_token)
    }))
}

/// The person chose a number.
pub(crate) async fn choose(
    flows: &Flows,
    attempt: LoginAttempt,
    handle: &RelayHandle,
    number: MatchNumber,
    resumption: &Resumption<'_>,
) -> Outcome<Step, LoginRefused> {
    let Some(person) = who_answers(flows, &attempt, resumption).await? else {
        return Ok(over(flows, &attempt, RelayEnd::Stopped));
    };
    let Some(client) = clients::find_answerable(flows, attempt.request()).await? else {
        return Ok(over(flows, &attempt, RelayEnd::Stopped));
    };
    if approve(flows, handle, number, &person, &client).await? {
        return Ok(over(flows, &attempt, RelayEnd::Approved));
    }
    count_wrong(flows, attempt, handle, &client, person).await
}

/// The right number, in time and first: the desktop may go on.
async fn approve(
    flows: &Flows,
    handle: &RelayHandle,
    number: MatchNumber,
    person: &SignedIn,
    client: &Client,
) -> Outcome<bool, LoginRefused> {
    let (user, now) = (person.user.id.clone(), flows.now());
    let who = (&user, person.session.auth_time);
    let mut tx = flows.store().write().await?;
    if !relay_tickets::approve(&mut tx, &handle.ticket, number, who, now).await?.is_won() {
        tx.rollback().await?;
        return Ok(false);
    }
    let fact = AuditFact::RelayApproved { user, client: client.id().clone() };
    note(&mut tx, fact, person, now).await?;
    tx.commit().await?;
    flows.waiting().wake(&handle.ticket);
    Ok(true)
}

/// Another number, or too late: asks once more while there is something to answer.
async fn count_wrong(
    flows: &Flows,
    attempt: LoginAttempt,
    handle: &RelayHandle,
    client: &Client,
    person: SignedIn,
) -> Outcome<Step, LoginRefused> {
    let now = flows.now();
    let mut tx = flows.store().write().await?;
    let Once::Won(wrong) = relay_tickets::wrong_number(&mut tx, &handle.ticket, now).await? else {
        tx.rollback().await?;
        return Ok(over(flows, &attempt, RelayEnd::Late));
    };
    if wrong < MOST_WRONG {
        tx.commit().await?;
        return question(flows, attempt, handle, client, person).await;
    }
    let (user, client) = (person.user.id.clone(), client.id().clone());
    note(&mut tx, AuditFact::RelayRefused { user, client }, &person, now).await?;
    tx.commit().await?;
    flows.waiting().wake(&handle.ticket);
    tracing::warn!("a desktop's code was cancelled after too many wrong numbers");
    Ok(over(flows, &attempt, RelayEnd::WrongNumbers))
}

/// The person says that it was not them. From a browser in which nobody was asked it only ends the attempt: whoever
/// photographs a code could refuse in its person's name otherwise.
pub(crate) async fn refuse(
    flows: &Flows,
    attempt: &LoginAttempt,
    handle: &RelayHandle,
    resumption: &Resumption<'_>,
) -> Outcome<Step, LoginRefused> {
    let Some(person) = who_answers(flows, attempt, resumption).await? else {
        return Ok(over(flows, attempt, RelayEnd::Stopped));
    };
    let now = flows.now();
    let mut tx = flows.store().write().await?;
    if !relay_tickets::refuse(&mut tx, &handle.ticket, now).await?.is_won() {
        tx.rollback().await?;
        return Ok(over(flows, attempt, RelayEnd::Late));
    }
    let (user, client) = (person.user.id.clone(), attempt.request().client_id.clone());
    note(&mut tx, AuditFact::RelayRefused { user, client }, &person, now).await?;
    tx.commit().await?;
    flows.waiting().wake(&handle.ticket);
    tracing::warn!("somebody on a phone says that they did not start a desktop's sign-in");
    Ok(over(flows, attempt, RelayEnd::Refused))
}

async fn note(
    tx: &mut Tx,
    fact: AuditFact,
    person: &SignedIn,
    at: Timestamp,
) -> Result<(), StoreError> {
    let actor = Actor::Person(person.user.id.clone());
    audit::append(tx, &AuditEvent { at, actor, fact }).await
}
