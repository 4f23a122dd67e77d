//! oidc-client-ts (npm) as a single-page application in a real Chromium, in `npm/oidc_client_ts.mjs`.
//! Only a browser enforces CORS: the page redeems its code and asks userinfo across origins, as a public client.

use std::time::Duration;

use serde_json::Value;
use thirtyfour::prelude::*;

use crate::application::{Application, Script, Stock};
use crate::chromium::{Chromium, Looks};
use crate::provider::{PLAIN_SECRET, Provider};
use crate::received::{assert_profile, text};

const SPA: Stock = Stock {
    name: "oidc-client-ts",
    script: Script::Node("npm", &["oidc_client_ts.mjs"]),
    callback: "/callback",
    secret: PLAIN_SECRET,
    policy: r#"allowed_cors_origins = ["{origin}"]"#,
};
/// The public client among the provider's.
const PUBLIC: &str = "none";

/// Signs in from the application's page as this person, up to the element that says how it ended.
async fn sign_in(browser: &Chromium, application: &Application, person: &str) -> (String, String) {
    browser.driver.goto(application.at("/")).await.unwrap();
    browser.press("login").await;
    browser.wait_for("approve").await;
    let choice = browser.driver.find(By::Css(format!("#person option[value={person}]"))).await;
    choice.unwrap().click().await.unwrap();
    browser.press("approve").await;
    let end = browser.driver.query(By::Css("#received, #failed"));
    let end = end.wait(Duration::from_secs(20), Duration::from_millis(50)).first().await.unwrap();
    (end.id().await.unwrap().unwrap(), end.text().await.unwrap())
}

async fn assert_is(
    browser: &Chromium,
    application: &Application,
    provider: &Provider,
    person: &str,
) -> String {
    let (ended, said) = sign_in(browser, application, person).await;
    assert_eq!(ended, "received", "{said}");
    let received: Value = serde_json::from_str(&said).unwrap();
    let (id_token, userinfo) =
        (received.get("id_token").unwrap(), received.get("userinfo").unwrap());
    assert_eq!(text(id_token, "iss"), provider.issuer);
    assert_eq!(text(id_token, "aud"), PUBLIC);
    assert_eq!(text(id_token, "sub"), text(userinfo, "sub"));
    assert_profile(userinfo, provider, person).await;
    text(userinfo, "sub").to_owned()
}

#[tokio::test]
async fn oidc_client_ts_signs_people_in_from_a_page_alone() {
    let Some((provider, application)) = SPA.start().await else { return };
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let first = assert_is(&browser, &application, &provider, "laowang").await;
    browser.end().await;
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let other = assert_is(&browser, &application, &provider, "xiaoyu").await;
    assert_ne!(other, first, "two people, one subject");
    browser.end().await;
}

/// The other origins stay outside: what the page asks for, it is not shown.
#[tokio::test]
async fn a_page_whose_origin_is_not_registered_cannot_redeem_its_code() {
    let elsewhere = Stock { policy: r#"allowed_cors_origins = ["http://127.0.0.1:1"]"#, ..SPA };
    let Some((_provider, application)) = elsewhere.start().await else { return };
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let (ended, said) = sign_in(&browser, &application, "laowang").await;
    assert_eq!((ended.as_str(), said.as_str()), ("failed", "TypeError: Failed to fetch"));
    browser.end().await;
}
