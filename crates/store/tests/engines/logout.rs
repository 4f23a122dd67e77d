//! The end of a session, on both engines: what ends with it and what stays, who is told, and that one sender at a time
//! holds a message.

use crate::house::{House, NOW, grant, grant_made, hash, later, person, redeem};
use magpie_domain::testing::{SeededEntropy, sample_session_id};
use magpie_domain::{
    Client, ClientDraft, ClientId, ClientPolicy, ClientSecrets, DeliveryId, Grant, Lifetime,
    LogoutDelivery, ScopeSet, Timestamp,
};
use magpie_store::logout_deliveries::{self, Whose};
use magpie_store::registrations::{self, NewRegistration};
use magpie_store::session_grants::{self, Withdrawal};
use magpie_store::{Once, Store, Tx, consents, grants, users};

fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

/// A client that registered itself.
fn registered(id: &str) -> Client {
    Client::new(ClientDraft {
        id: client(id),
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

fn delivery(number: u64) -> LogoutDelivery {
    LogoutDelivery {
        id: DeliveryId::generate(NOW, &SeededEntropy::new(number)).unwrap(),
        client_id: client("app"),
        user_id: person(1).id,
        session_id: sample_session_id(1),
        due_at: NOW,
        attempts: 0,
        gives_up_at: NOW.plus(LogoutDelivery::PATIENCE),
    }
}

async fn with_person(store: &Store) -> Tx {
    let mut tx = store.write().await.unwrap();
    assert!(users::insert(&mut tx, &person(1)).await.unwrap().is_won());
    tx
}

/// Opens a grant and, where asked, redeems it.
async fn open(tx: &mut Tx, grant: &Grant, redeemed: bool) {
    grants::open(tx, grant, &hash(1)).await.unwrap();
    if redeemed {
        let now = grant.created_at;
        let once = redeem(tx, grant, &hash(1), &grant.client_id, now).await.unwrap();
        assert!(once.is_won());
    }
}

fn of(number: u64, id: &str, scopes: &str) -> Grant {
    Grant { client_id: client(id), scopes: ScopeSet::parse(scopes), ..grant(number) }
}

/// L6.
#[tokio::test]
async fn a_session_takes_what_it_gave_but_for_what_was_given_for_the_persons_absence() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        let online = of(1, "online", "openid profile");
        let offline = of(2, "offline", "openid offline_access");
        let unredeemed = of(3, "unredeemed", "openid offline_access");
        let elsewhere = Grant { session_id: sample_session_id(9), ..of(4, "elsewhere", "openid") };
        for (grant, redeemed) in
            [(&online, true), (&offline, true), (&unredeemed, false), (&elsewhere, true)]
        {
            open(&mut tx, grant, redeemed).await;
        }
        let session = &online.session_id;
        assert_eq!(session_grants::revoke_online(&mut tx, session, later(1)).await, Ok(2));
        assert_eq!(session_grants::revoke_online(&mut tx, session, later(2)).await, Ok(0));
        for (grant, revoked) in
            [(&online, true), (&offline, false), (&unredeemed, true), (&elsewhere, false)]
        {
            let found = grants::find(&mut tx, &grant.id).await.unwrap().unwrap();
            assert_eq!(found.revoked_at, revoked.then_some(later(1)), "{}", grant.client_id);
        }
        // One whose grant has ended may have a session of its own; one that never had tokens has none.
        let told = session_grants::clients_of(&mut tx, session).await;
        assert_eq!(told, Ok(vec![client("offline"), client("online")]));
    }
}

#[tokio::test]
async fn a_person_sees_what_is_held_and_takes_one_applications_share_back() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        let (here, other) = (of(1, "app", "openid profile"), of(2, "other", "openid"));
        let young = Grant { session_id: sample_session_id(9), ..of(3, "app", "openid") };
        let old = NOW.minus(Lifetime::from_days(2));
        let outlived = Grant {
            client_id: client("app"),
            session_id: sample_session_id(8),
            code_expires_at: later(60),
            ..grant_made(4, old)
        };
        for grant in [&here, &other, &young, &outlived] {
            open(&mut tx, grant, true).await;
        }
        consents::record(&mut tx, &person(1).id, &client("app"), here.scopes, NOW).await.unwrap();
        let listed = consents::list_of(&mut tx, &person(1).id).await;
        assert_eq!(listed, Ok(vec![(client("app"), here.scopes, NOW)]));
        assert_eq!(consents::list_of(&mut tx, &person(2).id).await, Ok(vec![]));
        let (user, session) = (person(1).id, here.session_id.clone());
        let held = session_grants::held(&mut tx, &user, &session, NOW).await.unwrap();
        let ids: Vec<_> = held.iter().map(|held| held.client_id.as_str()).collect();
        assert_eq!(ids, ["app", "other"], "by this session");
        let app = client("app");
        let whose = Withdrawal {
            user: &user,
            session: &session,
            client: &app,
            since: NOW.minus(Lifetime::from_hours(1)),
            now: later(1),
        };
        assert_eq!(session_grants::withdraw(&mut tx, &whose).await, Ok(2));
        assert_eq!(session_grants::withdraw(&mut tx, &whose).await, Ok(0));
        for (grant, revoked) in [(&here, true), (&young, true), (&other, false), (&outlived, false)]
        {
            let found = grants::find(&mut tx, &grant.id).await.unwrap().unwrap();
            assert_eq!(found.revoked_at.is_some(), revoked, "{:?}", grant.id);
        }
        let held = session_grants::held(&mut tx, &user, &session, NOW).await.unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!((&held[0].client_id, held[0].since), (&client("other"), NOW));
    }
}

/// Everybody's but those of clients that registered themselves.
const VOUCHED: Whose<'_> = Whose { registered: false, but: &[] };
/// Theirs.
const STRANGERS: Whose<'_> = Whose { registered: true, but: &[] };

/// Leases up to `most`, one after the other.
async fn lease(
    tx: &mut Tx,
    (now, until): (Timestamp, Timestamp),
    whose: Whose<'_>,
    most: usize,
) -> Vec<LogoutDelivery> {
    let mut leased = Vec::new();
    while leased.len() < most {
        let next = logout_deliveries::lease(tx, now, until, whose).await.unwrap();
        let Some(next) = next else { break };
        leased.push(next);
    }
    leased
}

async fn is_any_due(tx: &mut Tx, now: Timestamp, whose: Whose<'_>) -> bool {
    logout_deliveries::is_any_due(tx, now, whose).await.unwrap()
}

/// CC-08, LO-06.
#[tokio::test]
async fn one_sender_at_a_time_holds_a_message_until_its_lease_passes() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        assert!(!is_any_due(&mut tx, NOW, VOUCHED).await);
        for number in 1..=3 {
            logout_deliveries::queue(&mut tx, &delivery(number)).await.unwrap();
        }
        assert!(!is_any_due(&mut tx, NOW.minus(Lifetime::from_seconds(1)), VOUCHED).await);
        assert!(is_any_due(&mut tx, NOW, VOUCHED).await);
        let until = NOW.plus(LogoutDelivery::LEASE);
        let first = lease(&mut tx, (NOW, until), VOUCHED, 2).await;
        assert_eq!(first.len(), 2);
        assert!(first.iter().all(|leased| leased.attempts == 1 && leased.due_at == until));
        let rest = lease(&mut tx, (NOW, until), VOUCHED, 9).await;
        assert_eq!(rest.len(), 1, "the others are somebody's");
        assert_eq!(lease(&mut tx, (NOW, until), VOUCHED, 9).await, vec![]);
        let [one, two] = &first[..] else { panic!("{first:?}") };
        assert_eq!(logout_deliveries::postpone(&mut tx, one, later(600)).await, Ok(Once::Won(())));
        assert_eq!(logout_deliveries::postpone(&mut tx, one, later(700)).await, Ok(Once::TooLate));
        assert_eq!(logout_deliveries::settle(&mut tx, one).await, Ok(Once::TooLate));
        assert_eq!(logout_deliveries::settle(&mut tx, two).await, Ok(Once::Won(())));
        assert_eq!(logout_deliveries::settle(&mut tx, two).await, Ok(Once::TooLate));
        // Whoever held the last one died.
        let taken_over = lease(&mut tx, (until, later(40)), VOUCHED, 9).await;
        assert_eq!(taken_over.len(), 1);
        assert_eq!((&taken_over[0].id, taken_over[0].attempts), (&rest[0].id, 2));
        assert_eq!(logout_deliveries::settle(&mut tx, &rest[0]).await, Ok(Once::TooLate));
        tx.commit().await.unwrap();
    }
}

/// Law 12: a sender passes over clients that it calls often enough, and strangers' messages are another sender's.
/// Seen red without each of the two conditions, in each of the two statements, on each of the two engines.
#[tokio::test]
async fn a_sender_finds_the_messages_that_it_is_after_and_no_others() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let stranger = registered("stranger");
        let new =
            NewRegistration { client: &stranger, token: &hash(9), now: NOW, unused_until: None };
        assert!(registrations::insert(&mut tx, &new).await.unwrap().is_won());
        for (number, id) in [(1, "app"), (2, "app"), (3, "app.two"), (4, "stranger")] {
            let due = LogoutDelivery { client_id: client(id), ..delivery(number) };
            logout_deliveries::queue(&mut tx, &due).await.unwrap();
        }
        let (but, strangers) = ([client("other"), client("app")], [client("stranger")]);
        let whose = Whose { but: &but, ..VOUCHED };
        let span = (NOW, NOW.plus(LogoutDelivery::LEASE));
        let to = |leased: Vec<LogoutDelivery>| -> Vec<String> {
            leased.into_iter().map(|leased| leased.client_id.as_str().to_owned()).collect()
        };
        assert!(is_any_due(&mut tx, NOW, whose).await);
        assert_eq!(to(lease(&mut tx, span, whose, 9).await), ["app.two"], "a name within a name");
        assert!(!is_any_due(&mut tx, NOW, whose).await);
        assert!(!is_any_due(&mut tx, NOW, Whose { but: &strangers, ..STRANGERS }).await);
        assert_eq!(to(lease(&mut tx, span, STRANGERS, 9).await), ["stranger"]);
        assert_eq!(to(lease(&mut tx, span, VOUCHED, 9).await), ["app", "app"]);
    }
}

/// CC-08: replicas that look at the same moment pass over each other's rows.
#[tokio::test]
async fn replicas_that_lease_at_once_share_the_messages_out() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        for number in 1..=40 {
            logout_deliveries::queue(&mut tx, &delivery(number)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let until = NOW.plus(LogoutDelivery::LEASE);
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let store = house.second_store().await;
            senders.spawn(async move {
                let mut taken = Vec::new();
                for _ in 0..5 {
                    let mut tx = store.write().await.unwrap();
                    let leased = lease(&mut tx, (NOW, until), VOUCHED, 4).await;
                    tx.commit().await.unwrap();
                    taken.extend(leased.into_iter().map(|leased| leased.id));
                }
                taken
            });
        }
        let mut taken = Vec::new();
        while let Some(leased) = senders.join_next().await {
            taken.extend(leased.unwrap());
        }
        assert_eq!(taken.len(), 40);
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), 40, "nobody's message was another's too");
    }
}
