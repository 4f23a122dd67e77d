//! openid-client 6 (npm), the client behind many Node applications, in `openid_client/app.mjs`.

use std::process::Command;

use crate::application::Application;
use crate::browser::Browser;
use crate::child::free_port;
use crate::foreign::{self, Node};
use crate::provider::{ODD_SECRET, PINNED, Provider, STOCK};
use crate::received::text;

async fn started() -> Option<(Provider, Application)> {
    let Node { node, packages } = foreign::node_with_openid_client()?;
    let port = free_port();
    let provider = Provider::start(&format!("http://127.0.0.1:{port}/callback"), ODD_SECRET).await;
    // Node looks for packages beside the script, and finds them through the link.
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("app.mjs");
    std::fs::copy(foreign::own_folder("openid_client").join("app.mjs"), &script).unwrap();
    let modules = folder.path().join("node_modules");
    std::os::unix::fs::symlink(packages.join("node_modules"), modules).unwrap();
    let mut command = Command::new(node);
    command.arg(script);
    let application = Application::start("openid-client", command, folder, port, &provider).await;
    Some((provider, application))
}

#[tokio::test]
async fn openid_client_signs_people_in_and_finds_the_same_person_again() {
    let Some((provider, application)) = started().await else { return };
    let mut desk = Browser::new();
    let first = application.sign_in(&mut desk, "/login?client=stock", "laowang").await;
    first.assert_is(&provider, STOCK, "laowang").await;
    assert_eq!(first.asked("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(provider.wechat.exchanges(), 1);

    let signed_in = application.sign_in(&mut desk, "/login?client=stock", "laowang").await;
    assert_eq!(signed_in.userinfo, first.userinfo);
    assert_eq!(provider.wechat.exchanges(), 1, "the browser session was not used");

    let elsewhere =
        application.sign_in(&mut Browser::new(), "/login?client=stock", "laowang").await;
    assert_eq!(elsewhere.sub(), first.sub());
    assert_eq!(provider.wechat.exchanges(), 2);
}

#[tokio::test]
async fn openid_client_authenticates_every_way_it_knows_and_emoji_arrive_whole() {
    let Some((provider, application)) = started().await else { return };
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
    let Some((provider, application)) = started().await else { return };
    let path = "/login?client=stock&scope=openid%20profile%20groups%20unheard-of";
    let received = application.sign_in(&mut Browser::new(), path, "ann").await;
    received.assert_is(&provider, STOCK, "ann").await;
    assert_eq!(text(&received.token, "scope"), "openid profile");
    // RFC 6749 §5.1: not named when it is what was asked.
    let as_asked = application.sign_in(&mut Browser::new(), "/login?client=stock", "ann").await;
    assert_eq!(as_asked.token.get("scope"), None);
}
