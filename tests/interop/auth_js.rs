//! Auth.js (npm `@auth/core`), which reads the ID token and never asks userinfo, in `npm/auth_js.mjs`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{ODD_SECRET, Provider, STOCK};
use crate::received::{Received, assert_profile, text};

const AUTH_JS: Stock = Stock {
    name: "Auth.js",
    script: Script::Node("npm", &["auth_js.mjs"]),
    callback: "/auth/callback/magpie",
    secret: ODD_SECRET,
    policy: r#"preset = "auth-js""#,
};

async fn assert_is(received: &Received, provider: &Provider, person: &str) {
    received.assert_id_token(provider, STOCK);
    assert_profile(&received.id_token, provider, person).await;
    assert_eq!(received.asked("code_challenge_method").as_deref(), Some("S256"));
    // The session that the application's own pages see.
    let user = &received.environment;
    assert_eq!(text(user, "id"), received.sub());
    assert_eq!(text(user, "name"), provider.nickname_of(person));
    assert_eq!(text(user, "image"), text(&received.id_token, "picture"));
    assert_eq!(user.get("email"), None);
}

#[tokio::test]
async fn auth_js_with_its_preset_has_the_person_in_its_session() {
    let Some((provider, application)) = AUTH_JS.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login", "laowang").await;
    assert_is(&first, &provider, "laowang").await;
    let other = application.sign_in(&mut Browser::new(), "/login", "xiaoyu").await;
    assert_is(&other, &provider, "xiaoyu").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}

/// Why there is a preset: the session has nobody's name in it.
#[tokio::test]
async fn auth_js_without_its_preset_knows_the_subject_alone() {
    let thin = Stock { policy: "", ..AUTH_JS };
    let Some((provider, application)) = thin.start().await else { return };
    let received = application.sign_in(&mut Browser::new(), "/login", "laowang").await;
    received.assert_id_token(&provider, STOCK);
    assert_eq!(text(&received.environment, "id"), received.sub());
    assert_eq!(received.environment.get("name"), None);
}
