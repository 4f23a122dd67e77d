//! What goes on without anybody asking: keys are tended, dead rows are swept, applications are told of logouts. One task each, ended by a token.

use std::time::Duration;

use magpie_store::StoreError;
use magpie_store::purge::{self, Retention};
use tokio_util::sync::CancellationToken;

use crate::context::Flows;
use crate::keys;
use crate::logout;
use crate::outcome::Stop;

/// How often keys are looked at: a key that was replaced in an emergency must not sign on elsewhere (KY-05).
const TEND_KEYS: Duration = Duration::from_secs(5);
/// How often dead rows are swept.
const SWEEP: Duration = Duration::from_secs(60);

/// Starts the jobs; they end when `stop` is cancelled.
pub fn start(flows: &Flows, stop: &CancellationToken) {
    let (keys_flows, keys_stop) = (flows.clone(), stop.clone());
    flows.tasks().spawn(async move {
        while waited(&keys_stop, TEND_KEYS).await {
            if let Err(Stop::Broken(incident)) = keys::tend(&keys_flows).await {
                tracing::error!(causes = incident.causes(), place = %incident.place(), "the signing keys could not be tended; the known ones stay in use");
            }
        }
    });
    let (sweep_flows, sweep_stop) = (flows.clone(), stop.clone());
    flows.tasks().spawn(async move {
        while waited(&sweep_stop, SWEEP).await {
            if let Err(error) = sweep(&sweep_flows).await {
                tracing::warn!(%error, "dead rows could not be swept; trying again in a minute");
            }
        }
    });
    flows.tasks().spawn(logout::run_deliveries(flows.clone(), stop.clone()));
}

/// Waits; false when it is time to end.
async fn waited(stop: &CancellationToken, span: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(span) => true,
    }
}

/// Removes what nothing can need any more: sessions past their absolute end, grants past every token of theirs.
async fn sweep(flows: &Flows) -> Result<(), StoreError> {
    let lifetimes = flows.settings().lifetimes;
    let usual = Retention::default();
    let retention = Retention {
        sessions: usual.sessions.max(lifetimes.session.absolute),
        // A logout tells every application that the session led to, so its grants are kept as long as it may live.
        grants: usual.grants.max(lifetimes.access_token).max(lifetimes.session.absolute),
        ..usual
    };
    purge::beyond(flows.store(), retention, flows.now()).await.map(drop)
}
