//! `sns/userinfo` and `sns/auth`.

use std::time::Duration;

use magpie_simulator::{RunningSimulator, Scope};
use serde_json::json;

use crate::client::{SERVICE, demo, demo_with, exchange, get};

/// The path of a profile request for a fresh login.
pub(crate) async fn profile_path(
    simulator: &RunningSimulator,
    person: &str,
    scope: Scope,
) -> String {
    let code = simulator.issue_code(SERVICE, person, scope).unwrap();
    let reply = exchange(simulator, SERVICE, &code).await;
    format!(
        "/sns/userinfo?access_token={}&openid={}&lang=zh_CN",
        reply.field("access_token"),
        reply.field("openid")
    )
}

#[tokio::test]
async fn a_profile_has_its_name_and_picture_and_nothing_of_the_fields_withdrawn_in_2021() {
    let simulator = demo().await;
    let reply = get(&simulator, &profile_path(&simulator, "xiaoyu", Scope::UserInfo).await).await;
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert!(
        reply.text().contains("\"headimgurl\":\"http:\\/\\/wechat.test\\/avatar\\/xiaoyu\\/132\""),
        "{}",
        reply.text()
    );
    let world = simulator.world();
    let account = world.account(SERVICE).unwrap();
    let expected = json!({
        "openid": account.openid_of("xiaoyu"), "unionid": account.unionid_of("xiaoyu"), "nickname": "小鱼🐟", "sex": 0,
        "language": "", "city": "", "province": "", "country": "", "privilege": [],
        "headimgurl": "http://wechat.test/avatar/xiaoyu/132",
    });
    assert_eq!(reply.json(), expected);
    assert_eq!(get(&simulator, "/avatar/xiaoyu/132").await.status, 200);
    assert_eq!(simulator.profiles(), 1);
}

#[tokio::test]
async fn a_world_can_give_a_person_another_picture_and_sex_or_no_picture() {
    let simulator = demo_with(|world| {
        world.people.iter_mut().for_each(|person| {
            person.sex = 2;
            person.headimgurl = Some(if person.key == "ann" {
                "https://a.test/x/132".into()
            } else {
                String::new()
            });
        });
    })
    .await;
    let ann = get(&simulator, &profile_path(&simulator, "ann", Scope::UserInfo).await).await.json();
    assert_eq!((&ann["sex"], &ann["headimgurl"]), (&json!(2), &json!("https://a.test/x/132")));
    let ben = get(&simulator, &profile_path(&simulator, "ben", Scope::UserInfo).await).await.json();
    assert_eq!(ben["headimgurl"], "");
}

#[tokio::test]
async fn only_the_right_living_token_of_the_right_person_opens_the_profile() {
    let simulator = demo().await;
    let path = profile_path(&simulator, "ann", Scope::UserInfo).await;
    let base = profile_path(&simulator, "ann", Scope::Base).await;
    assert_eq!(get(&simulator, &base).await.errcode(), 48_001);
    let openid = simulator.world().account(SERVICE).unwrap().openid_of("ann");
    let other = simulator.world().account(SERVICE).unwrap().openid_of("ben");
    for (path, expected) in [
        (path.replace("access_token=", "token="), 41_001),
        (path.replace("openid=", "open_id="), 41_009),
        (path.replace("access_token=78_", "access_token=78_x"), 40_014),
        (path.replace("access_token=78_", "access_token="), 40_014),
        (path.replace(&openid, &other), 40_003),
        (path.clone(), 0),
    ] {
        assert_eq!(get(&simulator, &path).await.errcode(), expected, "{path}");
        assert_eq!(
            get(&simulator, &path.replace("userinfo", "auth")).await.errcode(),
            expected,
            "auth: {path}"
        );
    }
    assert_eq!(
        get(&simulator, &base.replace("userinfo", "auth")).await.json(),
        json!({"errcode": 0, "errmsg": "ok"})
    );
    simulator.advance(Duration::from_secs(7_200));
    assert_eq!(get(&simulator, &path).await.errcode(), 42_001);
}

#[tokio::test]
async fn a_snapshot_users_profile_is_the_virtual_one() {
    let simulator =
        demo_with(|world| world.people.iter_mut().for_each(|person| person.snapshot = true)).await;
    let profile =
        get(&simulator, &profile_path(&simulator, "ann", Scope::UserInfo).await).await.json();
    assert_eq!(profile["nickname"], "微信用户");
    assert_ne!(profile["openid"], simulator.world().account(SERVICE).unwrap().openid_of("ann"));
    assert!(profile.get("is_snapshotuser").is_none());
}
