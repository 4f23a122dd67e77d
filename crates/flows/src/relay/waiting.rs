//! The desktops that this process keeps waiting, and one task that looks for all of them: one query a second, however
//! many wait, and none while nobody does. What a phone answered at another replica is found by the same query.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use magpie_domain::RelayId;
use magpie_store::{StoreError, relay_tickets};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::context::Flows;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);
/// Most desktops that one process keeps waiting; others ask from time to time (law 12).
const MOST_WAITING: usize = 20_000;
/// Most windows of one desktop.
const MOST_WINDOWS: usize = 2;

/// Who waits in this process.
#[derive(Debug, Default)]
pub struct Waiting {
    desks: Mutex<Desks>,
    windows: Arc<AtomicUsize>,
    somebody: Notify,
}

#[derive(Debug, Default)]
struct Desks {
    by_ticket: HashMap<RelayId, Vec<oneshot::Sender<()>>>,
    closed: bool,
}

/// Ready with true when the phone has answered, and with false when this process ends.
#[derive(Debug)]
pub struct Woken {
    word: oneshot::Receiver<()>,
    _window: Window,
}

/// Counts one window for as long as it is open.
#[derive(Debug)]
struct Window(Arc<AtomicUsize>);

impl Window {
    fn open(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(all))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Future for Woken {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        Pin::new(&mut self.word).poll(context).map(|woken| woken.is_ok())
    }
}

impl Waiting {
    /// Waits for the answer to a ticket; nothing when too many wait already.
    pub(super) fn join(&self, ticket: &RelayId) -> Option<Woken> {
        let mut desks = self.desks();
        let known = desks.by_ticket.contains_key(ticket);
        if desks.closed || (!known && desks.by_ticket.len() >= MOST_WAITING) {
            return None;
        }
        let windows = desks.by_ticket.entry(ticket.clone()).or_default();
        windows.retain(|window| !window.is_closed());
        if windows.len() >= MOST_WINDOWS {
            return None;
        }
        let (sender, word) = oneshot::channel();
        windows.push(sender);
        drop(desks);
        self.somebody.notify_one();
        Some(Woken { word, _window: Window::open(&self.windows) })
    }

    /// The phone has answered.
    pub(super) fn wake(&self, ticket: &RelayId) {
        let windows = self.desks().by_ticket.remove(ticket);
        for window in windows.unwrap_or_default() {
            // Whoever left needs no waking.
            let _left = window.send(());
        }
    }

    /// How many desktops wait; who has left is counted for a second more.
    #[must_use]
    pub fn desktops(&self) -> usize {
        self.desks().by_ticket.len()
    }

    /// How many windows of theirs are open, each of which holds a connection.
    #[must_use]
    pub fn windows(&self) -> usize {
        self.windows.load(Ordering::Relaxed)
    }

    /// Forgets those who left; whether anybody is still there.
    fn tidy(&self) -> bool {
        let mut desks = self.desks();
        desks.by_ticket.retain(|_, windows| {
            windows.retain(|window| !window.is_closed());
            !windows.is_empty()
        });
        !desks.by_ticket.is_empty()
    }

    /// Lets everybody go, to wait elsewhere.
    fn close(&self) {
        let mut desks = self.desks();
        desks.closed = true;
        desks.by_ticket.clear();
    }

    fn desks(&self) -> MutexGuard<'_, Desks> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks for everybody who waits, until `stop`.
pub(crate) async fn run_watch(flows: Flows, stop: CancellationToken) {
    stop.run_until_cancelled(look_for_ever(&flows)).await;
    flows.waiting().close();
}

async fn look_for_ever(flows: &Flows) {
    loop {
        flows.waiting().somebody.notified().await;
        while flows.waiting().tidy() {
            tokio::time::sleep(LOOK).await;
            look(flows).await;
        }
    }
}

async fn look(flows: &Flows) {
    match answered(flows).await {
        Ok(tickets) => tickets.iter().for_each(|ticket| flows.waiting().wake(ticket)),
        Err(error) => {
            tracing::warn!(%error, "nobody looks after the desktops that wait for a phone; each asks for itself meanwhile");
        }
    }
}

async fn answered(flows: &Flows) -> Result<Vec<RelayId>, StoreError> {
    let mut tx = flows.store().read().await?;
    relay_tickets::answered(&mut tx, flows.now()).await
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::sample_ticket;

    use super::*;

    /// Law 12.
    #[tokio::test]
    async fn so_many_wait_and_no_more_and_who_leaves_makes_room() {
        let waiting = Waiting::default();
        let ticket = sample_ticket(1).id;
        let (one, two) = (waiting.join(&ticket), waiting.join(&ticket));
        assert!(two.is_some() && waiting.join(&ticket).is_none(), "two windows");
        drop(one);
        assert!(waiting.join(&ticket).is_some());
        assert_eq!((waiting.desktops(), waiting.windows()), (1, 1));
        drop(two);
        assert_eq!(waiting.windows(), 0);
        let others: Vec<_> = (2..=20_000).map(|n| waiting.join(&sample_ticket(n).id)).collect();
        assert!(others.iter().all(Option::is_some));
        assert!(waiting.join(&sample_ticket(30_000).id).is_none());
        drop(others);
        assert!(!waiting.tidy());
        assert!(waiting.join(&sample_ticket(30_000).id).is_some());
    }

    #[tokio::test]
    async fn who_waits_is_woken_once_or_let_go_at_the_end() {
        let waiting = Waiting::default();
        let (one, two) = (sample_ticket(1).id, sample_ticket(2).id);
        let (first, second) = (waiting.join(&one).unwrap(), waiting.join(&two).unwrap());
        waiting.wake(&one);
        waiting.wake(&one);
        assert!(first.await);
        waiting.close();
        assert!(!second.await);
        assert!(waiting.join(&one).is_none());
    }
}
