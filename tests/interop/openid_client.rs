//! openid-client 6 (npm), the client behind many Node applications, in `npm/openid_client.mjs`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{ODD_SECRET, PINNED, STOCK};
use crate::received::text;

const OPENID_CLIENT: Stock = Stock {
    name: "openid-client",
    script: Script::Node("npm", &["openid_client.mjs"]),
    callback: "/callback",
    secret: ODD_SECRET,
    policy: "",
};

#[tokio::test]
async fn openid_client_signs_people_in_and_finds_the_same_person_again() {
    let Some((provider, application)) = OPENID_CLIENT.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login?client=stock", "laowang").await;
    first.assert_is(&provider, STOCK, "laowang").await;
    assert_eq!(first.asked("code_challenge_method").as_deref(), Some("S256"));
}

#[tokio::test]
async fn openid_client_authenticates_every_way_it_knows_and_emoji_arrive_whole() {
    let Some((provider, application)) = OPENID_CLIENT.start().await else { return };
    let mut subjects = Vec::new();
    for client in PINNED {
        let path = format!("/login?client={client}");
        let received = application.sign_in(&mut Browser::new(), &path, "xiaoyu").await;
        received.assert_is(&provider, client, "xiaoyu").await;
        subjects.push(received.sub().to_owned());
    }
    let other = application.sign_in(&mut Browser::new(), "/login?client=stock", "ben").await;
    other.assert_is(&provider, STOCK, "ben").await;
    assert!(subjects.windows(2).all(|pair| pair.first() == pair.last()), "{subjects:?}");
    assert!(!subjects.contains(&other.sub().to_owned()), "two people, one subject");
}

/// Applications ask for more than there is (Home Assistant for `groups`), and go on with what they are told they have.
#[tokio::test]
async fn openid_client_that_asks_for_too_much_is_told_what_it_got() {
    let Some((provider, application)) = OPENID_CLIENT.start().await else { return };
    let path = "/login?client=stock&scope=openid%20profile%20groups%20unheard-of";
    let received = application.sign_in(&mut Browser::new(), path, "ann").await;
    received.assert_is(&provider, STOCK, "ann").await;
    assert_eq!(text(&received.token, "scope"), "openid profile");
    // RFC 6749 §5.1: not named when it is what was asked.
    let as_asked = application.sign_in(&mut Browser::new(), "/login?client=stock", "ann").await;
    assert_eq!(as_asked.token.get("scope"), None);
}
