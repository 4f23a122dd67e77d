//! People who left WeChat, on both engines: nothing of theirs goes on, nothing of anybody else's ends.

use crate::house::{House, NOW, grant, grant_made, hash, later, person};
use magpie_domain::testing::{sample_session, sample_session_id};
use magpie_domain::{
    AccountState, AppId, BrowserSession, ClientId, Grant, Lifetime, OpenId, Platform, Profile,
    RefreshState, ScopeSet, UnionId, UserId, WechatIdentity,
};
use magpie_store::grants::{self, Redemption};
use magpie_store::{Tx, consents, identities, session_grants, sessions, users};

async fn two_people(house: &House) -> (Tx, UserId, UserId) {
    let mut tx = house.store.write().await.unwrap();
    for number in [1, 2] {
        assert!(users::insert(&mut tx, &person(number)).await.unwrap().is_won());
    }
    (tx, person(1).id, person(2).id)
}

async fn redeemed(tx: &mut Tx, grant: &Grant, refresh: Option<&RefreshState>) {
    let client = &grant.client_id;
    grants::open(tx, grant, &hash(1)).await.unwrap();
    let shown = Redemption { id: &grant.id, code_hash: &hash(1), client, refresh, key: None };
    assert!(grants::redeem(tx, &shown, grant.created_at).await.unwrap().is_won());
}

/// WP-14.
#[tokio::test]
async fn everything_that_is_held_of_a_person_ends_whoever_holds_it() {
    for house in House::both().await {
        let (mut tx, ann, ben) = two_people(&house).await;
        let refresh = RefreshState {
            hash: hash(10),
            previous: None,
            generation: 0,
            rotated_at: None,
            retries: 0,
            expires_at: later(100),
            ends_at: later(1000),
        };
        let old = |number| {
            let made = NOW.minus(Lifetime::from_days(2));
            Grant { code_expires_at: later(60), ..grant_made(number, made) }
        };
        let (young, outlived, offline) = (grant(1), old(2), old(3));
        let others = Grant { user_id: ben.clone(), ..grant(4) };
        for (grant, refresh) in
            [(&young, None), (&outlived, None), (&offline, Some(&refresh)), (&others, None)]
        {
            redeemed(&mut tx, grant, refresh).await;
        }
        let since = NOW.minus(Lifetime::from_hours(1));
        assert_eq!(session_grants::revoke_all(&mut tx, &ann, since, later(1)).await, Ok(2));
        assert_eq!(session_grants::revoke_all(&mut tx, &ann, since, later(2)).await, Ok(0));
        for (grant, revoked) in
            [(&young, true), (&outlived, false), (&offline, true), (&others, false)]
        {
            let found = grants::find(&mut tx, &grant.id).await.unwrap().unwrap();
            assert_eq!(found.revoked_at, revoked.then_some(later(1)), "{:?}", grant.id);
        }
        let app = ClientId::parse("app").unwrap();
        for user in [&ann, &ben] {
            consents::record(&mut tx, user, &app, ScopeSet::parse("openid"), NOW).await.unwrap();
        }
        assert_eq!(consents::forget_user(&mut tx, &ann).await, Ok(1));
        assert_eq!(consents::find(&mut tx, &ann, &app).await, Ok(None));
        assert!(consents::find(&mut tx, &ben, &app).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn the_open_sessions_of_a_person_are_found_and_nobody_elses() {
    for house in House::both().await {
        let (mut tx, ann, ben) = two_people(&house).await;
        let session = |number: u64, user: &UserId| BrowserSession {
            id: sample_session_id(number),
            user_id: user.clone(),
            ..sample_session(number)
        };
        let (one, two, ended) = (session(1, &ann), session(2, &ann), session(3, &ann));
        let others = session(4, &ben);
        for (number, session) in (1_u8..).zip([&one, &two, &ended, &others]) {
            sessions::open(&mut tx, session, &hash(number)).await.unwrap();
        }
        assert!(sessions::end(&mut tx, &ended.id, later(1)).await.unwrap().is_won());
        let mut expected = vec![one, two];
        expected.sort_by(|left, right| left.id.cmp(&right.id));
        assert_eq!(sessions::open_of_user(&mut tx, &ann).await, Ok(expected));
        assert_eq!(sessions::open_of_user(&mut tx, &person(9).id).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_forgotten_person_has_no_key_left_and_keeps_the_row_of_their_sub() {
    for house in House::both().await {
        let (mut tx, ann, ben) = two_people(&house).await;
        let identity = |number: u8| WechatIdentity {
            app_id: AppId::parse("wx1").unwrap(),
            openid: OpenId::parse(&format!("openid-{number}")).unwrap(),
            union: Some((
                Platform::parse("main").unwrap(),
                UnionId::parse(&format!("union-{number}")).unwrap(),
            )),
            profile: Profile::default(),
            member: None,
        };
        for (number, user) in [(1, &ann), (2, &ben)] {
            let who = identity(number);
            let (platform, unionid) = who.union.as_ref().unwrap();
            for attached in [
                identities::attach_openid(&mut tx, user, &who.app_id, &who.openid, NOW).await,
                identities::attach_unionid(&mut tx, user, platform, unionid, NOW).await,
            ] {
                assert!(attached.unwrap().is_won());
            }
        }
        let (first, second) = (identity(1), identity(2));
        for (user, other, about) in [(&ann, &ben, &second), (&ben, &ann, &first)] {
            identities::record_conflict(&mut tx, user, Some(other), about, NOW).await.unwrap();
        }
        let find = identities::find_by_openid(&mut tx, &first.app_id, &first.openid).await;
        assert_eq!(find, Ok(Some(ann.clone())));
        identities::forget(&mut tx, &ann).await.unwrap();
        let find = identities::find_by_openid(&mut tx, &first.app_id, &first.openid).await;
        assert_eq!(find, Ok(None));
        assert_eq!(identities::of_user(&mut tx, &ann).await, Ok((vec![], vec![])));
        assert_eq!(identities::conflicts(&mut tx).await, Ok(vec![]));
        let (openids, unionids) = identities::of_user(&mut tx, &ben).await.unwrap();
        assert_eq!((openids.len(), unionids.len()), (1, 1));
        assert_eq!(users::find(&mut tx, &ann).await, Ok(Some(person(1))));
        assert!(!users::insert(&mut tx, &person(1)).await.unwrap().is_won(), "the sub is taken");
    }
}

#[tokio::test]
async fn a_person_is_blocked_once() {
    for house in House::both().await {
        let (mut tx, ann, ben) = two_people(&house).await;
        for (state, news) in [
            (AccountState::Blocked, true),
            (AccountState::Blocked, false),
            (AccountState::Active, true),
        ] {
            assert_eq!(users::set_state(&mut tx, &ann, state).await, Ok(news), "{state:?}");
            assert_eq!(users::find(&mut tx, &ann).await.unwrap().unwrap().state, state);
        }
        assert_eq!(users::find(&mut tx, &ben).await, Ok(Some(person(2))));
    }
}
