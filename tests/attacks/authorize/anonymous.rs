//! Law 1: an anonymous browser changes no row, however often it comes and whatever it does short of coming back.

use harness::{Browser, House, PHONE, WECHAT_PHONE, WECOM};

use crate::scene::rows;

const TIMES: u32 = 400;

/// Law 1, AZ-37: hundreds of browsers begin, look around and go away. Seen red with a row for each beginning.
#[tokio::test]
async fn any_number_of_logins_that_are_begun_and_abandoned_leaves_no_row() {
    let house = House::open().await;
    let app = house.application();
    let before = rows(&house).await;
    for number in 0..TIMES {
        let agents = [harness::DESKTOP, PHONE, WECHAT_PHONE, WECOM];
        let mut browser = Browser::of(&house, agents[number as usize % agents.len()]);
        let prompts = ["", "none", "login", "consent", "nonsense"];
        let prompt = prompts[number as usize % prompts.len()];
        let page = browser.get(&app.authorize(&[("prompt", prompt)])).await;
        assert!(matches!(page.status.as_u16(), 200 | 303), "{}", page.body);
        if page.status == 200 {
            let steps = ["continue", "allow", "cancel", ""];
            let step = steps[number as usize / 4 % steps.len()];
            browser.post(&page.action(), &[("step", step)]).await;
        }
    }
    assert_eq!(rows(&house).await, before);
    assert_eq!(house.wechat.requests().len(), 0, "and asks WeChat nothing");
    house.close().await;
}

/// Law 1: one browser that begins again and again, in many tabs at once.
#[tokio::test]
async fn one_browser_with_many_tabs_at_once_leaves_no_row() {
    let house = House::open().await;
    let before = rows(&house).await;
    let start = house.application().authorize(&[]);
    let mut tabs = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (mut tab, start) = (Browser::new(&house), start.clone());
        tabs.spawn(async move { tab.get(&start).await.status });
    }
    while let Some(status) = tabs.join_next().await {
        assert_eq!(status.unwrap(), 303);
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}

/// Law 1: who comes back from WeChat with a no, or with nothing, has changed nothing either.
#[tokio::test]
async fn a_no_at_wechat_leaves_no_row() {
    let house = House::open().await;
    let before = rows(&house).await;
    for _ in 0..5 {
        let mut browser = Browser::new(&house);
        let departure = browser.get(&house.application().authorize(&[])).await;
        let callback = browser.leave(&house, &house.application().authorize(&[]), "ann").await;
        let state = url::Url::parse(&callback).unwrap();
        let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let page = browser.get(&format!("/callback/desktop?state={state}")).await;
        crate::scene::assert_told(&page, &house, "https://app.example/cb?keep=1", "access_denied");
        assert_eq!(departure.status, 303);
    }
    assert_eq!(rows(&house).await, before);
    house.close().await;
}
