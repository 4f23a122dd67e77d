//! Authlib (PyPI) as Flask applications use it, in `pypi/flask_authlib.py`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{PINNED, PLAIN_SECRET, STOCK};

const AUTHLIB: Stock = Stock {
    name: "Authlib",
    script: Script::Python("pypi", &["flask_authlib.py"]),
    callback: "/callback",
    secret: PLAIN_SECRET,
    policy: "",
};

#[tokio::test]
async fn authlib_as_it_comes_signs_people_in_and_finds_the_same_person_again() {
    let Some((provider, application)) = AUTHLIB.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login?client=stock", "laowang").await;
    first.assert_is(&provider, STOCK, "laowang").await;
    assert_eq!(first.asked("code_challenge"), None, "Authlib sends none unless told so");
}

#[tokio::test]
async fn authlib_with_pkce_authenticates_every_way_it_knows_and_emoji_arrive_whole() {
    let Some((provider, application)) = AUTHLIB.start().await else { return };
    let mut subjects = Vec::new();
    for client in PINNED {
        let path = format!("/login?client={client}");
        let received = application.sign_in(&mut Browser::new(), &path, "xiaoyu").await;
        received.assert_is(&provider, client, "xiaoyu").await;
        assert_eq!(received.asked("code_challenge_method").as_deref(), Some("S256"));
        subjects.push(received.sub().to_owned());
    }
    let other = application.sign_in(&mut Browser::new(), "/login?client=stock", "ben").await;
    other.assert_is(&provider, STOCK, "ben").await;
    assert!(subjects.windows(2).all(|pair| pair.first() == pair.last()), "{subjects:?}");
    assert!(!subjects.contains(&other.sub().to_owned()), "two people, one subject");
}
