//! App-level tokens on both engines: one fetcher at a time, and forced replacements are counted. Phone numbers beside them.

use magpie_domain::{AppId, Lifetime, PhoneNumber, Timestamp};
use magpie_store::app_tokens::{self, ForceRule, KeptToken};
use magpie_store::{Once, Store, phone_numbers, users};
use tokio::task::JoinSet;

use crate::house::{House, NOW, later, person};

fn app() -> AppId {
    AppId::parse("wx0000000000000003").unwrap()
}

async fn lease(store: &Store, rejected: Option<i64>, now: Timestamp) -> bool {
    let mut tx = store.write_single().await.unwrap();
    let until = now.plus(Lifetime::from_seconds(15));
    let won = app_tokens::lease(&mut tx, &app(), rejected, now, until).await.unwrap().is_won();
    tx.commit().await.unwrap();
    won
}

async fn find(store: &Store) -> Option<KeptToken> {
    let mut tx = store.read().await.unwrap();
    app_tokens::find(&mut tx, &app()).await.unwrap().and_then(|row| row.kept)
}

/// WX-41. Seen red with the lease not looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_replicas_one_fetches_and_the_others_find_what_it_kept() {
    for house in House::both().await {
        let second = house.second_store().await;
        for round in 0..4_u32 {
            let now = later(round * 10_000);
            let mut callers = JoinSet::new();
            for turn in 0..16 {
                let store = if turn % 2 == 0 { house.store.clone() } else { second.clone() };
                callers.spawn(async move { lease(&store, None, now).await });
            }
            let won = callers.join_all().await.into_iter().filter(|won| *won).count();
            assert_eq!(won, 1, "round {round}");
            let mut tx = house.store.write().await.unwrap();
            let mine = now.plus(Lifetime::from_seconds(15));
            let until = now.plus(Lifetime::from_seconds(6480));
            let kept = app_tokens::keep(&mut tx, &app(), mine, b"sealed", until).await.unwrap();
            assert_eq!(kept, Once::Won(i64::from(round) + 1));
            // The lease went back with it.
            let again = app_tokens::keep(&mut tx, &app(), mine, b"late", until).await.unwrap();
            assert_eq!(again, Once::TooLate);
            tx.commit().await.unwrap();
            let found = find(&second).await.unwrap();
            assert_eq!((&*found.sealed, found.version), (&b"sealed"[..], i64::from(round) + 1));
            assert!(!lease(&second, None, until.minus(Lifetime::from_seconds(1))).await);
        }
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_a_dead_fetcher_is_succeeded() {
    for house in House::both().await {
        let store = &house.store;
        assert_eq!(find(store).await, None);
        assert!(lease(store, None, NOW).await);
        assert_eq!(find(store).await, None, "a row without a token is none");
        assert!(!lease(store, None, later(14)).await);
        assert!(lease(store, None, later(15)).await, "the first fetcher died");
        let mut tx = store.write().await.unwrap();
        let kept = app_tokens::keep(&mut tx, &app(), later(15), b"late", later(900)).await;
        assert_eq!(kept, Ok(Once::TooLate), "the first fetcher lives after all");
        let kept = app_tokens::keep(&mut tx, &app(), later(30), b"first", later(900)).await;
        assert_eq!(kept, Ok(Once::Won(1)));
        tx.commit().await.unwrap();
        assert!(!lease(store, None, later(31)).await);
        assert!(!lease(store, Some(7), later(31)).await, "another token was refused");
        assert!(lease(store, Some(1), later(31)).await);
        assert!(!lease(store, Some(1), later(32)).await);
        let mut tx = store.write().await.unwrap();
        let put_off = app_tokens::postpone(&mut tx, &app(), later(46), later(34)).await;
        assert_eq!(put_off, Ok(Once::Won(())));
        let put_off = app_tokens::postpone(&mut tx, &app(), later(46), later(99)).await;
        assert_eq!(put_off, Ok(Once::TooLate));
        tx.commit().await.unwrap();
        assert!(!lease(store, Some(1), later(33)).await, "nobody asks right after a failure");
        assert!(lease(store, Some(1), later(34)).await);
    }
}

/// wechat.md §5.5: twenty a day and thirty seconds apart. Seen red with the half minute taken out.
#[tokio::test]
async fn a_token_is_replaced_by_force_as_often_as_wechat_allows() {
    for house in House::both().await {
        let day = NOW;
        let mut tx = house.store.write().await.unwrap();
        let lease = later(1_000_000);
        assert!(app_tokens::lease(&mut tx, &app(), None, NOW, lease).await.unwrap().is_won());
        let force = async |tx: &mut magpie_store::Tx, now: Timestamp, day: Timestamp| {
            let not_since = now.minus(Lifetime::from_seconds(30));
            let rule = ForceRule { not_since, day, most: 20 };
            app_tokens::force(tx, &app(), lease, rule, now).await.unwrap().is_won()
        };
        assert!(force(&mut tx, NOW, day).await);
        assert!(!force(&mut tx, later(29), day).await);
        for turn in 1..20 {
            assert!(force(&mut tx, later(turn * 30), day).await, "{turn}");
        }
        assert!(!force(&mut tx, later(20 * 30), day).await);
        let tomorrow = later(86_400);
        assert!(force(&mut tx, tomorrow, tomorrow).await);
        assert!(force(&mut tx, later(86_430), tomorrow).await);
        // Whoever has no lease does not force anything.
        let rule = ForceRule { not_since: NOW, day, most: 20 };
        let stranger = app_tokens::force(&mut tx, &app(), later(1), rule, later(200_000)).await;
        assert_eq!(stranger, Ok(Once::TooLate));
    }
}

#[tokio::test]
async fn a_person_has_the_number_that_was_confirmed_last() {
    for house in House::both().await {
        let (ann, ben) = (person(1), person(2));
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &ann).await.unwrap().is_won());
        assert!(users::insert(&mut tx, &ben).await.unwrap().is_won());
        assert_eq!(phone_numbers::of_user(&mut tx, &ann.id).await, Ok(None));
        for text in ["+8613800000000", "+12025550100"] {
            let number = PhoneNumber::parse(text).unwrap();
            phone_numbers::set(&mut tx, &ann.id, &number, NOW).await.unwrap();
            assert_eq!(phone_numbers::of_user(&mut tx, &ann.id).await, Ok(Some(number)));
        }
        assert_eq!(phone_numbers::of_user(&mut tx, &ben.id).await, Ok(None));
        assert_eq!(phone_numbers::forget(&mut tx, &ann.id).await, Ok(true));
        assert_eq!(phone_numbers::forget(&mut tx, &ann.id).await, Ok(false), "there was none");
        assert_eq!(phone_numbers::of_user(&mut tx, &ann.id).await, Ok(None));
    }
}
