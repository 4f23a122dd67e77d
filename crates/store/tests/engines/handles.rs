//! What a transaction and a read handle promise, on both engines.

use crate::house::{House, NOW, claim_key, later, person, unchecked};
use magpie_domain::Claimed;
use magpie_store::{StoreError, claims, purge, users};

#[tokio::test]
async fn what_is_dropped_or_rolled_back_never_happened_and_what_is_committed_did() {
    for house in House::both().await {
        for (number, end) in ["dropped", "rolled back", "committed"].into_iter().enumerate() {
            let key = claim_key(number.try_into().unwrap());
            let mut tx = house.store.write().await.unwrap();
            assert_eq!(claims::claim(&mut tx, &key, NOW, later(60)).await, Ok(Claimed::First));
            match end {
                "dropped" => drop(tx),
                "rolled back" => tx.rollback().await.unwrap(),
                _ => tx.commit().await.unwrap(),
            }
            let mut tx = house.store.read().await.unwrap();
            let found = claims::outcome_of(&mut tx, &key).await.unwrap();
            assert_eq!(found.is_some(), end == "committed", "{end}");
        }
    }
}

#[tokio::test]
async fn a_read_handle_cannot_write() {
    for house in House::both().await {
        let mut tx = house.store.read().await.unwrap();
        let refused = users::insert(&mut tx, &person(1)).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(users::list(&mut tx, None, 10).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_transaction_with_a_failed_statement_can_only_be_dropped() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        claims::claim(&mut tx, &claim_key(1), NOW, later(60)).await.map(drop).unwrap();
        // A consent refers to a person; this one does not exist.
        let client = magpie_domain::ClientId::parse("app").unwrap();
        let scopes = magpie_domain::ScopeSet::parse("openid");
        let failed =
            magpie_store::consents::record(&mut tx, &person(1).id, &client, scopes, NOW).await;
        let Err(error @ StoreError::Refused(_)) = failed else { panic!("{failed:?}") };
        assert!(!error.is_unavailable());
        let next = claims::outcome_of(&mut tx, &claim_key(1)).await;
        assert_eq!(next, Err(StoreError::Unsettled));
        assert_eq!(tx.commit().await, Err(StoreError::Unsettled));
        let mut tx = house.store.read().await.unwrap();
        assert_eq!(claims::outcome_of(&mut tx, &claim_key(1)).await, Ok(None));
    }
}

/// DB-21. The planted value is in the row, in the statement and in PostgreSQL's own words; never in ours.
#[tokio::test]
async fn a_broken_row_names_table_and_key_and_no_error_shows_a_value() {
    for house in House::both().await {
        let ann = person(1);
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &ann).await.unwrap().is_won());
        tx.commit().await.unwrap();
        let spoil = "UPDATE users SET state = 's3cr3t-planted'".to_owned();
        if house.address.starts_with("sqlite:") {
            use sqlx::{Connection as _, Executor as _};
            let mut other = sqlx::SqliteConnection::connect(&house.address).await.unwrap();
            other.execute(unchecked(spoil)).await.unwrap();
        } else {
            use sqlx::{Connection as _, Executor as _};
            let mut other = sqlx::PgConnection::connect(&house.address).await.unwrap();
            other.execute(unchecked(spoil)).await.unwrap();
        }
        let mut tx = house.store.read().await.unwrap();
        let broken = users::find(&mut tx, &ann.id).await.unwrap_err();
        assert!(matches!(&broken, StoreError::BrokenRow { table: "users", column: "state", key }
            if key == ann.id.as_str()));
        assert!(!format!("{broken} {broken:?}").contains("s3cr3t"), "{broken:?}");
    }
}

#[tokio::test]
async fn a_sweep_removes_the_dead_in_batches_and_leaves_the_living() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        for number in 0..2100 {
            let expires = if number < 2050 { later(10) } else { later(1000) };
            claims::claim(&mut tx, &claim_key(number), NOW, expires).await.map(drop).unwrap();
        }
        let week = purge::Retention::default().grants;
        for number in 0..5 {
            let made = if number < 3 { NOW } else { later(1).plus(week) };
            let grant = crate::house::grant_made(number, made);
            magpie_store::grants::open(&mut tx, &grant, &crate::house::hash(1)).await.unwrap();
        }
        let session = magpie_domain::testing::sample_session(1);
        magpie_store::sessions::open(&mut tx, &session, &crate::house::hash(1)).await.unwrap();
        let renewed = magpie_domain::testing::sample_session(2);
        magpie_store::sessions::open(&mut tx, &renewed, &crate::house::hash(2)).await.unwrap();
        let again = magpie_domain::BrowserSession { auth_time: later(1), ..renewed };
        let hash = crate::house::hash(2);
        magpie_store::sessions::renew(&mut tx, &again, &hash, &hash).await.map(drop).unwrap();
        tx.commit().await.unwrap();

        let before = house.store.statistics().commits;
        let purged = purge::expired(&house.store, later(10)).await.unwrap();
        assert_eq!((purged.claims, purged.grants, purged.sessions), (2050, 0, 0));
        // Three batches of claims, one look at each of the others.
        assert_eq!(house.store.statistics().commits - before, 9);

        let purged = purge::expired(&house.store, later(1).plus(week)).await.unwrap();
        assert_eq!((purged.claims, purged.grants, purged.sessions), (50, 3, 0));
        let month = purge::Retention::default().sessions;
        let purged = purge::expired(&house.store, later(1).plus(month)).await.unwrap();
        assert_eq!((purged.claims, purged.grants, purged.sessions), (0, 2, 1));
        // Counted from the last sign-in, so the renewed one outlived the other by a second.
        let purged = purge::expired(&house.store, later(2).plus(month)).await.unwrap();
        assert_eq!(purged.sessions, 1);
        let kept =
            purge::Retention { grants: month, sessions: month, ..purge::Retention::default() };
        let none = purge::beyond(&house.store, kept, later(1).plus(month)).await.unwrap();
        assert_eq!(none, purge::Purged::default());
    }
}
