//! What the administrative commands work on: the configured database and keys, without listeners.

use std::sync::Arc;

use magpie_flows::{Flows, Stop};

use super::{Failure, Invocation};
use crate::metrics::Metrics;
use crate::wire;

/// Opens the configured house beside a server that may be running. The database must be there and up to date.
pub(super) async fn open(invocation: &Invocation) -> Result<Flows, Failure> {
    let config = invocation.load()?;
    let store = wire::store(&config, false).await.map_err(Failure::new)?;
    store.check_schema().await.map_err(Failure::new)?;
    wire::flows(&config, store, &Arc::new(Metrics::default())).map_err(Failure::new)
}

/// A refusal in its own words, a breakage with its causes: whoever is at the command line may see them.
pub(super) fn failure<R: std::fmt::Display>(stop: Stop<R>) -> Failure {
    match stop {
        Stop::Refused(refused) => Failure::new(refused),
        Stop::Broken(incident) => Failure::new(incident.causes()),
    }
}
