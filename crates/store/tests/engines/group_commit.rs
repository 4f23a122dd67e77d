//! SQLite's writer: many callers share one commit, and none of them pays for another's failure.

use crate::house::{House, NOW, claim_key, later, person, soon};
use futures_util::future::join_all;
use magpie_domain::{Claimed, ClientId, ScopeSet};
use magpie_store::{Result, Store, StoreError, claims, consents};

async fn claim(store: &Store, number: u64) -> Result<Claimed> {
    let mut tx = store.write().await?;
    let claimed = claims::claim(&mut tx, &claim_key(number), NOW, later(60)).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn found(store: &Store, number: u64) -> bool {
    let mut tx = store.read().await.unwrap();
    claims::outcome_of(&mut tx, &claim_key(number)).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_writers_share_commits() {
    let house = House::sqlite().await;
    let before = house.store.statistics();
    let writers = (0..16_u64).map(|writer| {
        let store = house.store.clone();
        async move {
            for round in 0..20 {
                assert_eq!(claim(&store, writer * 100 + round).await, Ok(Claimed::First));
            }
        }
    });
    soon("the writers", join_all(writers)).await;
    let after = house.store.statistics();
    let (commits, transactions) =
        (after.commits - before.commits, after.transactions - before.transactions);
    println!("{transactions} transactions in {commits} commits");
    assert_eq!(transactions, 320);
    assert!(commits * 2 < transactions, "{transactions} transactions in {commits} commits");
    assert_eq!(after.queued, 0);
}

/// More callers than one batch takes, on one thread: the keeper gets its turn although nobody makes room for it.
#[tokio::test]
async fn a_full_batch_is_committed_before_more_join() {
    let house = House::sqlite().await;
    let before = house.store.statistics().commits;
    let answers = join_all((0..600).map(|number| claim(&house.store, number)));
    let answers = soon("the crowd", answers).await;
    assert!(answers.iter().all(|answer| *answer == Ok(Claimed::First)));
    let commits = house.store.statistics().commits - before;
    assert!(commits >= 3, "600 callers in {commits} commits: more than 256 in one");
}

#[tokio::test]
async fn a_member_that_fails_or_gives_up_does_not_fail_its_neighbours() {
    let house = House::sqlite().await;
    let good = |number| claim(&house.store, number);
    let failing = |number| {
        let store = house.store.clone();
        async move {
            let mut tx = store.write().await?;
            let _first = claims::claim(&mut tx, &claim_key(number), NOW, later(60)).await?;
            let client = ClientId::parse("app").unwrap();
            // Nobody by this id: refused by the foreign key.
            consents::record(&mut tx, &person(1).id, &client, ScopeSet::default(), NOW).await?;
            tx.commit().await
        }
    };
    let giving_up = |number| {
        let store = house.store.clone();
        async move {
            let mut tx = store.write().await?;
            let _first = claims::claim(&mut tx, &claim_key(number), NOW, later(60)).await?;
            drop(tx);
            Ok::<(), StoreError>(())
        }
    };
    let (goods, fails, gives) = soon("the mixture", async {
        tokio::join!(
            join_all((0..40).map(good)),
            join_all((100..120).map(failing)),
            join_all((200..220).map(giving_up)),
        )
    })
    .await;
    assert!(goods.iter().all(|answer| *answer == Ok(Claimed::First)), "{goods:?}");
    assert!(fails.iter().all(Result::is_err));
    assert!(gives.iter().all(Result::is_ok));
    for number in 0..40 {
        assert!(found(&house.store, number).await, "{number}");
    }
    for number in (100..120).chain(200..220) {
        assert!(!found(&house.store, number).await, "{number}");
    }
}

#[tokio::test]
async fn an_answer_comes_only_after_the_commit_is_seen_by_every_reader() {
    let house = House::sqlite().await;
    let other = house.second_store().await;
    for number in 0..50 {
        assert_eq!(claim(&house.store, number).await, Ok(Claimed::First));
        assert!(found(&other, number).await, "{number}");
    }
}

#[tokio::test]
async fn a_closed_store_has_committed_what_it_acknowledged_and_refuses_the_rest() {
    let house = House::sqlite().await;
    assert_eq!(claim(&house.store, 1).await, Ok(Claimed::First));
    house.store.close().await;
    let refused = claim(&house.store, 2).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
    assert!(house.store.read().await.unwrap_err().is_unavailable());
    assert!(found(&house.second_store().await, 1).await);
}

/// A transaction of one statement is whole by itself: it needs no savepoint, takes no second statement, joins the
/// common commit, and what it wrote stays although its caller left without asking.
#[tokio::test]
async fn a_single_statement_is_a_transaction_of_its_own() {
    for house in House::both().await {
        let mut tx = house.store.write_single().await.unwrap();
        assert!(claims::begin(&mut tx, &claim_key(1), NOW, later(60)).await.unwrap().is_won());
        let second = claims::begin(&mut tx, &claim_key(2), NOW, later(60)).await;
        assert_eq!(second, Err(StoreError::Unsettled));
        tx.commit().await.unwrap();

        let mut late = house.store.write_single().await.unwrap();
        let again = claims::begin(&mut late, &claim_key(1), NOW, later(60)).await.unwrap();
        assert!(!again.is_won());
        drop(late);

        let neighbours = (10..20).map(|number| {
            let store = house.store.clone();
            async move {
                let mut tx = store.write_single().await?;
                let won = claims::begin(&mut tx, &claim_key(number), NOW, later(60)).await?;
                tx.commit().await?;
                Ok::<_, StoreError>(won.is_won())
            }
        });
        for won in futures_util::future::join_all(neighbours).await {
            assert_eq!(won, Ok(true));
        }
    }
}

/// Who follows somebody that has joined the batch, and fails, takes nothing of the other's work away; nor does who comes
/// first and gives up.
#[tokio::test]
async fn what_is_undone_is_ones_own() {
    let house = House::sqlite().await;
    let write = |number: u64, is_kept: bool| {
        let store = house.store.clone();
        async move {
            let mut tx = store.write().await?;
            let _won = claims::begin(&mut tx, &claim_key(number), NOW, later(60)).await?;
            if is_kept { tx.commit().await } else { tx.rollback().await }
        }
    };
    for pattern in 0..64_u64 {
        let is_kept = |place: u64| pattern >> place & 1 == 1;
        let callers = (0..6).map(|place| write(pattern * 10 + place, is_kept(place)));
        let answers = soon("the six", join_all(callers)).await;
        assert!(answers.iter().all(Result::is_ok), "{pattern:b}: {answers:?}");
        for place in 0..6 {
            assert_eq!(
                found(&house.store, pattern * 10 + place).await,
                is_kept(place),
                "{pattern:b}"
            );
        }
    }
}
