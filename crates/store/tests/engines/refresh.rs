//! The refresh token of a grant, on both engines: it steps on once, is repeated so often and so long, and keeps its grant.

use crate::house::{House, NOW, grant, grant_made, hash, later, person, redeem};
use magpie_domain::{
    AccountState, ChannelKind, ClientId, Grant, Lifetime, RefreshState, Timestamp, User,
};
use magpie_store::grants::refresh::{self, Presented, Repetition, Rotation};
use magpie_store::grants::{self, Redemption};
use magpie_store::{Once, Store, Tx, purge, users};

fn first() -> RefreshState {
    RefreshState {
        hash: hash(10),
        previous: None,
        generation: 0,
        rotated_at: None,
        retries: 0,
        expires_at: later(100),
        ends_at: later(1000),
    }
}

/// A redeemed grant with its first refresh token.
async fn begun(tx: &mut Tx, grant: &Grant, refresh: &RefreshState) -> Grant {
    grants::open(tx, grant, &hash(1)).await.unwrap();
    let shown = Redemption {
        id: &grant.id,
        code_hash: &hash(1),
        client: &grant.client_id,
        refresh: Some(refresh),
        key: None,
    };
    match grants::redeem(tx, &shown, grant.created_at).await.unwrap() {
        Once::Won(grant) => grant,
        Once::TooLate => panic!("a new code"),
    }
}

async fn with_person(store: &Store) -> Tx {
    let mut tx = store.write().await.unwrap();
    assert!(users::insert(&mut tx, &person(1)).await.unwrap().is_won());
    tx
}

fn rotation<'a>(
    grant: &'a Grant,
    from: &'a magpie_domain::TokenHash,
    to: &'a magpie_domain::TokenHash,
    expires_at: Timestamp,
) -> Rotation<'a> {
    Rotation { id: &grant.id, from, to, expires_at }
}

/// The refresh token of a grant as it is stored.
async fn state_of(tx: &mut Tx, grant: &Grant) -> RefreshState {
    let (found, _person) = refresh::find_with_user(tx, &grant.id).await.unwrap().unwrap();
    found.refresh.unwrap()
}

/// T17. Seen red with a step that does not name the token it found.
#[tokio::test]
async fn a_token_steps_on_once_in_time_and_while_its_grant_lives() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        let grant = begun(&mut tx, &grant(1), &first()).await;
        assert_eq!(grant.refresh, Some(first()));
        let (old, new) = (hash(10), hash(11));
        let step = rotation(&grant, &old, &new, later(200));
        let late = refresh::rotate(&mut tx, &step, later(100)).await;
        assert_eq!(late, Ok(Once::TooLate), "at the very second of its end");
        let stepped = Grant {
            refresh: Some(RefreshState {
                hash: new,
                previous: Some(old),
                generation: 1,
                rotated_at: Some(later(99)),
                retries: 0,
                expires_at: later(200),
                ends_at: later(1000),
            }),
            ..grant.clone()
        };
        let won = refresh::rotate(&mut tx, &step, later(99)).await;
        assert_eq!(won, Ok(Once::Won(())));
        assert_eq!(refresh::rotate(&mut tx, &step, later(99)).await, Ok(Once::TooLate));
        let found = refresh::find_with_user(&mut tx, &grant.id).await;
        assert_eq!(found, Ok(Some((stepped, person(1)))));
        assert!(grants::revoke(&mut tx, &grant.id, later(99)).await.unwrap().is_won());
        let next = rotation(&grant, &new, &old, later(200));
        assert_eq!(refresh::rotate(&mut tx, &next, later(99)).await, Ok(Once::TooLate));
        assert_eq!(refresh::prolong(&mut tx, &next, later(99)).await, Ok(Once::TooLate));
    }
}

/// RT-02, RT-05. Seen red with a window without an end, and with repetitions without number.
#[tokio::test]
async fn a_step_is_repeated_so_often_so_long_and_while_the_present_token_is_unused() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        let grant = begun(&mut tx, &grant(1), &first()).await;
        let (one, two, three) = (hash(10), hash(11), hash(12));
        let window = Lifetime::from_seconds(30);
        let wish = |present| Repetition { id: &grant.id, present, window, most: 2 };
        let never = refresh::repeat(&mut tx, &wish(&one), later(1)).await;
        assert_eq!(never, Ok(Once::TooLate), "nothing was before the first");
        let step = rotation(&grant, &one, &two, later(200));
        assert!(refresh::rotate(&mut tx, &step, later(1)).await.unwrap().is_won());
        assert_eq!(refresh::repeat(&mut tx, &wish(&one), later(1)).await, Ok(Once::TooLate));
        assert_eq!(refresh::repeat(&mut tx, &wish(&two), later(31)).await, Ok(Once::TooLate));
        for retries in [1, 2] {
            let repeated = refresh::repeat(&mut tx, &wish(&two), later(30)).await.unwrap();
            assert!(repeated.is_won(), "{retries}");
            assert_eq!(state_of(&mut tx, &grant).await.retries, retries);
        }
        assert_eq!(refresh::repeat(&mut tx, &wish(&two), later(2)).await, Ok(Once::TooLate));
        let step = rotation(&grant, &two, &three, later(200));
        assert!(refresh::rotate(&mut tx, &step, later(3)).await.unwrap().is_won());
        assert!(refresh::repeat(&mut tx, &wish(&three), later(3)).await.unwrap().is_won());
    }
}

/// T18.
#[tokio::test]
async fn a_token_that_does_not_rotate_lives_longer_and_spends_the_one_before() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        let grant = begun(&mut tx, &grant(1), &first()).await;
        let (one, two, three) = (hash(10), hash(11), hash(12));
        let step = rotation(&grant, &one, &two, later(200));
        assert!(refresh::rotate(&mut tx, &step, later(1)).await.unwrap().is_won());
        let longer = rotation(&grant, &two, &three, later(300));
        assert!(refresh::prolong(&mut tx, &longer, later(2)).await.unwrap().is_won());
        let state = state_of(&mut tx, &grant).await;
        assert_eq!((state.hash, state.previous, state.generation), (three, None, 1));
        assert_eq!((state.expires_at, state.ends_at), (later(300), later(1000)));
        assert_eq!(refresh::prolong(&mut tx, &longer, later(2)).await, Ok(Once::TooLate));
    }
}

#[tokio::test]
async fn a_token_of_a_code_that_was_never_redeemed_does_not_exist() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        grants::open(&mut tx, &grant(1), &hash(1)).await.unwrap();
        assert_eq!(refresh::find_with_user(&mut tx, &grant(1).id).await, Ok(None));
        let plain = redeem(&mut tx, &grant(1), &hash(1), &grant(1).client_id, NOW).await.unwrap();
        let Once::Won(plain) = plain else { panic!("a new code") };
        assert_eq!(plain.refresh, None);
        let found = refresh::find_with_user(&mut tx, &grant(1).id).await;
        assert_eq!(found, Ok(Some((plain, person(1)))));
    }
}

/// The sweep passes over living refresh tokens, page by page, and comes back for them.
#[tokio::test]
async fn a_sweep_keeps_a_grant_for_as_long_as_its_refresh_token_lives() {
    for house in House::both().await {
        let retention = purge::Retention::default();
        let week = retention.grants;
        let lives = RefreshState {
            expires_at: later(5000).plus(week),
            ends_at: later(9000).plus(week),
            ..first()
        };
        let mut tx = with_person(&house.store).await;
        // Two pages and a bit; every third is alive, one of those was revoked.
        for number in 0..2100 {
            let state = if number % 3 == 0 { &lives } else { &first() };
            begun(&mut tx, &grant_made(number, NOW), state).await;
        }
        let revoked = grant_made(0, NOW);
        assert!(grants::revoke(&mut tx, &revoked.id, later(1)).await.unwrap().is_won());
        tx.commit().await.unwrap();
        let swept = |earlier, now| {
            let store = house.store.clone();
            async move {
                let purged = match earlier {
                    Some(earlier) => purge::since(&store, retention, earlier, now).await,
                    None => purge::beyond(&store, retention, now).await,
                };
                purged.unwrap().grants
            }
        };
        assert_eq!(swept(None, later(100).plus(week)).await, 1, "the revoked one");
        assert_eq!(swept(None, later(101).plus(week)).await, 1400, "those whose token has ended");
        assert_eq!(swept(None, later(102).plus(week)).await, 0);
        let end = later(5001).plus(week).plus(week);
        assert_eq!(swept(Some(later(102).plus(week)), end).await, 0, "looked at before");
        let before = house.store.statistics().commits;
        assert_eq!(swept(None, end).await, 699);
        assert_eq!(
            house.store.statistics().commits - before,
            7,
            "one page, and one look at each of six other tables"
        );
    }
}

/// T17 in one statement: it steps on only where the token, its client, its person and its times are right, gives the grant
/// as it stands afterwards with the person, and ends with the last token of the grant at the latest. Seen red with any
/// kind of channel accepted.
#[tokio::test]
async fn the_present_token_steps_on_and_brings_its_grant_and_person() {
    for house in House::both().await {
        let mut tx = with_person(&house.store).await;
        let grant = begun(&mut tx, &grant(1), &first()).await;
        let (old, new) = (hash(10), hash(11));
        let step = rotation(&grant, &old, &new, later(5000));
        let kinds = [ChannelKind::ServiceAccount, grant.kind];
        let shown = Presented { client: &grant.client_id, generation: 0, kinds: &kinds };
        let other = ClientId::parse("other").unwrap();
        for (step, shown, now) in [
            (rotation(&grant, &new, &new, later(200)), shown, later(99)),
            (step, Presented { generation: 1, ..shown }, later(99)),
            (step, Presented { client: &other, ..shown }, later(99)),
            (step, Presented { kinds: &[ChannelKind::ServiceAccount], ..shown }, later(99)),
            (step, Presented { kinds: &[], ..shown }, later(99)),
            (step, shown, later(100)),
        ] {
            let late = refresh::rotate_present(&mut tx, &step, shown, now).await;
            assert_eq!(late, Ok(Once::TooLate), "{step:?} {shown:?} {now:?}");
        }
        assert_eq!(state_of(&mut tx, &grant).await, first());
        let state = RefreshState {
            hash: new,
            previous: Some(old),
            generation: 1,
            rotated_at: Some(later(99)),
            retries: 0,
            expires_at: later(1000),
            ends_at: later(1000),
        };
        let stepped = Grant { refresh: Some(state), ..grant.clone() };
        let won = refresh::rotate_present(&mut tx, &step, shown, later(99)).await;
        assert_eq!(won, Ok(Once::Won((stepped, person(1)))));
        let again = refresh::rotate_present(&mut tx, &step, shown, later(99)).await;
        assert_eq!(again, Ok(Once::TooLate));
        only_of_the_living(&mut tx, &grant, &new).await;
    }
}

/// Neither a blocked person's token steps on, nor that of a grant that was revoked.
async fn only_of_the_living(tx: &mut Tx, live: &Grant, present: &magpie_domain::TokenHash) {
    let next = hash(12);
    assert!(grants::revoke(tx, &live.id, later(99)).await.unwrap().is_won());
    let step = rotation(live, present, &next, later(2000));
    let shown = Presented { client: &live.client_id, generation: 1, kinds: &[live.kind] };
    let late = refresh::rotate_present(tx, &step, shown, later(99)).await;
    assert_eq!(late, Ok(Once::TooLate), "revoked");

    let blocked = User { state: AccountState::Blocked, ..person(2) };
    assert!(users::insert(tx, &blocked).await.unwrap().is_won());
    let theirs = Grant { user_id: blocked.id, ..grant(2) };
    let theirs = begun(tx, &theirs, &first()).await;
    let present = hash(10);
    let step = rotation(&theirs, &present, &next, later(2000));
    let shown = Presented { client: &theirs.client_id, generation: 0, kinds: &[theirs.kind] };
    let late = refresh::rotate_present(tx, &step, shown, later(99)).await;
    assert_eq!(late, Ok(Once::TooLate), "blocked");
    let stepped = refresh::rotate(tx, &step, later(99)).await;
    assert_eq!(stepped, Ok(Once::Won(())), "nothing else was wrong");
}
