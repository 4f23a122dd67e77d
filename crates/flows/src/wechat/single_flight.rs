//! One exchange a claim within this process; everybody else who holds the cookie waits for it.
//! Across replicas the claim row does the same. A flight goes on without its browser, so their number has a limit of
//! its own (law 12).

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use magpie_domain::ClaimKey;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::Landing;
use crate::outcome::{Incident, Inconsistent};

/// What a flight came to; an incident is shared by all who waited.
type Flown = Result<Option<Landing>, Arc<Incident>>;
type Running = watch::Receiver<Option<Flown>>;

/// Most exchanges at a time: those that call WeChat, and some that wait for a place or another replica.
const MOST_FLIGHTS: usize = 600;

/// The exchanges that run in this process.
#[derive(Debug, Default)]
pub(crate) struct SingleFlight {
    running: Mutex<HashMap<ClaimKey, Running>>,
}

impl SingleFlight {
    /// Joins the flight of `key`, or starts `flight` as a task of its own: the browser that started it may hang up
    /// (WeChat's older browser aborts the first of its two redirects), the exchange goes on.
    pub(crate) async fn join<F>(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        key: ClaimKey,
        flight: impl FnOnce() -> F,
    ) -> Flown
    where
        F: Future<Output = Result<Option<Landing>, Incident>> + Send + 'static,
    {
        let busy = || {
            Err(Arc::new(Incident::new(Inconsistent("too many logins come back at once"), true)))
        };
        let Some(mut receiver) = self.enter(tasks, key, flight) else { return busy() };
        let landed =
            receiver.wait_for(Option::is_some).await.ok().and_then(|flown| (*flown).clone());
        landed.unwrap_or_else(|| {
            let lost = Inconsistent("an exchange ended without an outcome");
            Err(Arc::new(Incident::new(lost, true)))
        })
    }

    fn enter<F>(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        key: ClaimKey,
        flight: impl FnOnce() -> F,
    ) -> Option<Running>
    where
        F: Future<Output = Result<Option<Landing>, Incident>> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = running.get(&key) {
            return Some(receiver.clone());
        }
        if running.len() >= MOST_FLIGHTS {
            return None;
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key.clone(), receiver.clone());
        drop(running);
        let (flights, flight) = (Arc::clone(self), flight());
        tasks.spawn(async move {
            // Removed even when the flight panics, so that the key does not stay for ever.
            let _leaving = Leaving { flights, key };
            let flown = flight.await.map_err(Arc::new);
            sender.send_replace(Some(flown));
        });
        Some(receiver)
    }
}

/// Takes a key out of the map when its flight ends, however it ends.
struct Leaving {
    flights: Arc<SingleFlight>,
    key: ClaimKey,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.flights.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
