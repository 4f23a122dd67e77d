//! JupyterHub with oauthenticator's GenericOAuthenticator (PyPI), in `jupyterhub/jupyterhub_config.py`.

use crate::application::{Script, Stock};
use crate::browser::Browser;
use crate::provider::{PLAIN_SECRET, Provider, STOCK};
use crate::received::{Received, assert_profile, text};

const JUPYTERHUB: Stock = Stock {
    name: "JupyterHub",
    script: Script::Python("jupyterhub", &["run.py"]),
    callback: "/hub/oauth_callback",
    secret: PLAIN_SECRET,
    policy: "",
};
const LOGIN: &str = "/hub/oauth_login?next=%2Fhub%2Freceived";

async fn assert_is(received: &Received, provider: &Provider, person: &str) {
    received.assert_id_token(provider, STOCK);
    assert_profile(&received.userinfo, provider, person).await;
    assert_eq!(received.asked("code_challenge_method").as_deref(), Some("S256"));
    // The hub's user, whose name becomes that of a folder and a process.
    assert_eq!(text(&received.environment, "name"), text(&received.userinfo, "preferred_username"));
}

#[tokio::test]
async fn jupyterhub_names_the_person_by_the_preferred_user_name() {
    let Some((provider, application)) = JUPYTERHUB.start().await else { return };
    let first = application.sign_in_thrice(&provider, LOGIN, "laowang").await;
    assert_is(&first, &provider, "laowang").await;
    let other = application.sign_in(&mut Browser::new(), LOGIN, "xiaoyu").await;
    assert_is(&other, &provider, "xiaoyu").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}
