//! Clients that change, secrets that are replaced, and values that count once, on both engines.

use magpie_domain::{
    Client, ClientDraft, ClientId, ClientKeys, ClientPolicy, ClientSecrets, ScopeSet,
};
use magpie_store::{Once, clients, purge, seen_once};

use crate::house::{House, NOW, hash, later};

fn draft() -> ClientDraft {
    ClientDraft {
        id: ClientId::parse("app").unwrap(),
        name: "App".to_owned(),
        secrets: ClientSecrets::of(Some(hash(1))),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec![],
        scopes: ScopeSet::parse("openid profile"),
        policy: ClientPolicy::default(),
        enabled: true,
    }
}

async fn with_client(house: &House) -> Client {
    let client = Client::new(draft()).unwrap();
    let mut tx = house.store.write().await.unwrap();
    assert!(clients::insert(&mut tx, &client, NOW).await.unwrap().is_won());
    tx.commit().await.unwrap();
    client
}

/// CA-14. Seen red with the end not written.
#[tokio::test]
async fn a_new_secret_takes_the_place_of_the_one_before() {
    for house in House::both().await {
        let client = with_client(&house).await;
        let id = client.id();
        let mut tx = house.store.write().await.unwrap();
        for (secret, keep, previous) in [
            (2, Some(later(60)), Some((hash(1), Some(later(60))))),
            (3, Some(later(90)), Some((hash(2), Some(later(90))))),
            (4, None, None),
        ] {
            let rotated = clients::rotate_secret(&mut tx, id, &hash(secret), keep).await;
            assert_eq!(rotated, Ok(true));
            let found = clients::find(&mut tx, id).await.unwrap().unwrap();
            let expected = ClientSecrets { current: Some(hash(secret)), previous };
            assert_eq!(found.secrets(), &expected);
        }
        let nobody = ClientId::parse("nobody").unwrap();
        assert_eq!(clients::rotate_secret(&mut tx, &nobody, &hash(9), None).await, Ok(false));
        let public = Client::new(ClientDraft {
            id: ClientId::parse("public").unwrap(),
            secrets: ClientSecrets::default(),
            ..draft()
        });
        let public = public.unwrap();
        assert!(clients::insert(&mut tx, &public, NOW).await.unwrap().is_won());
        assert_eq!(clients::rotate_secret(&mut tx, public.id(), &hash(9), None).await, Ok(false));
    }
}

#[tokio::test]
async fn a_changed_client_comes_back_as_it_was_changed() {
    for house in House::both().await {
        let client = with_client(&house).await;
        let mut tx = house.store.write().await.unwrap();
        let found = clients::find_to_change(&mut tx, client.id()).await.unwrap();
        assert_eq!(found, Some(client.clone()));
        let mut changed = client.to_draft();
        changed.name = "应用".to_owned();
        changed.enabled = false;
        changed.scopes = ScopeSet::parse("openid email");
        changed.redirect_uris.push("https://app.example/second".to_owned());
        changed.secrets.previous = Some((hash(2), Some(later(5))));
        changed.policy.nickname = true;
        let changed = Client::new(changed).unwrap();
        assert_eq!(clients::update(&mut tx, &changed).await, Ok(true));
        assert_eq!(clients::find(&mut tx, client.id()).await, Ok(Some(changed.clone())));
        let mut keyed = changed.to_draft();
        keyed.secrets = ClientSecrets::default();
        keyed.policy.keys = ClientKeys::Jwks("{\"keys\":[]}".to_owned());
        let keyed = Client::new(keyed).unwrap();
        assert_eq!(clients::update(&mut tx, &keyed).await, Ok(true));
        assert_eq!(clients::find(&mut tx, client.id()).await, Ok(Some(keyed)));
        clients::remove(&mut tx, client.id()).await.unwrap();
        assert_eq!(clients::update(&mut tx, &changed).await, Ok(false));
        assert_eq!(clients::find_to_change(&mut tx, client.id()).await, Ok(None));
    }
}

/// CC-10. Seen red without `ON CONFLICT`, and with a sweep that comes five seconds early.
#[tokio::test]
async fn a_value_is_seen_once_by_all_replicas_and_forgotten_after_its_end() {
    for house in House::both().await {
        let other = house.second_store().await;
        for (store, key, expected) in [
            (&house.store, 1, Once::Won(())),
            (&other, 1, Once::TooLate),
            (&house.store, 1, Once::TooLate),
            (&other, 2, Once::Won(())),
        ] {
            let mut tx = store.write_single().await.unwrap();
            let ends = later(10 * u32::from(key));
            assert_eq!(seen_once::mark(&mut tx, &hash(key), ends).await, Ok(expected));
            tx.commit().await.unwrap();
        }
        assert_eq!(purge::expired(&house.store, later(9)).await.unwrap().seen_once, 0);
        assert_eq!(purge::expired(&house.store, later(10)).await.unwrap().seen_once, 1);
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(seen_once::mark(&mut tx, &hash(1), later(60)).await, Ok(Once::Won(())));
        assert_eq!(seen_once::mark(&mut tx, &hash(2), later(60)).await, Ok(Once::TooLate));
    }
}

/// T23: those without an origin are left in the database, whatever they write elsewhere.
#[tokio::test]
async fn the_clients_with_origins_are_found_among_the_others() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        for (id, origins) in
            [("none", &[][..]), ("one", &["https://a.example"]), ("off", &["https://b.example"])]
        {
            let mut draft = draft();
            draft.id = ClientId::parse(id).unwrap();
            draft.name = r#""allowed_cors_origins":[]"#.to_owned();
            draft.policy.allowed_cors_origins =
                origins.iter().map(|origin: &&str| (*origin).to_owned()).collect();
            draft.enabled = id != "off";
            let client = Client::new(draft).unwrap();
            assert_eq!(clients::insert(&mut tx, &client, NOW).await, Ok(Once::Won(())));
        }
        let found = clients::list_with_origins(&mut tx).await.unwrap();
        let mut ids: Vec<_> = found.iter().map(|client| client.id().as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["off", "one"]);
    }
}
