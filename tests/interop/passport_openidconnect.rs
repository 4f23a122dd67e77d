//! passport-openidconnect (npm) with Express in `npm/passport_openidconnect.mjs`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{PLAIN_SECRET, STOCK};
use crate::received::text;

const PASSPORT: Stock = Stock {
    name: "passport-openidconnect",
    script: Script::Node("npm", &["passport_openidconnect.mjs"]),
    callback: "/callback",
    secret: PLAIN_SECRET,
    policy: "",
};

#[tokio::test]
async fn passport_openidconnect_signs_people_in_without_discovery_and_without_pkce() {
    let Some((provider, application)) = PASSPORT.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login", "laowang").await;
    first.assert_is(&provider, STOCK, "laowang").await;
    assert_eq!(first.asked("code_challenge"), None, "it knows no PKCE");
    // The profile in the form that all of Passport's strategies share.
    assert_eq!(text(&first.environment, "id"), first.sub());
    assert_eq!(text(&first.environment, "displayName"), provider.nickname_of("laowang"));
    assert_eq!(text(&first.environment, "username"), text(&first.userinfo, "preferred_username"));

    let other = application.sign_in(&mut Browser::new(), "/login", "xiaoyu").await;
    other.assert_is(&provider, STOCK, "xiaoyu").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}
