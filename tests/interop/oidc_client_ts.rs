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
    policy: r#"
allowed_cors_origins = ["{origin}"]
post_logout_redirect_uris = ["{origin}/bye"]
scopes = ["openid", "profile", "offline_access"]"#,
};
/// The public client among the provider's.
const PUBLIC: &str = "none";

/// Signs in from the application's page as this person, up to the element that says how it ended.
async fn sign_in(browser: &Chromium, application: &Application, person: &str) -> (String, String) {
    browser.driver.goto(application.at("/")).await.unwrap();
    browser.press("login").await;
    // Whoever has signed out is asked who they are.
    browser.wait_for("approve").await;
    let choice = browser.driver.find(By::Css(format!("#person option[value={person}]"))).await;
    choice.unwrap().click().await.unwrap();
    browser.press("approve").await;
    end_of(browser, "received").await
}

/// Waits for the element that says how it went: of that id, or `failed`.
async fn end_of(browser: &Chromium, good: &str) -> (String, String) {
    let end = browser.driver.query(By::Css(format!("#{good}, #failed")));
    let end = end.wait(Duration::from_secs(20), Duration::from_millis(50)).first().await.unwrap();
    (end.id().await.unwrap().unwrap(), end.text().await.unwrap())
}

/// What the page shows after a press on a button of it.
async fn pressed(browser: &Chromium, button: &str, good: &str) -> Value {
    browser.press(button).await;
    let (ended, said) = end_of(browser, good).await;
    assert_eq!(ended, good, "{said}");
    serde_json::from_str(&said).unwrap()
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

/// T23: the code, the refresh token, userinfo and the revocation all go across origins, with what is refused.
#[tokio::test]
async fn a_page_alone_renews_its_tokens_in_silence_and_signs_out() {
    let Some((provider, application)) = SPA.start().await else { return };
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let person = assert_is(&browser, &application, &provider, "laowang").await;
    let exchanges = provider.wechat.exchanges();
    let renewed = pressed(&browser, "renew", "renewed").await;
    assert_eq!(text(&renewed, "sub"), person);
    assert_eq!(renewed.get("changed"), Some(&Value::Bool(true)), "{renewed}");
    let refused = renewed.get("refused").unwrap().to_string();
    assert!(refused.starts_with("[401,\"Bearer "), "the page cannot read why: {refused}");
    assert!(refused.ends_with(",\"invalid_token\"]"), "the page cannot read why: {refused}");
    assert_eq!(provider.wechat.exchanges(), exchanges, "nobody was sent to WeChat");
    let gone = pressed(&browser, "logout", "signed-out-here").await;
    assert_eq!(gone.get("user"), Some(&Value::Null));
    let other = assert_is(&browser, &application, &provider, "xiaoyu").await;
    assert_ne!(other, person, "the session at the provider had ended");
    browser.end().await;
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
    let policy = r#"
allowed_cors_origins = ["http://127.0.0.1:1"]
scopes = ["openid", "profile", "offline_access"]"#;
    let elsewhere = Stock { policy, ..SPA };
    let Some((_provider, application)) = elsewhere.start().await else { return };
    let Some(browser) = Chromium::start(Looks::DESKTOP).await else { return };
    let (ended, said) = sign_in(&browser, &application, "laowang").await;
    assert_eq!((ended.as_str(), said.as_str()), ("failed", "TypeError: Failed to fetch"));
    browser.end().await;
}
