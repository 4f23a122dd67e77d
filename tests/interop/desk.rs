//! A person at a desk with a real browser, for relying parties whose pages live on scripts.

use thirtyfour::By;

use crate::chromium::Chromium;

/// Presses WeChat's button as this person, once its page is shown.
pub(crate) async fn approve(browser: &Chromium, person: &str) {
    browser.wait_for("approve").await;
    let select = browser.driver.find(By::Id("person")).await.unwrap();
    let option = format!("option[value={person}]");
    select.find(By::Css(option)).await.unwrap().click().await.unwrap();
    browser.press("approve").await;
}
