//! The keys of clients, parsed and kept: inline ones as long as the client has them, those behind a `jwks_uri` until they
//! are stale or a client signs with a key that is not among them (OIDC Core §10.1.1).
//!
//! What is known stays in use while the address does not answer, for a day. One fetch for a client at a time, at most one
//! in ten seconds whatever is asked, and never while a transaction is open (law 3). The number of clients kept is bounded;
//! those that registered themselves have room and calls of their own, so that a crowd of them pushes out and holds up
//! nobody for whom an operator stands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use magpie_domain::{Algorithm, Client, ClientId, ClientKeys, ClientPolicy, Lifetime, Timestamp};
use magpie_outbound::{Fetched, GuardedHttp, Limits};
use magpie_vault::{ClientKeySet, Refused};
use serde_json::{Map, Value};

use crate::context::Flows;

/// Most vouched clients whose keys are kept.
const MOST_VOUCHED: usize = 256;
/// Most clients that registered themselves whose keys are kept.
const MOST_STRANGERS: usize = 64;
/// How long fetched keys are fresh when the answer does not say, and the limits of what it may say.
const FRESH: Lifetime = Lifetime::from_minutes(10);
const SHORTEST: Lifetime = Lifetime::from_minutes(1);
const LONGEST: Lifetime = Lifetime::from_hours(1);
/// How long keys are used after the last fetch that brought some.
const KEPT: Lifetime = Lifetime::from_days(1);
/// The shortest time between two fetches for one client.
const PAUSE: Lifetime = Lifetime::from_seconds(10);

/// Checks a token that the client signed and gives its claims, which are not checked here. `kinds` are what `typ` may be,
/// `may` says which algorithms the client may use. Fetches the client's keys where it has to: hold no transaction.
///
/// # Errors
/// [`Refused`], with the last reason found; `OtherKey` also when there are no keys.
pub(crate) async fn verify(
    flows: &Flows,
    client: &Client,
    compact: &str,
    kinds: &[&str],
    may: impl Fn(Algorithm) -> bool,
) -> Result<Map<String, Value>, Refused> {
    let keys = &client.policy().keys;
    let shelf = match keys {
        ClientKeys::None => return Err(Refused::OtherKey),
        ClientKeys::Jwks(_) | ClientKeys::JwksUri(_) => {
            flows.client_keys().shelf(client.id(), client.policy())
        }
    };
    let http = flows.guarded(client);
    let known = shelf.known(flows, http).await;
    let refused = match known.as_ref().map(|set| set.verify(compact, kinds, &may)) {
        Some(Ok(claims)) => return Ok(claims),
        Some(Err(reason)) => reason,
        None => Refused::OtherKey,
    };
    // A key that is not among the known ones, or the known one of that name was replaced.
    if !matches!(refused, Refused::OtherKey | Refused::SignatureWrong) {
        return Err(refused);
    }
    match shelf.newer(flows, http, known.as_ref()).await {
        Some(newer) => newer.verify(compact, kinds, &may),
        None => Err(refused),
    }
}

/// The keys of the clients that were seen last.
#[derive(Debug)]
pub(crate) struct ClientKeyShelves {
    vouched: Mutex<Shelves>,
    strangers: Mutex<Shelves>,
}

#[derive(Debug)]
struct Shelves {
    /// How many clients there is room for.
    most: usize,
    /// Counts uses, so that the client that was not seen for longest makes room.
    turn: u64,
    by_client: BTreeMap<ClientId, (u64, Arc<Shelf>)>,
}

impl Default for ClientKeyShelves {
    fn default() -> Self {
        let room = |most| Mutex::new(Shelves { most, turn: 0, by_client: BTreeMap::new() });
        Self { vouched: room(MOST_VOUCHED), strangers: room(MOST_STRANGERS) }
    }
}

impl ClientKeyShelves {
    /// The shelf of a client.
    fn shelf(&self, id: &ClientId, policy: &ClientPolicy) -> Arc<Shelf> {
        let shelves = if policy.self_registered { &self.strangers } else { &self.vouched };
        shelves.lock().unwrap_or_else(PoisonError::into_inner).of(id, &policy.keys)
    }
}

impl Shelves {
    /// Other keys than before, as after a change of the client's registration, begin anew.
    fn of(&mut self, id: &ClientId, keys: &ClientKeys) -> Arc<Shelf> {
        self.turn = self.turn.saturating_add(1);
        let turn = self.turn;
        if let Some((used, shelf)) = self.by_client.get_mut(id)
            && shelf.keys == *keys
        {
            *used = turn;
            return Arc::clone(shelf);
        }
        if self.by_client.len() >= self.most {
            let oldest = self.by_client.iter().min_by_key(|(_, (used, _))| *used);
            let oldest = oldest.map(|(id, _)| id.clone());
            if let Some(id) = oldest {
                self.by_client.remove(&id);
            }
        }
        let shelf = Arc::new(Shelf::new(keys));
        self.by_client.insert(id.clone(), (turn, Arc::clone(&shelf)));
        shelf
    }
}

/// The keys of one client.
#[derive(Debug)]
struct Shelf {
    keys: ClientKeys,
    stock: Mutex<Stock>,
    /// Whoever holds it fetches.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Stock {
    set: Option<Arc<ClientKeySet>>,
    fresh_until: Option<Timestamp>,
    kept_until: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl Shelf {
    fn new(keys: &ClientKeys) -> Self {
        let set = match keys {
            ClientKeys::Jwks(text) => ClientKeySet::parse(text.as_bytes()).map(Arc::new),
            ClientKeys::None | ClientKeys::JwksUri(_) => None,
        };
        let stock = Mutex::new(Stock { set, ..Stock::default() });
        Self { keys: keys.clone(), stock, turn: tokio::sync::Mutex::default() }
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where to fetch, for keys that are not inline.
    fn uri(&self) -> Option<&str> {
        match &self.keys {
            ClientKeys::JwksUri(uri) => Some(uri),
            ClientKeys::None | ClientKeys::Jwks(_) => None,
        }
    }

    /// The keys as they are, fetched first when there are none or they are stale.
    async fn known(
        self: &Arc<Self>,
        flows: &Flows,
        http: &GuardedHttp,
    ) -> Option<Arc<ClientKeySet>> {
        let (set, is_fresh) = {
            let mut stock = self.stock();
            stock.expire(flows.now());
            let is_fresh = stock.fresh_until.is_some_and(|until| flows.now() < until);
            (stock.set.clone(), is_fresh)
        };
        if self.uri().is_none() || is_fresh {
            return set;
        }
        // Stale keys serve everybody but the one who fetches.
        if set.is_some() && self.turn.try_lock().is_err() {
            return set;
        }
        self.fetched(flows, http, set.as_ref()).await
    }

    /// Other keys than those known, if a fetch brings some.
    async fn newer(
        self: &Arc<Self>,
        flows: &Flows,
        http: &GuardedHttp,
        known: Option<&Arc<ClientKeySet>>,
    ) -> Option<Arc<ClientKeySet>> {
        self.uri()?;
        let now = self.fetched(flows, http, known).await?;
        let is_other = known.is_none_or(|known| !Arc::ptr_eq(known, &now));
        is_other.then_some(now)
    }

    /// The keys after a fetch, which somebody else may have made meanwhile. The fetch goes on when the caller goes away:
    /// else whoever hangs up early could keep a client's new keys from being seen.
    async fn fetched(
        self: &Arc<Self>,
        flows: &Flows,
        http: &GuardedHttp,
        known: Option<&Arc<ClientKeySet>>,
    ) -> Option<Arc<ClientKeySet>> {
        let (shelf, at, known) = (Arc::clone(self), flows.clone(), known.cloned());
        let http = http.clone();
        let fetch = flows.tasks().spawn(async move {
            let _turn = shelf.turn.lock().await;
            let now = at.now();
            if shelf.stock().take_turn(known.as_ref(), now) {
                shelf.fetch(&at, &http).await;
            }
        });
        if fetch.await.is_err() {
            tracing::error!("a fetch of a client's keys ended early");
        }
        self.stock().set.clone()
    }

    async fn fetch(&self, flows: &Flows, http: &GuardedHttp) {
        let Some(uri) = self.uri() else { return };
        let accept = "application/jwk-set+json, application/json";
        let answer = http.get(uri, accept, Limits::default()).await;
        let brought = match answer {
            Ok(fetched) => read(&fetched).ok_or("unreadable"),
            Err(failed) => Err(failed.as_str()),
        };
        match brought {
            Ok((set, fresh)) => self.stock().put(set, fresh, flows.now()),
            Err(reason) => tracing::warn!(
                reason,
                "a client's jwks_uri brought no keys; those known before stay in use for a day"
            ),
        }
    }
}

fn read(fetched: &Fetched) -> Option<(ClientKeySet, Lifetime)> {
    let fresh = fetched.max_age.unwrap_or(FRESH).clamp(SHORTEST, LONGEST);
    Some((ClientKeySet::parse(&fetched.body)?, fresh))
}

impl Stock {
    /// Whether the caller may fetch now, which is written down: not when somebody brought other keys than the caller knew,
    /// and not right after the last try.
    fn take_turn(&mut self, known: Option<&Arc<ClientKeySet>>, now: Timestamp) -> bool {
        let is_news = match (&self.set, known) {
            (Some(set), Some(known)) => !Arc::ptr_eq(set, known),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let just_tried = self.tried_at.is_some_and(|tried| tried <= now && now < tried.plus(PAUSE));
        if is_news || just_tried {
            return false;
        }
        self.tried_at = Some(now);
        true
    }

    fn put(&mut self, set: ClientKeySet, fresh: Lifetime, now: Timestamp) {
        self.set = Some(Arc::new(set));
        self.fresh_until = Some(now.plus(fresh));
        self.kept_until = Some(now.plus(KEPT));
    }

    /// Drops keys that nobody confirmed for a day.
    fn expire(&mut self, now: Timestamp) {
        if self.kept_until.is_some_and(|until| now >= until) {
            *self = Self { tried_at: self.tried_at, ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::SAMPLE_NOW;

    use super::*;

    fn set() -> ClientKeySet {
        ClientKeySet::parse(br#"{"keys":[]}"#).unwrap()
    }

    fn later(seconds: u32) -> Timestamp {
        SAMPLE_NOW.plus(Lifetime::from_seconds(seconds))
    }

    /// Seen red with the pause left out.
    #[test]
    fn a_client_is_asked_at_most_once_in_ten_seconds() {
        let mut stock = Stock::default();
        assert!(stock.take_turn(None, SAMPLE_NOW));
        assert!(!stock.take_turn(None, later(9)));
        assert!(stock.take_turn(None, later(10)));
        // A clock that was set back must not stop it for ever.
        assert!(stock.take_turn(None, SAMPLE_NOW));
    }

    #[test]
    fn who_waited_for_a_fetch_takes_what_it_brought() {
        let mut stock = Stock::default();
        stock.put(set(), FRESH, SAMPLE_NOW);
        assert!(!stock.take_turn(None, later(100)));
        let known = stock.set.clone();
        assert!(stock.take_turn(known.as_ref(), later(100)));
    }

    /// Seen red with keys kept for ever.
    #[test]
    fn stale_keys_stay_for_a_day() {
        let mut stock = Stock::default();
        stock.put(set(), SHORTEST, SAMPLE_NOW);
        stock.expire(later(86_399));
        assert!(stock.set.is_some() && stock.fresh_until == Some(later(60)));
        stock.expire(later(86_400));
        assert!(stock.set.is_none());
    }

    /// Law 12. Seen red without the removal, and with one room for everybody.
    #[test]
    fn the_number_of_clients_kept_is_bounded_and_new_keys_begin_anew() {
        let shelves = ClientKeyShelves::default();
        let shelf = |number: usize, self_registered, keys| {
            let policy = ClientPolicy { keys, self_registered, ..ClientPolicy::default() };
            shelves.shelf(&ClientId::parse(&format!("client-{number}")).unwrap(), &policy)
        };
        let uri = || ClientKeys::JwksUri("https://app.example/jwks".to_owned());
        let vouched = shelf(0, false, uri());
        for (is_stranger, most) in [(false, MOST_VOUCHED), (true, MOST_STRANGERS)] {
            let first = shelf(1000, is_stranger, uri());
            for number in 1..1000 {
                shelf(number, is_stranger, uri());
                let busiest = shelf(1000, is_stranger, uri());
                assert!(Arc::ptr_eq(&first, &busiest), "the busiest one stays");
                if !is_stranger {
                    shelf(0, false, uri());
                }
            }
            let room = if is_stranger { &shelves.strangers } else { &shelves.vouched };
            assert_eq!(room.lock().unwrap().by_client.len(), most);
        }
        let still = shelf(0, false, uri());
        assert!(Arc::ptr_eq(&vouched, &still), "strangers push nobody out but each other");
        let inline = shelf(0, false, ClientKeys::Jwks("{}".to_owned()));
        assert!(!Arc::ptr_eq(&vouched, &inline));
    }
}
