//! What becomes of applications that registered unasked: the first person who signs in to one keeps it, and those that
//! nobody signed in to are swept.

use magpie_domain::{Actor, AuditEvent, AuditFact, Client};
use magpie_store::{StoreError, audit, registrations};

use crate::context::Flows;

/// Writes down that somebody signs in to the client, once; nothing for a client that did not register itself.
pub(crate) async fn note_use(flows: &Flows, client: &Client) -> Result<(), StoreError> {
    if !client.policy().self_registered {
        return Ok(());
    }
    let mut tx = flows.store().read().await?;
    let unused = registrations::is_unused(&mut tx, client.id()).await?;
    drop(tx);
    if unused {
        let mut tx = flows.store().write_single().await?;
        if registrations::keep(&mut tx, client.id()).await?.is_won() {
            tracing::info!(client.id = %client.id(), "a registered application signed somebody in for the first time");
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Removes those whose time is over, a hundred in a transaction, each with its audit row.
pub(crate) async fn sweep(flows: &Flows) -> Result<(), StoreError> {
    let now = flows.now();
    loop {
        let mut tx = flows.store().read().await?;
        let unused = registrations::count(&mut tx).await?.unused;
        drop(tx);
        if unused == 0 {
            return Ok(());
        }
        let mut tx = flows.store().write().await?;
        let removed = registrations::remove_unused(&mut tx, now).await?;
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
