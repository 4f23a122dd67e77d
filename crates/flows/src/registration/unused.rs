//! What becomes of applications that registered unasked: each sign-in of a person keeps one for a season, and those that
//! nobody signed in to for so long, or ever, are swept.

use magpie_domain::{Actor, AuditEvent, AuditFact, Client, Lifetime};
use magpie_store::{StoreError, audit, consents, grants, registrations};

use crate::context::Flows;

/// How long a use keeps a client: a quarter of a year, so that one whose people come once a season stays, while whoever
/// filled the places with one account has to come again for each.
const KEPT_FOR: Lifetime = Lifetime::from_days(90);
/// How often a use is written down.
const NOTED_EVERY: Lifetime = Lifetime::from_days(1);

/// Writes down that somebody signs in to the client, at most daily; nothing for a client that did not register itself
/// unasked.
pub(crate) async fn note_use(flows: &Flows, client: &Client) -> Result<(), StoreError> {
    if !client.policy().self_registered {
        return Ok(());
    }
    let until = flows.now().plus(KEPT_FOR);
    let early = until.minus(NOTED_EVERY);
    let mut tx = flows.store().read().await?;
    let wants_note = registrations::wants_note(&mut tx, client.id(), early).await?;
    drop(tx);
    if wants_note {
        let mut tx = flows.store().write_single().await?;
        if registrations::keep(&mut tx, client.id(), until, early).await?.is_won() {
            tracing::info!(client.id = %client.id(), "a registered application is in use and stays for a season");
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Removes those whose time is over with what they were granted, a hundred in a transaction, each with its audit row.
pub(crate) async fn sweep(flows: &Flows) -> Result<(), StoreError> {
    let now = flows.now();
    loop {
        let mut tx = flows.store().read().await?;
        let is_any_over = registrations::is_any_over(&mut tx, now).await?;
        drop(tx);
        if !is_any_over {
            return Ok(());
        }
        let mut tx = flows.store().write().await?;
        let removed = registrations::remove_unused(&mut tx, now).await?;
        grants::revoke_of_clients(&mut tx, &removed, now).await?;
        consents::forget_clients(&mut tx, &removed).await?;
        for client in &removed {
            let fact = AuditFact::ClientRemoved { client: client.clone() };
            let event = AuditEvent { at: now, actor: Actor::System, fact };
            audit::append(&mut tx, &event).await?;
        }
        tx.commit().await?;
        if removed.len() < registrations::BATCH {
            return Ok(());
        }
    }
}
