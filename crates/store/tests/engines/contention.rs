//! Law 2 under racing callers, in one process and in two: every once-only statement has exactly one winner.

use std::sync::Arc;

use crate::house::{House, NOW, claim_key, grant, hash, later, person, redeem, soon};
use futures_util::future::join_all;
use magpie_domain::testing::SeededEntropy;
use magpie_domain::{Algorithm, AppId, Claimed, KeyRecord, OpenId, SigningKeyId};
use magpie_store::{Once, Result, Store, claims, grants, identities, signing_keys, users};
use tokio::sync::Barrier;

const RACERS: usize = 16;
const ROUNDS: u64 = 20;

/// Runs one task per racer, half of them on a second store where there is one, all let go at the same moment.
async fn race<T, F>(stores: &[Store], run: impl Fn(usize, Store) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(RACERS));
    let racers = (0..RACERS).zip(stores.iter().cycle()).map(|(number, store)| {
        let (gate, racer) = (Arc::clone(&gate), run(number, store.clone()));
        spawn(async move {
            gate.wait().await;
            racer.await
        })
    });
    soon("the race", join_all(racers))
        .await
        .into_iter()
        .map(|done| done.unwrap().unwrap())
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "racers have to run at the same time")]
fn spawn<T: Send + 'static>(
    racer: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(racer)
}

/// Every house with one store and with two.
async fn tracks() -> Vec<(House, Vec<Store>)> {
    let mut tracks = Vec::new();
    for house in House::both().await {
        let stores = vec![house.store.clone()];
        tracks.push((house, stores));
    }
    for house in House::both().await {
        let stores = vec![house.store.clone(), house.second_store().await];
        tracks.push((house, stores));
    }
    tracks
}

/// CC-01. Seen red with `code_used_at IS NULL` taken out of `grants::REDEEM`: all sixteen won.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_racing_redemptions_have_exactly_one_winner() {
    for (house, stores) in tracks().await {
        for round in 0..ROUNDS {
            let grant = grant(round);
            let mut tx = house.store.write().await.unwrap();
            grants::open(&mut tx, &grant, &hash(1)).await.unwrap();
            tx.commit().await.unwrap();
            let answers = race(&stores, |_, store| {
                let grant = grant.clone();
                async move {
                    let mut tx = store.write().await?;
                    let once = redeem(&mut tx, &grant, &hash(1), &grant.client_id, NOW).await?;
                    tx.commit().await?;
                    Ok(once)
                }
            })
            .await;
            let winners = answers.iter().filter(|once| once.is_won()).count();
            assert_eq!(winners, 1, "round {round}, {} stores", stores.len());
        }
    }
}

/// CC-02. A winner that gives up leaves the code to somebody else: never two, never none while anybody tries.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_winner_that_rolls_back_neither_burns_the_code_nor_doubles_it() {
    for (house, stores) in tracks().await {
        for round in 0..ROUNDS {
            let grant = grant(round);
            let mut tx = house.store.write().await.unwrap();
            grants::open(&mut tx, &grant, &hash(1)).await.unwrap();
            tx.commit().await.unwrap();
            let answers = race(&stores, |number, store| {
                let grant = grant.clone();
                async move {
                    let mut tx = store.write().await?;
                    let once = redeem(&mut tx, &grant, &hash(1), &grant.client_id, NOW).await?;
                    if number % 2 == 0 {
                        drop(tx);
                        return Ok(Once::TooLate);
                    }
                    tx.commit().await?;
                    Ok(once)
                }
            })
            .await;
            let winners = answers.iter().filter(|once| once.is_won()).count();
            assert_eq!(winners, 1, "round {round}, {} stores", stores.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_racing_claims_have_exactly_one_first() {
    for (_house, stores) in tracks().await {
        for round in 0..ROUNDS {
            let key = claim_key(round);
            let answers = race(&stores, |_, store| {
                let key = key.clone();
                async move {
                    let mut tx = store.write().await?;
                    let claimed = claims::claim(&mut tx, &key, NOW, later(120)).await?;
                    tx.commit().await?;
                    Ok(claimed)
                }
            })
            .await;
            let first = answers.iter().filter(|claimed| **claimed == Claimed::First).count();
            let running = answers.iter().filter(|claimed| **claimed == Claimed::Running).count();
            assert_eq!((first, running), (1, RACERS - 1), "round {round}");
        }
    }
}

/// CC-04: parallel first logins of one openid end with one account.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_first_logins_of_one_openid_make_one_person() {
    for (house, stores) in tracks().await {
        let app = AppId::parse("wx1").unwrap();
        for round in 0..ROUNDS {
            let openid = OpenId::parse(&format!("openid-{round}")).unwrap();
            let answers = race(&stores, |number, store| {
                let (app, openid) = (app.clone(), openid.clone());
                let somebody = person(round * 100 + u64::try_from(number).unwrap());
                async move {
                    let mut tx = store.write().await?;
                    let inserted = users::insert(&mut tx, &somebody).await?;
                    assert!(inserted.is_won());
                    let once = identities::attach_openid(&mut tx, &somebody.id, &app, &openid, NOW)
                        .await?;
                    if once.is_won() {
                        tx.commit().await?;
                    } else {
                        tx.rollback().await?;
                    }
                    Ok(once)
                }
            })
            .await;
            assert_eq!(answers.iter().filter(|once| once.is_won()).count(), 1, "round {round}");
        }
        let mut tx = house.store.read().await.unwrap();
        let people = users::list(&mut tx, None, 1000).await.unwrap();
        assert_eq!(people.len(), usize::try_from(ROUNDS).unwrap());
    }
}

/// CC-05: rotation started by many replicas at once makes one key.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_rotations_make_one_key() {
    for (house, stores) in tracks().await {
        let answers = race(&stores, |number, store| async move {
            let entropy = SeededEntropy::new(number.try_into().unwrap());
            let record = KeyRecord {
                id: SigningKeyId::generate(NOW, &entropy)?,
                kid: format!("kid-{number}"),
                algorithm: Algorithm::Es256,
                published_at: NOW,
                signs_from: NOW,
            };
            let mut tx = store.write().await?;
            let once = signing_keys::succeed(&mut tx, &record, b"sealed", "{}", None).await?;
            tx.commit().await?;
            Ok(once)
        })
        .await;
        assert_eq!(answers.iter().filter(|once| once.is_won()).count(), 1);
        let mut tx = house.store.read().await.unwrap();
        assert_eq!(signing_keys::list(&mut tx).await.unwrap().len(), 1);
    }
}
