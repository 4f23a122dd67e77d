//! What shows only once people came, or did not come back.

use harness::{Browser, House};

use crate::configuration::{SERVICE, Setup, WEBSITE, channel};

/// Seen red with people who have a unionid counted as if they had none.
#[tokio::test]
async fn a_platform_that_nobody_has_a_unionid_of_is_named() {
    let house = House::open().await;
    let setup = Setup::of(&house);
    house.wechat.change_world(|world| world.accounts[0].platform = None);
    let start = house.application().authorize(&[]);
    Browser::new(&house).sign_in(&house, &start, "ann").await;
    let diagnosis = setup.suffers("unionid_missing").await;
    assert_eq!(diagnosis.finding("unionid_missing")["about"], "desktop");
    assert_eq!(diagnosis.finding("unionid_missing")["data"]["platform"], "main");
    // Bound by now: whoever comes next has one.
    house.wechat.change_world(|world| world.accounts[0].platform = Some("main".to_owned()));
    Browser::new(&house).sign_in(&house, &start, "ben").await;
    assert_eq!(setup.examine().await.status, Some(0));
    house.close().await;
}

/// Seen red with departures counted as returns.
#[tokio::test]
async fn people_who_leave_and_never_come_back_are_noticed() {
    let house = House::open().await;
    let setup = Setup::of(&house);
    let start = house.application().authorize(&[]);
    for _person in 0..19 {
        Browser::new(&house).leave(&house, &start, "ann").await;
    }
    assert_eq!(setup.examine().await.status, Some(0));
    let mut last = Browser::new(&house);
    let callback = last.leave(&house, &start, "ann").await;
    let diagnosis = setup.suffers("nobody_returns").await;
    assert_eq!(diagnosis.finding("nobody_returns")["about"], "desktop");
    assert_eq!(diagnosis.finding("nobody_returns")["data"]["departures"], "20");
    last.get(&callback).await;
    assert_eq!(setup.examine().await.status, Some(0));
    house.close().await;
}

/// Each browser's way is looked for where the server looks, so that every kind counts for the browsers that it serves.
/// Seen red with a website application and a service account as the only ways, and with every channel counted as an
/// account.
#[tokio::test]
async fn a_browser_has_a_way_by_whatever_kind_of_channel_serves_it() {
    let house = House::open().await;
    let with = |channels| Setup { channels, ..Setup::of(&house) };
    let inapp = channel("inapp", "service_account", SERVICE);
    let mut relay = channel("scan", "relay", "");
    relay.more = "through = \"inapp\"";
    let service_alone = vec![inapp.clone(), relay];
    with(service_alone.clone()).is_well().await;
    let mut without_platform = service_alone;
    without_platform[0].more = "";
    with(without_platform.clone()).is_well().await;
    // A relay has the account of its service account; so has who asks about the relay alone.
    without_platform[0].secret = "another-secret-than-the-registered-one".to_owned();
    let (status, said) = with(without_platform).run(&["doctor", "--channel", "scan"]).await;
    assert!(status == Some(1) && said.contains("channel inapp: The AppSecret is wrong"), "{said}");
    let mut mini = channel("mini", "mini_program", SERVICE);
    mini.more = "";
    let brought = with(vec![mini]).examine().await;
    assert_eq!(brought.of("warning"), ["no_desktop_channel", "no_wechat_channel"]);
    house.close().await;
}

#[tokio::test]
async fn what_works_and_will_surprise_somebody_is_a_warning() {
    let house = House::open().await;
    let with = |channels| Setup { channels, ..Setup::of(&house) };
    let (desktop, inapp) =
        (channel("desktop", "website", WEBSITE), channel("inapp", "service_account", SERVICE));
    with(vec![desktop.clone()]).is_warned("no_wechat_channel").await;
    with(vec![inapp.clone()]).is_warned("no_desktop_channel").await;
    let mut alone = inapp.clone();
    alone.more = "";
    with(vec![desktop.clone(), alone]).is_warned("platform_missing").await;
    let mut silent = inapp;
    silent.more = "platform = \"main\"\nscope = \"snsapi_base\"";
    with(vec![desktop, silent]).is_warned("unionid_not_asked").await;
    with(Vec::new()).suffers("channel_none").await;
    house.close().await;
}
