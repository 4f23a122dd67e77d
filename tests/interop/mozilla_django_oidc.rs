//! mozilla-django-oidc (PyPI), which takes nobody without an e-mail address, in `pypi/django_mozilla.py`.

use http::StatusCode;

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{EMAIL_DOMAIN, ODD_SECRET, Provider, STOCK};
use crate::received::{Received, assert_profile, text};

const MOZILLA: Stock = Stock {
    name: "mozilla-django-oidc",
    script: Script::Python("pypi", &["django_mozilla.py"]),
    callback: "/oidc/callback/",
    secret: ODD_SECRET,
    policy: "preset = \"mozilla-django-oidc\"\nscopes = [\"openid\", \"profile\", \"email\"]",
};
const LOGIN: &str = "/oidc/authenticate/";

async fn assert_is(received: &Received, provider: &Provider, person: &str) {
    received.assert_id_token(provider, STOCK);
    assert!(received.asked("nonce").is_some());
    assert_profile(&received.userinfo, provider, person).await;
    let address = format!("{}@{EMAIL_DOMAIN}", text(&received.userinfo, "preferred_username"));
    assert_eq!(text(&received.userinfo, "email"), address);
    assert_eq!(received.userinfo.get("email_verified"), Some(&true.into()));
    // Django's user.
    assert_eq!(text(&received.environment, "email"), address);
    assert_eq!(text(&received.environment, "first_name"), provider.nickname_of(person));
}

#[tokio::test]
async fn mozilla_django_oidc_finds_the_person_by_the_synthetic_address() {
    let Some((provider, application)) = MOZILLA.start().await else { return };
    let first = application.sign_in_thrice(&provider, LOGIN, "laowang").await;
    assert_is(&first, &provider, "laowang").await;
    assert_eq!(first.asked("code_challenge_method").as_deref(), Some("S256"));
    let again = application.sign_in(&mut Browser::new(), LOGIN, "laowang").await;
    assert_eq!(again.environment, first.environment, "the same person became another user");
    let other = application.sign_in(&mut Browser::new(), LOGIN, "xiaoyu").await;
    assert_is(&other, &provider, "xiaoyu").await;
    let user = |received: &Received| text(&received.environment, "username").to_owned();
    assert_ne!(user(&other), user(&first), "two people, one user");
}

/// Why there is a preset.
#[tokio::test]
async fn mozilla_django_oidc_without_an_address_takes_nobody() {
    let without = Stock { policy: "", ..MOZILLA };
    let Some((_provider, application)) = without.start().await else { return };
    let arrival = application.visit(&mut Browser::new(), LOGIN, "laowang").await;
    assert!(arrival.url.as_str().ends_with("/refused"), "{:#?}", arrival.way_in_words());
    assert_eq!(arrival.status, StatusCode::FORBIDDEN);
}
