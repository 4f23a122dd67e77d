//! Every public function of every room, on both engines: what goes in comes out, and what is once-only is once.

use crate::house::{House, NOW, claim_key, hash, later, person};
use magpie_domain::testing::{SeededEntropy, sample_session};
use magpie_domain::{
    Actor, Algorithm, AppId, AuditEvent, AuditFact, BrowserSession, ByOpenId, ByUnionId, Claimed,
    Client, ClientDraft, ClientId, ClientPolicy, ClientSecrets, Gender, KeyRecord, OpenId,
    Platform, Profile, ScopeSet, SigningKeyId, UnionId, WechatIdentity,
};
use magpie_store::identities::FoundKeys;
use magpie_store::{
    Once, audit, claims, clients, consents, identities, meta, sessions, signing_keys, users,
};

fn client(id: &str, secret: bool) -> Client {
    Client::new(ClientDraft {
        id: ClientId::parse(id).unwrap(),
        name: "应用".to_owned(),
        secrets: ClientSecrets::of(secret.then(|| hash(7))),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec!["https://app.example/bye".to_owned()],
        scopes: ScopeSet::parse("openid profile"),
        policy: ClientPolicy { nickname: true, ..ClientPolicy::default() },
        enabled: secret,
    })
    .unwrap()
}

fn identity() -> WechatIdentity {
    WechatIdentity {
        app_id: AppId::parse("wx1").unwrap(),
        openid: OpenId::parse("openid-1").unwrap(),
        union: Some((Platform::parse("main").unwrap(), UnionId::parse("union-1").unwrap())),
        profile: Profile::default(),
        member: None,
    }
}

#[tokio::test]
async fn a_client_comes_back_as_it_was_added_and_its_id_is_taken_once() {
    for house in House::both().await {
        let (one, two) = (client("app-b", true), client("app-a", false));
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(clients::insert(&mut tx, &one, NOW).await, Ok(Once::Won(())));
        assert_eq!(clients::insert(&mut tx, &two, NOW).await, Ok(Once::Won(())));
        assert_eq!(clients::insert(&mut tx, &client("app-b", false), NOW).await, Ok(Once::TooLate));
        tx.commit().await.unwrap();

        let mut tx = house.store.read().await.unwrap();
        assert_eq!(clients::find(&mut tx, one.id()).await, Ok(Some(one.clone())));
        assert_eq!(clients::list(&mut tx).await, Ok(vec![two, one.clone()]));

        let mut tx = house.store.write().await.unwrap();
        assert_eq!(clients::remove(&mut tx, one.id()).await, Ok(true));
        assert_eq!(clients::remove(&mut tx, one.id()).await, Ok(false));
        assert_eq!(clients::find(&mut tx, one.id()).await, Ok(None));
    }
}

#[tokio::test]
async fn a_person_comes_back_as_they_were_added_and_names_are_taken_once() {
    for house in House::both().await {
        let (ann, ben) = (person(1), person(2));
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(users::insert(&mut tx, &ann).await, Ok(Once::Won(())));
        assert_eq!(users::insert(&mut tx, &ben).await, Ok(Once::Won(())));
        let same_subject = magpie_domain::User { subject: ann.subject.clone(), ..person(3) };
        assert_eq!(users::insert(&mut tx, &same_subject).await, Ok(Once::TooLate));
        let same_name =
            magpie_domain::User { preferred_username: ann.preferred_username.clone(), ..person(4) };
        assert_eq!(users::insert(&mut tx, &same_name).await, Ok(Once::TooLate));
        assert_eq!(users::find(&mut tx, &ann.id).await, Ok(Some(ann.clone())));
        assert_eq!(users::find(&mut tx, &person(9).id).await, Ok(None));
        assert_eq!(users::find_by_subject(&mut tx, &ben.subject).await, Ok(Some(ben.clone())));

        let mut both = vec![ann, ben];
        both.sort_by(|one, two| one.id.cmp(&two.id));
        assert_eq!(users::list(&mut tx, None, 10).await, Ok(both.clone()));
        assert_eq!(users::list(&mut tx, None, 1).await, Ok(both[..1].to_vec()));
        assert_eq!(users::list(&mut tx, Some(&both[0].id), 10).await, Ok(both[1..].to_vec()));
    }
}

#[tokio::test]
async fn a_profile_is_written_only_when_it_says_something_else() {
    for house in House::both().await {
        let ann = person(1);
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &ann).await.unwrap().is_won());
        assert_eq!(users::set_profile(&mut tx, &ann.id, &ann.profile, later(1)).await, Ok(false));
        assert_eq!(users::find(&mut tx, &ann.id).await, Ok(Some(ann.clone())));
        let name = Profile { name: None, ..ann.profile.clone() };
        let picture =
            Profile { picture: Some("https://thirdwx.qlogo.cn/1".to_owned()), ..name.clone() };
        let gender = Profile { gender: Some(Gender::Female), ..picture.clone() };
        let locale = Profile { locale: Some("zh-CN".to_owned()), ..gender.clone() };
        for (profile, at) in [name, picture, gender, locale].into_iter().zip(2..) {
            let set = users::set_profile(&mut tx, &ann.id, &profile, later(at)).await;
            assert_eq!(set, Ok(true), "change number {at}");
            let expected = magpie_domain::User { profile, updated_at: later(at), ..ann.clone() };
            assert_eq!(users::find(&mut tx, &ann.id).await, Ok(Some(expected)));
        }
    }
}

#[tokio::test]
async fn both_keys_of_wechat_find_their_person_and_belong_to_one_alone() {
    for house in House::both().await {
        let (ann, ben, who) = (person(1), person(2), identity());
        let (platform, unionid) = who.union.clone().unwrap();
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &ann).await.unwrap().is_won());
        assert!(users::insert(&mut tx, &ben).await.unwrap().is_won());

        let nobody = FoundKeys { by_openid: None, by_unionid: ByUnionId::Unknown, person: None };
        assert_eq!(identities::find_keys(&mut tx, &who).await, Ok(nobody));

        let won = Ok(Once::Won(()));
        let late = Ok(Once::TooLate);
        assert_eq!(
            identities::attach_openid(&mut tx, &ann.id, &who.app_id, &who.openid, NOW).await,
            won
        );
        for user in [&ann.id, &ben.id] {
            let again =
                identities::attach_openid(&mut tx, user, &who.app_id, &who.openid, NOW).await;
            assert_eq!(again, late);
        }
        let ann_by_openid = |has_unionid, by_unionid| FoundKeys {
            by_openid: Some(ByOpenId { user: ann.id.clone(), has_unionid }),
            by_unionid,
            person: Some(ann.clone()),
        };
        let found = identities::find_keys(&mut tx, &who).await;
        assert_eq!(found, Ok(ann_by_openid(false, ByUnionId::Unknown)));

        assert_eq!(
            identities::attach_unionid(&mut tx, &ann.id, &platform, &unionid, NOW).await,
            won
        );
        assert_eq!(
            identities::attach_unionid(&mut tx, &ben.id, &platform, &unionid, NOW).await,
            late
        );
        let other = Platform::parse("other").unwrap();
        for (union, expected) in [
            (who.union.clone(), ann_by_openid(true, ByUnionId::Known(ann.id.clone()))),
            (Some((other, unionid.clone())), ann_by_openid(false, ByUnionId::Unknown)),
            (None, ann_by_openid(false, ByUnionId::NotSent)),
        ] {
            let asked = WechatIdentity { union, ..who.clone() };
            assert_eq!(identities::find_keys(&mut tx, &asked).await, Ok(expected));
        }
        let keys = (vec![(who.app_id.clone(), who.openid.clone())], vec![(platform, unionid)]);
        assert_eq!(identities::of_user(&mut tx, &ann.id).await, Ok(keys));
        assert_eq!(identities::of_user(&mut tx, &ben.id).await, Ok((vec![], vec![])));
    }
}

#[tokio::test]
async fn the_newest_people_of_an_app_are_counted_with_and_without_a_unionid() {
    for house in House::both().await {
        let (ann, ben, who) = (person(1), person(2), identity());
        let (platform, unionid) = who.union.clone().unwrap();
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(identities::unionid_coverage(&mut tx, &who.app_id, &platform).await, Ok((0, 0)));
        let another = OpenId::parse("oAnotherPersonOfTheSameApp00").unwrap();
        for (user, openid) in [(&ann, &who.openid), (&ben, &another)] {
            assert!(users::insert(&mut tx, user).await.unwrap().is_won());
            let attached =
                identities::attach_openid(&mut tx, &user.id, &who.app_id, openid, NOW).await;
            assert!(attached.unwrap().is_won());
        }
        assert_eq!(identities::unionid_coverage(&mut tx, &who.app_id, &platform).await, Ok((2, 0)));
        let given = identities::attach_unionid(&mut tx, &ann.id, &platform, &unionid, NOW).await;
        assert!(given.unwrap().is_won());
        assert_eq!(identities::unionid_coverage(&mut tx, &who.app_id, &platform).await, Ok((2, 1)));
        let (app, other) = (AppId::parse("wx9").unwrap(), Platform::parse("other").unwrap());
        assert_eq!(identities::unionid_coverage(&mut tx, &app, &platform).await, Ok((0, 0)));
        assert_eq!(identities::unionid_coverage(&mut tx, &who.app_id, &other).await, Ok((2, 0)));
    }
}

#[tokio::test]
async fn a_contradiction_is_one_row_however_often_it_is_seen() {
    for house in House::both().await {
        let (ann, ben, who) = (person(1), person(2), identity());
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &ann).await.unwrap().is_won());
        assert!(users::insert(&mut tx, &ben).await.unwrap().is_won());
        let new = identities::record_conflict(&mut tx, &ann.id, None, &who, NOW).await;
        assert_eq!(new, Ok(true));
        let again =
            identities::record_conflict(&mut tx, &ann.id, Some(&ben.id), &who, later(5)).await;
        assert_eq!(again, Ok(false));
        let nothing = WechatIdentity { union: None, ..who.clone() };
        let none = identities::record_conflict(&mut tx, &ann.id, None, &nothing, NOW).await;
        assert_eq!(none, Ok(false));

        let conflicts = identities::conflicts(&mut tx).await.unwrap();
        assert_eq!(conflicts.len(), 1);
        let conflict = &conflicts[0];
        assert_eq!((&conflict.user, &conflict.other), (&ann.id, &Some(ben.id)));
        assert_eq!((conflict.first_seen_at, conflict.last_seen_at), (NOW, later(5)));
        assert_eq!(Some((conflict.platform.clone(), conflict.unionid.clone())), who.union);
        assert_eq!(conflict.app_id, who.app_id);
    }
}

#[tokio::test]
async fn a_session_is_found_by_id_and_secret_touched_forward_and_ended_once() {
    for house in House::both().await {
        let session = sample_session(1);
        let mut tx = house.store.write().await.unwrap();
        sessions::open(&mut tx, &session, &hash(1)).await.unwrap();
        let find = sessions::find(&mut tx, &session.id, &hash(1)).await;
        assert_eq!(find, Ok(Some(session.clone())));
        assert_eq!(sessions::find(&mut tx, &session.id, &hash(2)).await, Ok(None));

        sessions::touch(&mut tx, &session.id, later(10)).await.unwrap();
        sessions::touch(&mut tx, &session.id, later(5)).await.unwrap();
        let touched = BrowserSession { last_seen_at: later(10), ..session.clone() };
        assert_eq!(sessions::find_by_id(&mut tx, &session.id).await, Ok(Some(touched.clone())));

        assert_eq!(sessions::end(&mut tx, &session.id, later(20)).await, Ok(Once::Won(())));
        assert_eq!(sessions::end(&mut tx, &session.id, later(21)).await, Ok(Once::TooLate));
        sessions::touch(&mut tx, &session.id, later(30)).await.unwrap();
        let ended = BrowserSession { ended_at: Some(later(20)), ..touched };
        assert_eq!(sessions::find_by_id(&mut tx, &session.id).await, Ok(Some(ended)));
    }
}

/// AD-05. Seen red with any secret, with anybody's session, and with one that has ended.
#[tokio::test]
async fn a_session_is_renewed_by_the_holder_of_its_secret_for_its_own_person_while_it_lives() {
    for house in House::both().await {
        let session = sample_session(1);
        let again = BrowserSession {
            auth_time: later(10),
            last_seen_at: later(10),
            kind: magpie_domain::ChannelKind::ServiceAccount,
            ..session.clone()
        };
        let stranger = BrowserSession { user_id: person(7).id, ..again.clone() };
        let mut tx = house.store.write().await.unwrap();
        sessions::open(&mut tx, &session, &hash(1)).await.unwrap();
        for (who, secret) in [(&again, hash(3)), (&stranger, hash(1))] {
            let renewed = sessions::renew(&mut tx, who, &secret, &hash(2)).await;
            assert_eq!(renewed, Ok(Once::TooLate));
        }
        let renewed = sessions::renew(&mut tx, &again, &hash(1), &hash(2)).await;
        assert_eq!(renewed, Ok(Once::Won(())));
        assert_eq!(sessions::find(&mut tx, &session.id, &hash(1)).await, Ok(None));
        let found = sessions::find(&mut tx, &session.id, &hash(2)).await;
        assert_eq!(found, Ok(Some(again.clone())));
        sessions::end(&mut tx, &session.id, later(20)).await.map(drop).unwrap();
        let renewed = sessions::renew(&mut tx, &again, &hash(2), &hash(4)).await;
        assert_eq!(renewed, Ok(Once::TooLate));
    }
}

#[tokio::test]
async fn a_claim_is_first_once_and_its_outcome_is_settled_once() {
    for house in House::both().await {
        let key = claim_key(1);
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(claims::outcome_of(&mut tx, &key).await, Ok(None));
        assert_eq!(claims::settle(&mut tx, &key, b"early", NOW).await, Ok(Once::TooLate));
        assert_eq!(claims::claim(&mut tx, &key, NOW, later(120)).await, Ok(Claimed::First));
        assert_eq!(claims::claim(&mut tx, &key, NOW, later(120)).await, Ok(Claimed::Running));
        assert_eq!(claims::outcome_of(&mut tx, &key).await, Ok(Some(Claimed::Running)));
        assert_eq!(claims::settle(&mut tx, &key, b"sealed", NOW).await, Ok(Once::Won(())));
        assert_eq!(claims::settle(&mut tx, &key, b"other", NOW).await, Ok(Once::TooLate));
        let settled = Claimed::Settled(b"sealed".to_vec());
        assert_eq!(claims::claim(&mut tx, &key, NOW, later(120)).await, Ok(settled.clone()));
        assert_eq!(claims::outcome_of(&mut tx, &key).await, Ok(Some(settled)));
    }
}

#[tokio::test]
async fn the_last_yes_is_remembered_until_it_is_withdrawn() {
    for house in House::both().await {
        let (ann, app) = (person(1), ClientId::parse("app").unwrap());
        let mut tx = house.store.write().await.unwrap();
        assert!(users::insert(&mut tx, &ann).await.unwrap().is_won());
        assert_eq!(consents::find(&mut tx, &ann.id, &app).await, Ok(None));
        for scopes in ["openid", "openid profile"] {
            let scopes = ScopeSet::parse(scopes);
            consents::record(&mut tx, &ann.id, &app, scopes, NOW).await.unwrap();
            assert_eq!(consents::find(&mut tx, &ann.id, &app).await, Ok(Some(scopes)));
        }
        assert_eq!(consents::withdraw(&mut tx, &ann.id, &app).await, Ok(true));
        assert_eq!(consents::withdraw(&mut tx, &ann.id, &app).await, Ok(false));
        assert_eq!(consents::find(&mut tx, &ann.id, &app).await, Ok(None));
    }
}

fn key(number: u64) -> KeyRecord {
    KeyRecord {
        id: SigningKeyId::generate(later(number.try_into().unwrap()), &SeededEntropy::new(number))
            .unwrap(),
        kid: format!("kid-{number}"),
        algorithm: Algorithm::Rs256,
        published_at: NOW,
        signs_from: later(600),
    }
}

#[tokio::test]
async fn a_signing_key_comes_back_sealed_and_is_followed_once() {
    for house in House::both().await {
        let (first, second, rival) = (key(1), key(2), key(3));
        let mut tx = house.store.write().await.unwrap();
        let succeed = signing_keys::succeed(&mut tx, &first, b"sealed", "{}", None).await;
        assert_eq!(succeed, Ok(Once::Won(())));
        let other = signing_keys::succeed(&mut tx, &rival, b"sealed", "{}", None).await;
        assert_eq!(other, Ok(Once::TooLate));
        let newest = Some(&first.id);
        let next = signing_keys::succeed(&mut tx, &second, b"two", "{\"n\":2}", newest).await;
        assert_eq!(next, Ok(Once::Won(())));
        let late = signing_keys::succeed(&mut tx, &rival, b"three", "{}", newest).await;
        assert_eq!(late, Ok(Once::TooLate));
        let same_kid = KeyRecord { kid: first.kid.clone(), ..key(4) };
        assert_eq!(signing_keys::insert(&mut tx, &same_kid, b"", "{}").await, Ok(Once::TooLate));
        assert_eq!(signing_keys::insert(&mut tx, &rival, b"x", "{}").await, Ok(Once::Won(())));

        let stored = signing_keys::list(&mut tx).await.unwrap();
        let records: Vec<_> = stored.iter().map(|stored| stored.record.clone()).collect();
        assert_eq!(records, [first.clone(), second, rival]);
        assert_eq!((&stored[1].sealed[..], &*stored[1].public_jwk), (&b"two"[..], "{\"n\":2}"));
        assert!(!format!("{stored:?}").contains("sealed"));
        assert_eq!(signing_keys::remove(&mut tx, &first.id).await, Ok(true));
        assert_eq!(signing_keys::remove(&mut tx, &first.id).await, Ok(false));
    }
}

#[tokio::test]
async fn the_trail_keeps_every_line_in_order() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        let user = person(1).id;
        let events = [
            AuditEvent {
                at: NOW,
                actor: Actor::Person(user.clone()),
                fact: AuditFact::UserEnrolled { user: user.clone() },
            },
            AuditEvent {
                at: later(1),
                actor: Actor::Operator,
                fact: AuditFact::KeyAdded { kid: "kid".to_owned() },
            },
            AuditEvent {
                at: later(2),
                actor: Actor::System,
                fact: AuditFact::IdentityConflict { user, other: None },
            },
        ];
        for event in &events {
            audit::append(&mut tx, event).await.unwrap();
        }
        let all = audit::list(&mut tx, 0, 10).await.unwrap();
        let listed: Vec<_> = all.iter().map(|line| line.event.clone()).collect();
        assert_eq!(listed, events);
        assert_eq!(audit::list(&mut tx, 0, 2).await, Ok(all[..2].to_vec()));
        assert_eq!(audit::list(&mut tx, all[1].number, 10).await, Ok(all[2..].to_vec()));
    }
}

#[tokio::test]
async fn a_database_that_served_production_says_so_for_good() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(meta::has_served_production(&mut tx).await, Ok(false));
        meta::mark_production(&mut tx, NOW).await.unwrap();
        meta::mark_production(&mut tx, later(1)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = house.store.read().await.unwrap();
        assert_eq!(meta::has_served_production(&mut tx).await, Ok(true));
    }
}
