//! `magpie migrate`: brings the database up to date, or says whether it is.
//! The server does this itself for SQLite; with replicas on PostgreSQL an operator may want to choose the moment.

use serde_json::json;

use super::{Failure, Invocation};
use crate::wire;

/// Runs the migrations, or with `only_status` checks that none is missing.
pub(super) async fn run(invocation: &Invocation, only_status: bool) -> Result<(), Failure> {
    let config = invocation.load()?;
    let store = wire::store(&config, !only_status).await.map_err(Failure::new)?;
    let outcome = if only_status { store.check_schema().await } else { store.migrate().await };
    store.close().await;
    outcome.map_err(Failure::new)?;
    invocation.answer("The database is up to date.", &json!({ "up_to_date": true }));
    Ok(())
}
