//! A registered application looks at itself, replaces what it said, or goes (RFC 7592 §2). Whoever shows the wrong token,
//! and whoever names a client that is not there, hears the same.

use magpie_domain::{Actor, AuditEvent, AuditFact, Client, ClientId, ClientSecrets, Timestamp};
use magpie_oidc::registration::{self, RegistrationFacts};
use magpie_store::registrations::{self, Registration};
use magpie_store::{StoreError, Tx, audit, clients, consents, grants};
use magpie_vault::generate;
use serde_json::{Map, Value};

use super::{RegistrationRefused, is_token, refuse, rules, sector};
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// What the application registered.
///
/// # Errors
/// [`RegistrationRefused`].
pub async fn show(
    flows: &Flows,
    id: &ClientId,
    authorization: Option<&str>,
) -> Outcome<Map<String, Value>, RegistrationRefused> {
    let (found, token) = of_token(flows, id, authorization).await?;
    Ok(told(flows, &found.client, found.since, (token, None)))
}

/// Puts what the application says now in the place of everything it said before.
///
/// # Errors
/// [`RegistrationRefused`]; nothing has changed then.
pub async fn replace(
    flows: &Flows,
    id: &ClientId,
    authorization: Option<&str>,
    body: &Map<String, Value>,
) -> Outcome<Map<String, Value>, RegistrationRefused> {
    let (before, token) = of_token(flows, id, authorization).await?;
    let is_secret = |text: &str| {
        flows.vault().is_client_secret(text, Some(before.client.secrets()), flows.now())
    };
    registration::may_replace(body, id, is_secret).map_err(refuse)?;
    let read = |before: &Client| registration::read(body, &rules(flows), Some(before));
    sector::check(flows, &read(&before.client).map_err(refuse)?).await?;
    let mut tx = flows.store().write().await?;
    let found = registrations::find_to_change(&mut tx, id).await?;
    let found = still(flows, found, token)?;
    // Read again over the client as it is now: an operator may have changed it meanwhile.
    let metadata = read(&found.client).map_err(refuse)?;
    let has_secret = found.client.secrets().current.is_some();
    let made = if metadata.needs_secret() && !has_secret {
        Some(generate::client_secret(flows.entropy())?)
    } else {
        None
    };
    let secrets = match &made {
        Some(made) => ClientSecrets::of(Some(flows.vault().hash_client_secret(made.expose()))),
        None if metadata.needs_secret() => *found.client.secrets(),
        None => ClientSecrets::default(),
    };
    let client = metadata.client(id.clone(), secrets).map_err(refuse)?;
    clients::update(&mut tx, &client).await?;
    disown(flows, &mut tx, &found.client, &client).await?;
    let fact = AuditFact::ClientChanged { client: id.clone() };
    let event = AuditEvent { at: flows.now(), actor: Actor::Client(id.clone()), fact };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    let kept = client.secrets().current.and(body.get("client_secret")).and_then(Value::as_str);
    let secret = made.as_ref().map(|made| made.expose()).or(kept);
    Ok(told(flows, &client, found.since, (token, secret)))
}

/// Forgets what people said yes to when they would see another application now: by its name, or by where they are sent.
/// In another sector they are other people, so what was granted ends: an old token must not tell who they are there.
async fn disown(
    flows: &Flows,
    tx: &mut Tx,
    before: &Client,
    after: &Client,
) -> Result<(), StoreError> {
    let moves = before.sector() != after.sector();
    if moves {
        grants::revoke_of_client(tx, after.id(), flows.now()).await?;
    }
    let is_another =
        before.name() != after.name() || before.redirect_uris() != after.redirect_uris();
    if moves || is_another {
        consents::forget_client(tx, after.id()).await?;
    }
    Ok(())
}

/// Ends the application: nobody signs in to it any more, and what it was granted ends with it.
///
/// # Errors
/// [`RegistrationRefused`]; nothing has ended then.
pub async fn remove(
    flows: &Flows,
    id: &ClientId,
    authorization: Option<&str>,
) -> Outcome<(), RegistrationRefused> {
    let (_before, token) = of_token(flows, id, authorization).await?;
    let mut tx = flows.store().write().await?;
    let found = registrations::find_to_change(&mut tx, id).await?;
    let found = still(flows, found, token)?;
    end(flows, &mut tx, &found).await?;
    let fact = AuditFact::ClientRemoved { client: id.clone() };
    let event = AuditEvent { at: flows.now(), actor: Actor::Client(id.clone()), fact };
    audit::append(&mut tx, &event).await?;
    tx.commit().await?;
    tracing::info!(client.id = %id, "an application ended its registration");
    Ok(())
}

/// Ends the client and what it was granted.
async fn end(flows: &Flows, tx: &mut Tx, found: &Registration) -> Result<(), StoreError> {
    let id = found.client.id();
    if found.unused {
        // Its place is taken for its time, or registering in a loop would cost nobody anything. Somebody may have said yes
        // all the same, and a code may be under way.
        registrations::retire(tx, id).await.map(drop)?;
    } else {
        clients::remove(tx, id).await?;
    }
    grants::revoke_of_client(tx, id, flows.now()).await?;
    consents::forget_client(tx, id).await.map(drop)
}

/// The client whose token is shown, and the token.
async fn of_token<'a>(
    flows: &Flows,
    id: &ClientId,
    authorization: Option<&'a str>,
) -> Outcome<(Registration, &'a str), RegistrationRefused> {
    let token = registration::presented(authorization)
        .ok_or(Stop::Refused(RegistrationRefused::NoToken))?;
    let mut tx = flows.store().read().await?;
    let found = registrations::find(&mut tx, id).await?;
    Ok((still(flows, found, token)?, token))
}

/// The registration, if it is there for this token: enabled, and not hidden by a declared client of the same id.
fn still(
    flows: &Flows,
    found: Option<Registration>,
    token: &str,
) -> Result<Registration, Stop<RegistrationRefused>> {
    let is_declared = |client: &Client| flows.settings().declared_client(client.id()).is_some();
    found
        .filter(|found| found.client.is_enabled() && !is_declared(&found.client))
        .filter(|found| is_token(flows, token, &found.token))
        .ok_or(Stop::Refused(RegistrationRefused::WrongToken))
}

/// `shown` are the token and, where we have it, the secret.
fn told(
    flows: &Flows,
    client: &Client,
    since: Timestamp,
    shown: (&str, Option<&str>),
) -> Map<String, Value> {
    let (token, secret) = shown;
    let default_algorithm = flows.settings().algorithm;
    let facts =
        RegistrationFacts { issuer: flows.issuer(), default_algorithm, since, token, secret };
    registration::document(client, &facts)
}
