//! Clients that register themselves, on both engines: how many there are, which go again, and which stay.

use magpie_domain::{
    Client, ClientDraft, ClientId, ClientPolicy, ClientSecrets, Lifetime, ScopeSet,
};
use magpie_store::registrations::{self, NewRegistration, Registered};
use magpie_store::{Once, Tx, clients, consents, users};

use crate::house::{House, NOW, hash, later, person};

const DAY: u32 = 86_400;

fn client(id: &str) -> Client {
    Client::new(ClientDraft {
        id: ClientId::parse(id).unwrap(),
        name: "App".to_owned(),
        secrets: ClientSecrets::of(Some(hash(1))),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec![],
        scopes: ScopeSet::parse("openid"),
        policy: ClientPolicy { self_registered: true, ..ClientPolicy::default() },
        enabled: true,
    })
    .unwrap()
}

async fn register(tx: &mut Tx, id: &str, unused_seconds: Option<u32>) -> Client {
    let client = client(id);
    let unused_until = unused_seconds.map(later);
    let new = NewRegistration { client: &client, token: &hash(9), now: NOW, unused_until };
    assert_eq!(registrations::insert(tx, &new).await, Ok(Once::Won(())));
    assert_eq!(registrations::insert(tx, &new).await, Ok(Once::TooLate));
    client
}

#[tokio::test]
async fn a_registration_is_found_with_its_token_and_others_are_not() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(registrations::count(&mut tx).await, Ok(Registered::default()));
        let asked = register(&mut tx, "asked", None).await;
        let open = register(&mut tx, "open", Some(60)).await;
        let by_hand = client("by-hand");
        assert!(clients::insert(&mut tx, &by_hand, NOW).await.unwrap().is_won());
        for (client, unused) in [(&asked, false), (&open, true)] {
            let found = registrations::find(&mut tx, client.id()).await.unwrap().unwrap();
            assert_eq!((&found.client, found.token, found.since), (client, hash(9), NOW));
            assert_eq!(found.unused, unused);
            let again = registrations::find_to_change(&mut tx, client.id()).await.unwrap();
            assert_eq!(again, Some(found));
        }
        assert_eq!(registrations::find(&mut tx, by_hand.id()).await, Ok(None));
        assert_eq!(registrations::find_to_change(&mut tx, by_hand.id()).await, Ok(None));
        let counted = Registered { all: 2, unused: 1 };
        assert_eq!(registrations::count(&mut tx).await, Ok(counted));
    }
}

/// Law 12. Seen red with a sweep that comes half a minute early.
#[tokio::test]
async fn who_signed_nobody_in_goes_and_keeps_its_place_until_then() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let mut ids = Vec::new();
        for id in ["kept", "retired", "unused"] {
            ids.push(register(&mut tx, id, Some(60)).await.id().clone());
        }
        register(&mut tx, "invited", None).await;
        let [kept, retired, unused] = ids.try_into().unwrap();
        let (until, early) = (later(90 * DAY), later(89 * DAY));
        assert_eq!(registrations::wants_note(&mut tx, &kept, early).await, Ok(true));
        let keep = registrations::keep(&mut tx, &kept, until, early).await;
        assert_eq!(keep, Ok(Once::Won(())));
        let keep = registrations::keep(&mut tx, &kept, until, early).await;
        assert_eq!(keep, Ok(Once::TooLate));
        assert_eq!(registrations::wants_note(&mut tx, &kept, early).await, Ok(false));
        assert_eq!(registrations::retire(&mut tx, &kept).await, Ok(Once::TooLate));
        assert_eq!(registrations::retire(&mut tx, &retired).await, Ok(Once::Won(())));
        assert_eq!(registrations::find(&mut tx, &retired).await, Ok(None));
        assert!(!clients::find(&mut tx, &retired).await.unwrap().unwrap().is_enabled());
        let counted = Registered { all: 4, unused: 2 };
        assert_eq!(registrations::count(&mut tx).await, Ok(counted));
        assert_eq!(registrations::is_any_over(&mut tx, later(59)).await, Ok(false));
        assert_eq!(registrations::is_any_over(&mut tx, later(60)).await, Ok(true));
        assert_eq!(registrations::remove_unused(&mut tx, later(59)).await, Ok(vec![]));
        let mut gone = registrations::remove_unused(&mut tx, later(60)).await.unwrap();
        gone.sort();
        assert_eq!(gone, [retired, unused]);
        let counted = Registered { all: 2, unused: 0 };
        assert_eq!(registrations::count(&mut tx).await, Ok(counted));
    }
}

/// Seen red with any row kept: a code shown while its client goes would leave a row that nothing removes.
#[tokio::test]
async fn who_was_taken_back_is_not_kept_by_a_late_use() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let client = register(&mut tx, "gone", Some(60)).await;
        assert_eq!(registrations::retire(&mut tx, client.id()).await, Ok(Once::Won(())));
        let keep = registrations::keep(&mut tx, client.id(), later(90 * DAY), later(89 * DAY));
        assert_eq!(keep.await, Ok(Once::TooLate));
        let gone = registrations::remove_unused(&mut tx, later(60)).await.unwrap();
        assert_eq!(gone, [client.id().clone()]);
    }
}

/// Law 12. Seen red with use that lasts for ever: one person could fill every place for good.
#[tokio::test]
async fn a_use_keeps_a_client_until_it_is_long_ago() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let client = register(&mut tx, "used", Some(DAY)).await;
        let unused = Registered { all: 1, unused: 1 };
        assert_eq!(
            registrations::count(&mut tx).await,
            Ok(unused),
            "a day is not longer than that"
        );
        let (id, used) = (client.id(), Registered { all: 1, unused: 0 });
        for day in [0, 1] {
            let (until, early) = (later((90 + day) * DAY), later((89 + day) * DAY));
            assert_eq!(registrations::keep(&mut tx, id, until, early).await, Ok(Once::Won(())));
            assert_eq!(registrations::count(&mut tx).await, Ok(used));
            assert!(!registrations::find(&mut tx, id).await.unwrap().unwrap().unused);
        }
        let last = later(91 * DAY).minus(Lifetime::from_seconds(1));
        assert_eq!(registrations::remove_unused(&mut tx, last).await, Ok(vec![]));
        let gone = registrations::remove_unused(&mut tx, later(91 * DAY)).await;
        assert_eq!(gone, Ok(vec![id.clone()]));
        // Those that came with a token stay, used or not.
        let invited = register(&mut tx, "invited", None).await;
        let keep = registrations::keep(&mut tx, invited.id(), later(90 * DAY), later(89 * DAY));
        assert_eq!(keep.await, Ok(Once::TooLate));
        assert_eq!(registrations::is_any_over(&mut tx, later(4000 * DAY)).await, Ok(false));
    }
}

#[tokio::test]
async fn a_sweep_takes_a_hundred_at_a_time() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        for number in 0..=registrations::BATCH {
            register(&mut tx, &format!("unused-{number}"), Some(1)).await;
        }
        for expected in [registrations::BATCH, 1, 0] {
            let gone = registrations::remove_unused(&mut tx, later(1)).await.unwrap();
            assert_eq!(gone.len(), expected);
        }
    }
}

/// Seen red with every yes of the person forgotten.
#[tokio::test]
async fn a_yes_ends_with_its_client_and_no_other() {
    for house in House::both().await {
        let user = person(1);
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &user).await.unwrap().is_won());
        let [gone, stays] = ["gone", "stays"].map(|id| ClientId::parse(id).unwrap());
        for client in [&gone, &stays] {
            let scopes = ScopeSet::parse("openid");
            consents::record(&mut tx, &user.id, client, scopes, NOW).await.unwrap();
        }
        let several = [gone.clone(), ClientId::parse("never-was").unwrap()];
        assert_eq!(consents::forget_clients(&mut tx, &several).await, Ok(1));
        assert_eq!(consents::forget_clients(&mut tx, &[]).await, Ok(0));
        consents::record(&mut tx, &user.id, &gone, ScopeSet::parse("openid"), NOW).await.unwrap();
        assert_eq!(consents::forget_client(&mut tx, &gone).await, Ok(1));
        assert_eq!(consents::find(&mut tx, &user.id, &gone).await, Ok(None));
        assert!(consents::find(&mut tx, &user.id, &stays).await.unwrap().is_some());
    }
}

/// Seen red with the time left as it was.
#[tokio::test]
async fn who_is_vouched_for_stays_without_anybody() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let client = register(&mut tx, "trusted", Some(60)).await;
        assert_eq!(registrations::vouch(&mut tx, client.id()).await, Ok(Once::Won(())));
        assert_eq!(registrations::vouch(&mut tx, client.id()).await, Ok(Once::TooLate));
        assert_eq!(registrations::remove_unused(&mut tx, later(60)).await, Ok(vec![]));
        let counted = Registered { all: 1, unused: 0 };
        assert_eq!(registrations::count(&mut tx).await, Ok(counted));
    }
}
