//! The person's answer for a device. A yes opens the grant that the device code then takes, in one commit with the
//! answer itself; a no is written down only for somebody who is signed in and answers on our own page (law 1).

use magpie_domain::{
    Actor, AuditEvent, AuditFact, Client, DeviceHandle, Grant, LoginAttempt, Timestamp,
};
use magpie_oidc::paths::{self, DeviceEnd};
use magpie_oidc::response_mode::AuthorizationResponse;
use magpie_store::devices::{self, Allowed};
use magpie_store::{Once, StoreError, Tx, audit, grants, sessions};

use crate::attempt_cookie::AttemptCookie;
use crate::authorize::{LoginRefused, Resumption, Step, new_grant, remember_yes};
use crate::browser_session::SignedIn;
use crate::context::Flows;
use crate::form_token::Form;
use crate::logout::signed_in;
use crate::outcome::Outcome;

/// Where the browser ends: on a page of ours, which says how it came out.
pub(crate) fn end(flows: &Flows, end: DeviceEnd) -> AuthorizationResponse {
    AuthorizationResponse::Redirect { location: flows.issuer().join(&paths::device_end(end)) }
}

/// The same as a step, which ends the attempt.
fn over(flows: &Flows, attempt: &LoginAttempt, how: DeviceEnd) -> Step {
    let cookie = Some(AttemptCookie::removed(attempt.id().clone()));
    Step::Answer { response: end(flows, how), cookie }
}

/// Whether a yes may count: a phone says a number and never just yes, an application's page needs no more than the attempt's cookie, a device's page has a token,
/// made for the session whose person was asked.
pub(crate) fn is_own_form(flows: &Flows, attempt: &LoginAttempt, token: Option<&str>) -> bool {
    let is_shown = |session| Form::Device.is_shown(flows.vault(), session, token);
    let asks_ours = attempt.request().device.is_some() || attempt.request().relay.is_some();
    !asks_ours || attempt.asked_session().is_some_and(is_shown)
}

/// The person's yes: what the device may fetch from now on.
pub(crate) async fn allow(
    flows: &Flows,
    attempt: &LoginAttempt,
    handle: &DeviceHandle,
    client: &Client,
    person: &SignedIn,
) -> Outcome<Step, LoginRefused> {
    let now = flows.now();
    let grant = new_grant(flows, client, attempt, person)?;
    let mut tx = flows.store().write().await?;
    let Once::Won(allowed) = devices::allow(&mut tx, &handle.id, &grant.id, now).await? else {
        return Ok(over(flows, attempt, DeviceEnd::Late));
    };
    let Allowed { secret_hash, resources, expires_at } = allowed;
    // The device code takes the place of a code that a browser carries: it opens the grant and nothing else does.
    let redirect_uri = String::new();
    let grant = Grant { resources, redirect_uri, code_expires_at: expires_at, ..grant };
    grants::open(&mut tx, &grant, &secret_hash).await?;
    // A client whose people are asked once has been answered by this, too.
    remember_yes(&mut tx, client, attempt, &grant.user_id, now).await?;
    if person.session.wants_touch(now) {
        sessions::touch(&mut tx, &person.session.id, now).await?;
    }
    let (user, client) = (grant.user_id, grant.client_id);
    note(&mut tx, AuditFact::DeviceAllowed { user, client, grant: grant.id }, person, now).await?;
    tx.commit().await?;
    Ok(over(flows, attempt, DeviceEnd::Allowed))
}

/// The person's no. From a browser in which nobody was asked it only ends the attempt: whoever knows a code could
/// refuse in its person's name otherwise.
pub(crate) async fn refuse(
    flows: &Flows,
    attempt: &LoginAttempt,
    resumption: &Resumption<'_>,
) -> Outcome<Step, LoginRefused> {
    let person = signed_in::<LoginRefused>(flows, resumption.visitor.session).await?;
    let asked = person.filter(|person| attempt.asked_session() == Some(&person.session.id));
    let is_ours = is_own_form(flows, attempt, resumption.form_token);
    let (Some(person), Some(handle), true) = (asked, &attempt.request().device, is_ours) else {
        return Ok(over(flows, attempt, DeviceEnd::Stopped));
    };
    let now = flows.now();
    let mut tx = flows.store().write().await?;
    if !devices::refuse(&mut tx, &handle.id, now).await?.is_won() {
        return Ok(over(flows, attempt, DeviceEnd::Late));
    }
    let (user, client) = (person.user.id.clone(), attempt.request().client_id.clone());
    note(&mut tx, AuditFact::DeviceRefused { user, client }, &person, now).await?;
    tx.commit().await?;
    Ok(over(flows, attempt, DeviceEnd::Refused))
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
