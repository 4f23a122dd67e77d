//! What goes on without anybody asking: keys are tended, dead rows are swept, pictures are fetched, applications are told of
//! logouts, desktops are looked after that wait for a phone. One task each, ended by a token.

use std::time::Duration;

use magpie_domain::{Lifetime, Timestamp};
use magpie_store::StoreError;
use magpie_store::purge::{self, Retention};
use tokio_util::sync::CancellationToken;

use crate::avatars;
use crate::context::Flows;
use crate::keys;
use crate::logout;
use crate::outcome::Stop;
use crate::registration;
use crate::relay;

/// How often keys are looked at: a key that was replaced in an emergency must not sign on elsewhere (KY-05).
const TEND_KEYS: Duration = Duration::from_secs(5);
/// How often dead rows are swept.
const SWEEP: Duration = Duration::from_secs(60);
/// How often the grants are looked at that were passed over because their refresh token lived.
const LOOK_AGAIN: Lifetime = Lifetime::from_hours(24);

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
        let mut swept = Swept::default();
        while waited(&sweep_stop, SWEEP).await {
            if let Err(error) = sweep(&sweep_flows, &mut swept).await {
                tracing::warn!(%error, "dead rows could not be swept; trying again in a minute");
            }
        }
    });
    flows.tasks().spawn(avatars::run(flows.clone(), stop.clone()));
    flows.tasks().spawn(logout::run_deliveries(flows.clone(), stop.clone()));
    flows.tasks().spawn(relay::run_watch(flows.clone(), stop.clone()));
}

/// Waits; false when it is time to end.
async fn waited(stop: &CancellationToken, span: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(span) => true,
    }
}

/// What this process has looked at; another one looks for itself.
#[derive(Debug, Default)]
struct Swept {
    /// When a sweep last went through.
    last: Option<Timestamp>,
    /// When one last looked at every grant.
    whole: Option<Timestamp>,
}

/// Removes what nothing can need any more: sessions past their absolute end, grants past every token of theirs,
/// applications that registered themselves for nobody.
async fn sweep(flows: &Flows, swept: &mut Swept) -> Result<(), StoreError> {
    let (lifetimes, now) = (flows.settings().lifetimes, flows.now());
    let usual = Retention::default();
    let retention = Retention {
        sessions: usual.sessions.max(lifetimes.session.absolute),
        // A logout tells every application that the session led to, so its grants are kept as long as it may live.
        grants: usual.grants.max(lifetimes.access_token).max(lifetimes.session.absolute),
        ..usual
    };
    let recent = swept.whole.is_some_and(|whole| now.since(whole) < LOOK_AGAIN);
    match swept.last.filter(|_| recent) {
        Some(last) => purge::since(flows.store(), retention, last, now).await.map(drop)?,
        None => {
            purge::beyond(flows.store(), retention, now).await.map(drop)?;
            swept.whole = Some(now);
        }
    }
    swept.last = Some(now);
    registration::sweep(flows).await
}
