//! Whom an openid leads to, and by which platform they are known besides.

use magpie_domain::{AppId, ByOpenId, OpenId, Platform, Profile, UnionId, User, WechatIdentity};
use magpie_store::{Once, identities, users};

use crate::house::{House, NOW, person};

fn came(app: &str, openid: &str) -> WechatIdentity {
    WechatIdentity {
        app_id: AppId::parse(app).unwrap(),
        openid: OpenId::parse(openid).unwrap(),
        union: None,
        profile: Profile::default(),
        member: None,
    }
}

/// A silent reply has no unionid, so the platform is asked about by its name.
#[tokio::test]
async fn a_unionid_counts_on_its_own_platform_alone() {
    for house in House::both().await {
        let ann: User = person(1);
        let (app, here, there) = (came("wx1", "oAnn"), came("wx2", "oAnn"), came("wx1", "oBen"));
        let main = Platform::parse("main").unwrap();
        let other = Platform::parse("other").unwrap();
        let mut tx = house.store.write().await.unwrap();
        assert_eq!(users::insert(&mut tx, &ann).await, Ok(Once::Won(())));
        let (id, openid) = (&app.app_id, &app.openid);
        let _won = identities::attach_openid(&mut tx, &ann.id, id, openid, NOW).await.unwrap();
        let known = |has_unionid| Some(ByOpenId { user: ann.id.clone(), has_unionid });
        assert_eq!(identities::known_on(&mut tx, &app, Some(&main)).await, Ok(known(false)));
        let unionid = UnionId::parse("uAnn").unwrap();
        let _won =
            identities::attach_unionid(&mut tx, &ann.id, &main, &unionid, NOW).await.unwrap();
        for (identity, platform, expected) in [
            (&app, Some(&main), known(true)),
            (&app, Some(&other), known(false)),
            (&app, None, known(false)),
            (&here, Some(&main), None),
            (&there, Some(&main), None),
        ] {
            let found = identities::known_on(&mut tx, identity, platform).await;
            assert_eq!(found, Ok(expected), "{platform:?}");
        }
        tx.rollback().await.unwrap();
    }
}
