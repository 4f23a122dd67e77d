//! What an organisation in WeCom says of its members.

use magpie_domain::{
    AppId, CorporateMail, Mailbox, Member, MemberId, OpenId, User, UserId, WechatIdentity,
};
use magpie_store::{Once, Tx, identities, members, users};

use crate::house::{House, NOW, later, person};

fn corp() -> AppId {
    AppId::parse("wwcorp").unwrap()
}

fn mail(text: &str) -> Mailbox {
    Mailbox::Is(CorporateMail::parse(text).unwrap())
}

async fn note(tx: &mut Tx, user: &User, userid: &str, mailbox: Mailbox) {
    let member = Member { id: MemberId::parse(userid).unwrap(), mailbox };
    members::note(tx, &user.id, &corp(), &member, NOW).await.unwrap();
}

/// How somebody is named, and their mailbox.
async fn known(tx: &mut Tx, user: &UserId) -> Vec<(String, String)> {
    let all = members::of_user(tx, user).await.unwrap();
    let written = |one: &members::Membership| {
        assert_eq!(one.corp, corp());
        let mail = one.mail.as_ref().map_or("", CorporateMail::as_str);
        (one.id.as_sent().to_owned(), mail.to_owned())
    };
    all.iter().map(written).collect()
}

fn one(userid: &str, mail: &str) -> Vec<(String, String)> {
    vec![(userid.to_owned(), mail.to_owned())]
}

#[tokio::test]
async fn what_wecom_says_is_kept_until_it_says_otherwise() {
    for house in House::both().await {
        let ann = person(1);
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(users::insert(&mut tx, &ann).await, Ok(Once::Won(())));
        assert_eq!(known(&mut tx, &ann.id).await, vec![]);
        note(&mut tx, &ann, "Ann", Mailbox::Untold).await;
        assert_eq!(known(&mut tx, &ann.id).await, one("Ann", ""));
        note(&mut tx, &ann, "Ann", mail("ann@corp.example")).await;
        // A login that asked for nothing forgets nothing, and letter case is what came last.
        note(&mut tx, &ann, "ANN", Mailbox::Untold).await;
        assert_eq!(known(&mut tx, &ann.id).await, one("ANN", "ann@corp.example"));
        note(&mut tx, &ann, "ANN", Mailbox::None).await;
        assert_eq!(known(&mut tx, &ann.id).await, one("ANN", ""));
        tx.commit().await.unwrap();
    }
}

/// Two people with one verified address would be one person to an application.
#[tokio::test]
async fn an_address_that_was_given_to_somebody_else_is_taken_from_whoever_had_it() {
    for house in House::both().await {
        let (ann, ben) = (person(1), person(2));
        let mut tx = house.store.write().await.unwrap();
        for user in [&ann, &ben] {
            assert_eq!(users::insert(&mut tx, user).await, Ok(Once::Won(())));
        }
        note(&mut tx, &ann, "ann", mail("sales@corp.example")).await;
        note(&mut tx, &ben, "ben", mail("Sales@Corp.Example")).await;
        assert_eq!(known(&mut tx, &ann.id).await, one("ann", ""));
        assert_eq!(known(&mut tx, &ben.id).await, one("ben", "sales@corp.example"));
        // Another organisation's addresses are its own.
        let elsewhere = AppId::parse("wwother").unwrap();
        let id = MemberId::parse("ann").unwrap();
        let member = Member { id, mailbox: mail("sales@corp.example") };
        members::note(&mut tx, &ann.id, &elsewhere, &member, later(1)).await.unwrap();
        assert_eq!(known(&mut tx, &ben.id).await, one("ben", "sales@corp.example"));
        assert_eq!(members::of_user(&mut tx, &ann.id).await.unwrap().len(), 2);
        tx.commit().await.unwrap();
    }
}

/// A member's key goes where openids go, and comes back as what it is.
#[tokio::test]
async fn a_member_is_found_however_the_userid_is_written() {
    for house in House::both().await {
        let ann = person(1);
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(users::insert(&mut tx, &ann).await, Ok(Once::Won(())));
        let who = |openid: OpenId| WechatIdentity {
            app_id: corp(),
            openid,
            union: None,
            profile: magpie_domain::Profile::default(),
            member: None,
        };
        let key = |text: &str| MemberId::parse(text).unwrap().key();
        let attached =
            identities::attach_openid(&mut tx, &ann.id, &corp(), &key("Ann.Lee@x"), NOW).await;
        assert_eq!(attached, Ok(Once::Won(())));
        for (openid, is_known) in [
            (key("Ann.Lee@x"), true),
            (key("ann.lee@X"), true),
            (key("wwother/ann.lee@x"), false),
            (OpenId::parse("ann").unwrap(), false),
        ] {
            let found = identities::find_keys(&mut tx, &who(openid)).await.unwrap().by_openid;
            assert_eq!(found.map(|found| found.user), is_known.then(|| ann.id.clone()));
        }
        let (openids, _) = identities::of_user(&mut tx, &ann.id).await.unwrap();
        assert_eq!(openids, vec![(corp(), key("ann.lee@x"))]);
        note(&mut tx, &ann, "Ann.Lee@x", mail("ann@corp.example")).await;
        assert_eq!(known(&mut tx, &ann.id).await.len(), 1);
        members::forget(&mut tx, &ann.id).await.unwrap();
        assert!(known(&mut tx, &ann.id).await.is_empty());
        tx.commit().await.unwrap();
    }
}
