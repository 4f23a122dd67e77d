//! What only a browser can tell of the pages: nothing is loaded from elsewhere, the policy is never broken,
//! a form posts itself and goes only where it should.

use harness::{House, Plan};
use serde_json::Value;

use crate::chromium::{Chromium, Looks};

/// Errors that Chromium wrote to its console: a broken policy is one of them.
async fn console(browser: &Chromium) -> Vec<String> {
    let script = "return window.performance.getEntriesByType('resource').map(entry => entry.name)";
    let loaded = browser.driver.execute(script, Vec::new()).await.unwrap();
    match loaded.json() {
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// WX-08: our pages load from our own origin alone.
#[tokio::test]
async fn no_page_of_ours_loads_anything_from_another_host() {
    let house = House::open().await;
    let application = house.application();
    let unknown = application.authorize(&[("client_id", "nobody")]);
    for (looks, start, marker) in [
        (Looks::WECHAT, application.authorize(&[]), "interstitial"),
        (Looks::PHONE, application.authorize(&[]), "open-in-wechat"),
        (Looks::DESKTOP, unknown.clone(), "error"),
        (Looks::PHONE, unknown, "error"),
        (Looks::DESKTOP, format!("{}/nowhere", house.issuer), "not-found"),
    ] {
        let Some(browser) = Chromium::start(looks).await else { return };
        browser.driver.goto(&start).await.unwrap();
        assert_eq!(browser.marker().await, marker);
        browser.picture(&format!("page-{marker}-{}-{}", looks.width, looks.language)).await;
        for loaded in console(&browser).await {
            assert!(loaded.starts_with(&house.issuer), "{marker} loads {loaded}");
        }
        browser.end().await;
    }
    house.close().await;
}

/// AZ-25 and the form post response mode: the answer is posted by our own script, or by the button.
#[tokio::test]
async fn a_form_post_answer_reaches_the_application_with_every_byte_of_its_state() {
    let house = House::of(Plan::default()).await;
    let application = house.application();
    let state = "\"><script>document.title='broken'</script>{{7*7}}&=+%2F 张三";
    let start = application.authorize(&[
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("state", state),
    ]);
    let Some(browser) = Chromium::start(Looks { scripts: false, ..Looks::DESKTOP }).await else {
        return;
    };
    browser.driver.goto(&start).await.unwrap();
    assert_eq!(browser.marker().await, "form-post");
    assert!(!browser.driver.title().await.unwrap().contains("broken"));
    let field = browser.driver.find(thirtyfour::By::Css("input[name=state]")).await.unwrap();
    assert_eq!(field.prop("value").await.unwrap().unwrap(), state);
    browser.picture("page-form-post-1280-en").await;
    browser.end().await;
    house.close().await;
}
