//! What only a browser can tell of the pages: nothing is loaded from elsewhere, the policy is never broken,
//! a form posts itself and goes only where it should.

use std::time::Duration;

use harness::{House, Plan};
use serde_json::Value;
use thirtyfour::By;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

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

/// A page of somebody else's, who frames our page and their own, and opens ours in a window that they keep hold of.
async fn hostile(ours: &str) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let theirs = format!("http://{}", socket.local_addr().unwrap());
    let body = format!(
        "<!doctype html><title>theirs</title>\
         <iframe id=\"ours\" src=\"{}\"></iframe><iframe id=\"own\" src=\"/own\"></iframe>\
         <button id=\"open\" onclick=\"held = window.open('{}')\">open</button>",
        ours.replace('&', "&amp;"),
        ours.replace('&', "&amp;"),
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let mut buffer = vec![0_u8; 8192];
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            let is_own = buffer.get(..read).is_some_and(|bytes| bytes.starts_with(b"GET /own"));
            let body = if is_own { "<!doctype html><p id=\"there\">there</p>" } else { &*body };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
        }
    });
    theirs
}

/// AZ-36: on another origin's page our page is not shown in a frame, and a window of ours is out of the reach of who
/// opened it, as their own frame and a window of theirs are not. Seen red with pages that may be framed, and with windows that
/// keep who opened them.
#[tokio::test]
async fn another_origin_neither_frames_our_page_nor_holds_its_window() {
    let house = House::open().await;
    let start = house.application().authorize(&[]);
    let Some(browser) = Chromium::start(Looks::PHONE).await else { return };
    let driver = &browser.driver;
    driver.goto(&start).await.unwrap();
    assert_eq!(browser.marker().await, "open-in-wechat", "alone it is shown");
    driver.goto(&hostile(&start).await).await.unwrap();
    driver.find(By::Id("own")).await.unwrap().enter_frame().await.unwrap();
    assert!(driver.find(By::Id("there")).await.is_ok(), "a frame shows what may be framed");
    driver.enter_default_frame().await.unwrap();
    driver.find(By::Id("ours")).await.unwrap().enter_frame().await.unwrap();
    assert!(driver.find(By::Css("meta[name=magpie-page]")).await.is_err(), "it is in a frame");
    driver.enter_default_frame().await.unwrap();

    let theirs = driver.window().await.unwrap();
    let held = "return [held.closed, held.opener === null]";
    driver.execute("held = window.open('/own')", Vec::new()).await.unwrap();
    let own = driver.execute(held, Vec::new()).await.unwrap();
    assert_eq!(own.json(), &serde_json::json!([false, false]), "their own window is theirs");
    driver.execute("held.close()", Vec::new()).await.unwrap();
    browser.press("open").await;
    let mut ours = None;
    for _ in 0..200 {
        for window in driver.windows().await.unwrap() {
            driver.switch_to_window(window.clone()).await.unwrap();
            if driver.find(By::Css("meta[name=magpie-page]")).await.is_ok() {
                ours = Some(window);
            }
        }
        if ours.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    driver.switch_to_window(ours.expect("a window with our page")).await.unwrap();
    let opener = driver.execute("return window.opener === null", Vec::new()).await.unwrap();
    assert_eq!(opener.json(), &Value::Bool(true), "our window knows nobody");
    driver.switch_to_window(theirs).await.unwrap();
    let reach = driver.execute("return held.closed", Vec::new()).await.unwrap();
    assert_eq!(reach.json(), &Value::Bool(true), "and to who opened it, it is gone");
    browser.end().await;
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
    let field = browser.driver.find(By::Css("input[name=state]")).await.unwrap();
    assert_eq!(field.prop("value").await.unwrap().unwrap(), state);
    browser.picture("page-form-post-1280-en").await;
    browser.end().await;
    house.close().await;
}
