//! The files by which WeChat and WeCom see that a host is the operator's (wechat.md §1.6), as an administrator adds them to
//! a house that runs: every replica serves them at once, and the configuration's own stay as they are.

use magpie_domain::{Actor, AuditEvent, AuditFact};
use magpie_store::{StoreError, audit, verification_files as rows};
use magpie_wechat::verification_file::{self, VerificationFile};

use crate::context::Flows;

/// Keeps a file, in place of one of the same name, with its audit row (law 11).
///
/// # Errors
/// Only breakages.
pub async fn add(flows: &Flows, file: &VerificationFile) -> Result<(), StoreError> {
    let mut tx = flows.store().write().await?;
    rows::put(&mut tx, (file.name(), file.body()), flows.now()).await?;
    let fact = AuditFact::VerificationFileAdded { name: file.name().to_owned() };
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor: Actor::Operator, fact }).await?;
    tx.commit().await
}

/// Removes a file with its audit row; whether it was there.
///
/// # Errors
/// Only breakages.
pub async fn remove(flows: &Flows, name: &str) -> Result<bool, StoreError> {
    let mut tx = flows.store().write().await?;
    if !rows::remove(&mut tx, name).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let fact = AuditFact::VerificationFileRemoved { name: name.to_owned() };
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor: Actor::Operator, fact }).await?;
    tx.commit().await?;
    Ok(true)
}

/// All that were added, names and bodies, by name.
///
/// # Errors
/// Only breakages.
pub async fn list(flows: &Flows) -> Result<Vec<(String, String)>, StoreError> {
    let mut tx = flows.store().read().await?;
    rows::list(&mut tx).await
}

/// What stands in the added file of that very name. A name that no such file has is not looked up.
///
/// # Errors
/// Only breakages.
pub async fn body(flows: &Flows, name: &str) -> Result<Option<String>, StoreError> {
    if !verification_file::is_name(name) {
        return Ok(None);
    }
    let mut tx = flows.store().read().await?;
    rows::body(&mut tx, name).await
}
