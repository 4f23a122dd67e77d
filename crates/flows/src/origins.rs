//! Which pages may read what we answer to applications (Fetch, CORS): those whose origin the calling application
//! registered. An index of the origins is kept in memory, for a preflight comes from anybody and names no application:
//! strangers cause one read in five seconds at most, whatever they send, and what they send is never kept (law 12).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use magpie_domain::{Client, ClientId, Lifetime, Timestamp};
use magpie_store::{StoreError, clients};

use crate::context::Flows;

/// How old the index may be: an origin that an operator registers or takes away counts after so long on every replica.
const FRESH: Lifetime = Lifetime::from_seconds(5);

/// Whether a page of this origin may ask at all: any application registered it.
pub async fn is_registered(flows: &Flows, origin: &str) -> bool {
    index(flows).await.contains_key(origin)
}

/// Whether a page of this origin may read an answer to this application: it registered the origin itself.
pub async fn is_of_client(flows: &Flows, origin: &str, client: &ClientId) -> bool {
    index(flows).await.get(origin).is_some_and(|clients| clients.contains(client))
}

/// Every registered origin and who registered it. Origins are compared byte by byte, as browsers write them (RFC 6454).
type Index = BTreeMap<String, BTreeSet<ClientId>>;

/// The index as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    known: Mutex<Known>,
    /// Whoever holds it reads.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    index: Option<Arc<Index>>,
    tried_at: Option<Timestamp>,
}

/// The index, read anew first when it is too old. An older one serves everybody but the one who reads.
async fn index(flows: &Flows) -> Arc<Index> {
    let is_being_read = flows.origins().turn.try_lock().is_err();
    let at_hand = flows.origins().known().at_hand(flows.now(), is_being_read);
    if let Some(index) = at_hand {
        return index;
    }
    // The read goes on when the caller goes away: else whoever hangs up early could keep others from being let in.
    let at = flows.clone();
    let read = flows.tasks().spawn(async move { at.origins().renew(&at).await });
    if read.await.is_err() {
        tracing::error!("a read of the registered origins ended early");
    }
    flows.origins().known().index.clone().unwrap_or_default()
}

impl Origins {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew(&self, flows: &Flows) {
        let _turn = self.turn.lock().await;
        if !self.known().take_turn(flows.now()) {
            return;
        }
        match stored(flows).await {
            Ok(stored) => {
                let index = of(&flows.settings().clients, &stored);
                self.known().index = Some(Arc::new(index));
            }
            // Those known stay; declared ones are always known.
            Err(error) => {
                tracing::warn!(%error, "the registered origins could not be read; those known before count");
                let declared = of(&flows.settings().clients, &[]);
                self.known().index.get_or_insert_with(|| Arc::new(declared));
            }
        }
    }
}

async fn stored(flows: &Flows) -> Result<Vec<Client>, StoreError> {
    let mut tx = flows.store().read().await?;
    clients::list_with_origins(&mut tx).await
}

/// A declared client hides a stored one of the same id, as everywhere, and a disabled one has no pages.
fn of(declared: &[Client], stored: &[Client]) -> Index {
    let is_hidden = |client: &&Client| declared.iter().any(|other| other.id() == client.id());
    let mut index = Index::new();
    let all = declared.iter().chain(stored.iter().filter(|client| !is_hidden(client)));
    for client in all.filter(|client| client.is_enabled()) {
        for origin in &client.policy().allowed_cors_origins {
            index.entry(origin.clone()).or_default().insert(client.id().clone());
        }
    }
    index
}

impl Known {
    /// What serves a caller without a read. Who comes before the first one has ended waits for it.
    fn at_hand(&self, now: Timestamp, is_being_read: bool) -> Option<Arc<Index>> {
        self.index.clone().filter(|_| is_being_read || !self.is_due(now))
    }

    /// A clock that was set back must not stop the reads for ever.
    fn is_due(&self, now: Timestamp) -> bool {
        self.tried_at.is_none_or(|tried| now < tried || now >= tried.plus(FRESH))
    }

    /// Whether the caller may read now, which is written down whatever the read brings.
    fn take_turn(&mut self, now: Timestamp) -> bool {
        let is_due = self.is_due(now);
        if is_due {
            self.tried_at = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests;
