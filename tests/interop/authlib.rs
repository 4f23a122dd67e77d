//! Authlib (PyPI) as Flask applications use it, in `authlib/app.py`.

use std::process::Command;

use crate::application::Application;
use crate::browser::Browser;
use crate::child::free_port;
use crate::foreign;
use crate::provider::{PINNED, PLAIN_SECRET, Provider, STOCK};

async fn started() -> Option<(Provider, Application)> {
    let python = foreign::python_with_authlib()?;
    let port = free_port();
    let provider =
        Provider::start(&format!("http://127.0.0.1:{port}/callback"), PLAIN_SECRET).await;
    let mut command = Command::new(python);
    command.arg(foreign::own_folder("authlib").join("app.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    let folder = tempfile::tempdir().unwrap();
    let application = Application::start("Authlib", command, folder, port, &provider).await;
    Some((provider, application))
}

#[tokio::test]
async fn authlib_as_it_comes_signs_people_in_and_finds_the_same_person_again() {
    let Some((provider, application)) = started().await else { return };
    let mut desk = Browser::new();
    let first = application.sign_in(&mut desk, "/login?client=stock", "laowang").await;
    first.assert_is(&provider, STOCK, "laowang").await;
    assert_eq!(first.asked("code_challenge"), None, "Authlib sends none unless told so");
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
async fn authlib_with_pkce_authenticates_every_way_it_knows_and_emoji_arrive_whole() {
    let Some((provider, application)) = started().await else { return };
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
