//! The gem that GitLab signs people in with (Debian `ruby-omniauth-openid-connect`), in `ruby/omniauth_openid_connect.rb`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{PLAIN_SECRET, Provider, STOCK};
use crate::received::{Received, text};

const GITLABS_GEM: Stock = Stock {
    name: "GitLab's gem",
    script: Script::Ruby("ruby", &["omniauth_openid_connect.rb"]),
    callback: "/users/auth/openid_connect/callback",
    secret: PLAIN_SECRET,
    policy: r#"preset = "gitlab""#,
};

async fn assert_is(received: &Received, provider: &Provider, person: &str) {
    received.assert_is(provider, STOCK, person).await;
    assert_eq!(received.asked("code_challenge"), None, "this release knows no PKCE");
    // What GitLab makes an account of.
    let info = &received.environment;
    assert_eq!(text(info, "uid"), received.sub());
    assert_eq!(text(info, "name"), provider.nickname_of(person));
    assert_eq!(text(info, "image"), text(&received.userinfo, "picture"));
}

#[tokio::test]
async fn gitlabs_gem_signs_people_in_without_an_address() {
    let Some((provider, application)) = GITLABS_GEM.start().await else { return };
    let first = application.sign_in_thrice(&provider, "/login", "laowang").await;
    assert_is(&first, &provider, "laowang").await;
    let other = application.sign_in(&mut Browser::new(), "/login", "xiaoyu").await;
    assert_is(&other, &provider, "xiaoyu").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}
