//! What applications were given, on both engines: redeemed once, live until revoked, ended with their client.

use crate::house::{House, NOW, grant, hash, later, person, redeem};
use magpie_domain::{ClientId, Grant};
use magpie_store::{Once, Store, grants, users};

async fn with_grant(store: &Store, grant: &Grant) {
    let mut tx = store.write().await.unwrap();
    assert!(users::insert(&mut tx, &person(1)).await.unwrap().is_won());
    grants::open(&mut tx, grant, &hash(1)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_code_is_redeemed_once_by_its_client_with_its_secret_in_time() {
    for house in House::both().await {
        let grant = Grant { code_challenge: Some("challenge".to_owned()), ..grant(1) };
        with_grant(&house.store, &grant).await;
        let other = ClientId::parse("other").unwrap();
        let mut tx = house.store.write().await.unwrap();
        for (secret, client, now) in [
            (hash(2), &grant.client_id, NOW),
            (hash(1), &other, NOW),
            (hash(1), &grant.client_id, grant.code_expires_at),
        ] {
            let redeemed = redeem(&mut tx, &grant, &secret, client, now).await;
            assert_eq!(redeemed, Ok(Once::TooLate), "{client} {now}");
        }
        let used = Grant { code_used_at: Some(later(59)), ..grant.clone() };
        let taken = redeem(&mut tx, &grant, &hash(1), &grant.client_id, later(59)).await;
        assert_eq!(taken, Ok(Once::Won(used.clone())));
        let again = redeem(&mut tx, &grant, &hash(1), &grant.client_id, later(59)).await;
        assert_eq!(again, Ok(Once::TooLate));
        let by_code = grants::find_by_code(&mut tx, &grant.id, &hash(1), &grant.client_id).await;
        assert_eq!(by_code, Ok(Some((used.clone(), person(1)))));
        let wrong = grants::find_by_code(&mut tx, &grant.id, &hash(2), &grant.client_id).await;
        assert_eq!(wrong, Ok(None));
        assert_eq!(grants::find(&mut tx, &grant.id).await, Ok(Some(used)));
    }
}

#[tokio::test]
async fn a_client_that_goes_takes_its_grants_with_it_and_nobody_elses() {
    for house in House::both().await {
        let grant = grant(1);
        with_grant(&house.store, &grant).await;
        let mut tx = house.store.write().await.unwrap();
        let other = ClientId::parse("somebody-else").unwrap();
        assert_eq!(grants::revoke_of_client(&mut tx, &other, later(1)).await, Ok(0));
        assert_eq!(grants::revoke_of_client(&mut tx, &grant.client_id, later(1)).await, Ok(1));
        assert_eq!(grants::revoke_of_client(&mut tx, &grant.client_id, later(2)).await, Ok(0));
        let found = grants::find(&mut tx, &grant.id).await.unwrap().unwrap();
        assert_eq!(found.revoked_at, Some(later(1)));
        // Several at a time.
        let second = crate::house::grant(2);
        grants::open(&mut tx, &second, &hash(2)).await.unwrap();
        let others = [other.clone()];
        assert_eq!(grants::revoke_of_clients(&mut tx, &others, later(3)).await, Ok(0));
        let all = [other, second.client_id.clone()];
        assert_eq!(grants::revoke_of_clients(&mut tx, &all, later(3)).await, Ok(1));
        let found = grants::find(&mut tx, &second.id).await.unwrap().unwrap();
        assert_eq!(found.revoked_at, Some(later(3)));
    }
}

#[tokio::test]
async fn a_grant_is_live_from_its_redemption_to_its_revocation() {
    for house in House::both().await {
        let grant = grant(1);
        with_grant(&house.store, &grant).await;
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(grants::find_live_with_user(&mut tx, &grant.id).await, Ok(None));
        let taken = redeem(&mut tx, &grant, &hash(1), &grant.client_id, NOW).await;
        let Ok(Once::Won(used)) = taken else { panic!("{taken:?}") };
        let live = grants::find_live_with_user(&mut tx, &grant.id).await;
        assert_eq!(live, Ok(Some((used, person(1)))));
        assert_eq!(grants::revoke(&mut tx, &grant.id, later(1)).await, Ok(Once::Won(())));
        assert_eq!(grants::revoke(&mut tx, &grant.id, later(2)).await, Ok(Once::TooLate));
        assert_eq!(grants::find_live_with_user(&mut tx, &grant.id).await, Ok(None));
        let found = grants::find(&mut tx, &grant.id).await.unwrap().unwrap();
        assert_eq!(found.revoked_at, Some(later(1)));
    }
}

#[tokio::test]
async fn a_revoked_code_cannot_be_redeemed() {
    for house in House::both().await {
        let grant = grant(1);
        with_grant(&house.store, &grant).await;
        let mut tx = house.store.write().await.unwrap();
        assert!(grants::revoke(&mut tx, &grant.id, NOW).await.unwrap().is_won());
        let taken = redeem(&mut tx, &grant, &hash(1), &grant.client_id, NOW).await;
        assert_eq!(taken, Ok(Once::TooLate));
    }
}

/// R5: only ever further, and not what has ended altogether.
#[tokio::test]
async fn access_is_revoked_up_to_a_moment_that_never_goes_back() {
    for house in House::both().await {
        let grant = grant(1);
        with_grant(&house.store, &grant).await;
        let mut tx = house.store.write().await.unwrap();
        for (up_to, won, kept) in [(5, true, 5), (5, false, 5), (4, false, 5), (6, true, 6)] {
            let once = grants::revoke_access(&mut tx, &grant.id, later(up_to)).await.unwrap();
            assert_eq!(once.is_won(), won, "{up_to}");
            let found = grants::find(&mut tx, &grant.id).await.unwrap().unwrap();
            assert_eq!((found.access_revoked_at, found.revoked_at), (Some(later(kept)), None));
        }
        assert!(grants::revoke(&mut tx, &grant.id, later(7)).await.unwrap().is_won());
        let late = grants::revoke_access(&mut tx, &grant.id, later(8)).await;
        assert_eq!(late, Ok(Once::TooLate));
    }
}
