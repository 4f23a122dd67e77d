//! django-allauth (PyPI) with its provider `openid_connect`, in `pypi/django_allauth.py`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{ODD_SECRET, Provider, STOCK};
use crate::received::{Received, assert_profile, text};

const ALLAUTH: Stock = Stock {
    name: "django-allauth",
    script: Script::Python("pypi", &["django_allauth.py"]),
    callback: "/accounts/oidc/magpie/login/callback/",
    secret: ODD_SECRET,
    policy: "",
};

async fn assert_is(received: &Received, provider: &Provider, person: &str) {
    received.assert_id_token(provider, STOCK);
    assert_profile(&received.userinfo, provider, person).await;
    // It always asks for an address, and goes on without one.
    assert!(received.asked("scope").is_some_and(|scope| scope.contains("email")));
    assert_eq!(received.userinfo.get("email"), None);
    assert_eq!(received.asked("code_challenge_method").as_deref(), Some("S256"));
    // Django's user.
    let user = &received.environment;
    assert_eq!(text(user, "uid"), received.sub());
    assert_eq!(text(user, "username"), text(&received.userinfo, "preferred_username"));
    assert_eq!(text(user, "first_name"), provider.nickname_of(person));
    assert_eq!(text(user, "email"), "");
}

#[tokio::test]
async fn django_allauth_makes_a_user_of_the_person_without_an_address() {
    let Some((provider, application)) = ALLAUTH.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login", "laowang").await;
    assert_is(&first, &provider, "laowang").await;
    let other = application.sign_in(&mut Browser::new(), "/login", "xiaoyu").await;
    assert_is(&other, &provider, "xiaoyu").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}
