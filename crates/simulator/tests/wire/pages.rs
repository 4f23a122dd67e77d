//! What a person at the screen can do.

use magpie_simulator::{Cancel, Endpoint, Fault};

use crate::client::{
    SERVICE, WEBSITE, WECHAT, code_in, demo, demo_with, exchange, get, get_as, post, service_link,
    website_link,
};

#[tokio::test]
async fn the_qr_page_asks_and_approving_sends_the_chosen_person_back() {
    let simulator = demo().await;
    let page = get(&simulator, &website_link()).await.text();
    for part in [
        "id=\"simulator\"",
        "id=\"approve\"",
        "id=\"cancel\"",
        "id=\"person\"",
        "Ben O&#39;Neil &lt;ben&gt;",
        "小鱼🐟",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("<script"));
    let back = post(&simulator, &website_link(), "", "person=ben&decision=approve").await;
    assert!(back.location().starts_with("http://app.test/cb?code="));
    assert!(back.header("set-cookie").unwrap().starts_with("simulator_person=ben;"));
    let reply = exchange(&simulator, WEBSITE, &code_in(back.location())).await;
    let world = simulator.world();
    assert_eq!(reply.field("openid"), world.account(WEBSITE).unwrap().openid_of("ben"));
}

#[tokio::test]
async fn the_form_posts_back_to_its_own_link_with_nothing_unescaped() {
    let simulator = demo().await;
    let page = get(&simulator, &format!("{}&x='onclick", website_link())).await.text();
    assert!(
        page.contains("action=\"/connect/qrconnect?appid=wx0000000000000001&amp;redirect_uri="),
        "{page}"
    );
    assert!(page.contains("&amp;x=&#39;onclick\">"), "{page}");
}

#[tokio::test]
async fn a_form_with_a_broken_link_is_refused_like_the_page() {
    let simulator = demo().await;
    let foreign = website_link().replace("app.test", "other.test");
    assert_eq!(
        post(&simulator, &foreign, "", "person=ben&decision=approve").await.refusal(),
        "10003"
    );
    assert_eq!(
        post(&simulator, &website_link(), "", "person=nobody&decision=approve").await.status,
        400
    );
    assert_eq!(post(&simulator, &website_link(), "", "person=ben").await.status, 400);
}

#[tokio::test]
async fn cancelling_tells_nobody_unless_the_world_says_so() {
    let simulator = demo().await;
    let page = post(&simulator, &website_link(), "", "person=ben&decision=cancel").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("id=\"cancelled\"") && page.header("location").is_none());
    simulator.change_world(|world| world.cancel = Cancel::StateOnly);
    let back = post(&simulator, &website_link(), "", "person=ben&decision=cancel").await;
    assert_eq!(back.location(), "http://app.test/cb?state=s1");
}

#[tokio::test]
async fn base_scope_is_silent_for_the_person_of_the_cookie() {
    let simulator = demo().await;
    let with_cookie = format!("{WECHAT}Cookie: x=1; simulator_person=laowang\r\n");
    let back = get_as(&simulator, &service_link("snsapi_base"), &with_cookie).await;
    let reply = exchange(&simulator, SERVICE, &code_in(back.location())).await;
    let world = simulator.world();
    assert_eq!(reply.field("openid"), world.account(SERVICE).unwrap().openid_of("laowang"));
    let stranger = get_as(&simulator, &service_link("snsapi_base"), WECHAT).await;
    let reply = exchange(&simulator, SERVICE, &code_in(stranger.location())).await;
    assert_eq!(reply.field("openid"), world.account(SERVICE).unwrap().openid_of("xiaoyu"));
}

#[tokio::test]
async fn userinfo_scope_asks_first() {
    let simulator = demo().await;
    let page = get_as(&simulator, &service_link("snsapi_userinfo"), WECHAT).await;
    assert!(page.text().contains("id=\"approve\"") && !page.text().contains("id=\"qr\""));
    let back =
        post(&simulator, &service_link("snsapi_userinfo"), WECHAT, "person=ann&decision=approve")
            .await;
    let reply = exchange(&simulator, SERVICE, &code_in(back.location())).await;
    assert_eq!(reply.field("scope"), "snsapi_userinfo");
}

#[tokio::test]
async fn snapshot_mode_is_silent_and_answers_with_a_virtual_account() {
    let simulator = demo_with(|world| {
        world.people.iter_mut().for_each(|person| person.snapshot = person.key == "ann")
    })
    .await;
    let with_cookie = format!("{WECHAT}Cookie: simulator_person=ann\r\n");
    let back = get_as(&simulator, &service_link("snsapi_userinfo"), &with_cookie).await;
    let reply = exchange(&simulator, SERVICE, &code_in(back.location())).await;
    let world = simulator.world();
    let account = world.account(SERVICE).unwrap();
    assert_eq!(reply.json()["is_snapshotuser"], 1);
    assert_ne!(reply.field("openid"), account.openid_of("ann"));
    assert_ne!(reply.field("unionid"), account.unionid_of("ann").unwrap());
    let insisting = format!("{}&forcePopup=true", service_link("snsapi_userinfo"));
    assert!(get_as(&simulator, &insisting, &with_cookie).await.text().contains("id=\"approve\""));
    let base = get_as(&simulator, &service_link("snsapi_base"), &with_cookie).await;
    let reply = exchange(&simulator, SERVICE, &code_in(base.location())).await;
    assert_eq!(reply.field("openid"), account.openid_of("ann"));
    assert!(reply.json().get("is_snapshotuser").is_none());
}

#[tokio::test]
async fn force_snapshot_makes_anybody_a_snapshot_user() {
    let simulator = demo().await;
    let link = format!("{}&forceSnapShot=true", service_link("snsapi_userinfo"));
    let back = get_as(&simulator, &link, WECHAT).await;
    assert_eq!(
        exchange(&simulator, SERVICE, &code_in(back.location())).await.json()["is_snapshotuser"],
        1
    );
}

#[tokio::test]
async fn automatic_approval_takes_turns_or_takes_the_person_of_the_link() {
    let simulator = demo_with(|world| {
        world.auto_approve = true;
        world.people.clear();
        world.people_count = 3;
    })
    .await;
    let mut openids = Vec::new();
    for _ in 0..6 {
        let back = get(&simulator, &website_link()).await;
        openids
            .push(exchange(&simulator, WEBSITE, &code_in(back.location())).await.field("openid"));
    }
    let distinct: std::collections::BTreeSet<_> = openids.iter().collect();
    assert_eq!(distinct.len(), 3);
    let back = get(&simulator, &format!("{}&simulator_person=p2", website_link())).await;
    let reply = exchange(&simulator, WEBSITE, &code_in(back.location())).await;
    assert_eq!(reply.field("openid"), simulator.world().account(WEBSITE).unwrap().openid_of("p2"));
    assert!(back.header("set-cookie").is_none());
}

#[tokio::test]
async fn the_home_page_lets_one_be_somebody_else() {
    let simulator = demo().await;
    assert!(get(&simulator, "/").await.text().contains("id=\"person\""));
    let chosen = post(&simulator, "/", "", "person=ben").await;
    assert!(chosen.header("set-cookie").unwrap().starts_with("simulator_person=ben;"));
    assert!(chosen.text().contains("value=\"ben\" selected"));
    assert_eq!(post(&simulator, "/", "", "person=nobody").await.status, 400);
}

#[tokio::test]
async fn avatars_are_served_in_wechats_sizes() {
    let simulator = demo().await;
    for size in [0, 46, 64, 96, 132] {
        let picture = get(&simulator, &format!("/avatar/ann/{size}")).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    }
    assert_eq!(get(&simulator, "/avatar/ann/100").await.status, 404);
    assert_eq!(get(&simulator, "/avatar/nobody/132").await.status, 404);
    simulator.script().once(Endpoint::Avatar, Fault::Status(404));
    assert_eq!(get(&simulator, "/avatar/ann/132").await.status, 404);
}

#[tokio::test]
async fn pages_can_be_scripted_to_refuse_and_callbacks_to_be_wrong() {
    let simulator = demo().await;
    simulator
        .script()
        .once(Endpoint::QrConnect, Fault::Errcode(10_009))
        .once(Endpoint::Confirm, Fault::Errcode(10_004));
    assert_eq!(get(&simulator, &website_link()).await.refusal(), "10009");
    assert!(get(&simulator, &website_link()).await.text().contains("id=\"approve\""));
    let form = "person=ben&decision=approve";
    assert_eq!(post(&simulator, &website_link(), "", form).await.refusal(), "10004");
    simulator
        .script()
        .once(Endpoint::Callback, Fault::StateOnly)
        .once(Endpoint::Callback, Fault::OtherState("zzz".into()));
    assert_eq!(
        post(&simulator, &website_link(), "", form).await.location(),
        "http://app.test/cb?state=s1"
    );
    assert!(post(&simulator, &website_link(), "", form).await.location().ends_with("&state=zzz"));
    assert!(post(&simulator, &website_link(), "", form).await.location().ends_with("&state=s1"));
    simulator.script().once(Endpoint::QrConnect, Fault::Status(503));
    assert_eq!(get(&simulator, &website_link()).await.status, 503);
}
