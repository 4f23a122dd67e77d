//! Apache with mod_auth_openidc (Debian), a private instance with `mod_auth_openidc/httpd.conf`.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use harness::free_port;

use crate::application::Application;
use crate::browser::Browser;
use crate::foreign;
use crate::provider::{ODD_SECRET, Provider};
use crate::received::text;

const PAGE: &str = "/protected/received.shtml";

/// Apache as the client of this name, which is also its way to authenticate.
async fn started(client: &str) -> Option<(Provider, Application)> {
    let (apache, modules) = foreign::apache()?;
    let port = free_port();
    let callback = format!("http://127.0.0.1:{port}/protected/callback");
    let provider = Provider::start(&callback, ODD_SECRET).await;
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    let mut command = Command::new(apache);
    // One process, so that ending it ends all of it.
    command.arg("-X").arg("-f").arg(foreign::own_folder("mod_auth_openidc").join("httpd.conf"));
    if folder.path().metadata().unwrap().uid() == 0 {
        command.args(["-D", "AS_ROOT"]);
    }
    command.env("FOLDER", folder.path()).env("MODULES", modules);
    command.env("CLIENT_ID", client).env("TOKEN_AUTH", client);
    let application = Application::start("Apache", command, folder, port, &provider).await;
    Some((provider, application))
}

/// The document root, readable by the account that Apache takes on when root starts it.
fn lay_out(folder: &Path) {
    let protected = folder.join("htdocs/protected");
    std::fs::create_dir_all(&protected).unwrap();
    let page = foreign::own_folder("mod_auth_openidc").join("received.shtml");
    std::fs::copy(page, protected.join("received.shtml")).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

async fn signs_people_in_as(client: &str) {
    let Some((provider, application)) = started(client).await else { return };
    let mut desk = Browser::new();
    let first = application.sign_in(&mut desk, PAGE, "xiaoyu").await;
    first.assert_is(&provider, client, "xiaoyu").await;
    assert_eq!(first.asked("code_challenge_method").as_deref(), Some("S256"));
    // What a page behind Apache sees: UTF-8 to the letter, and the subject as the user.
    assert_eq!(text(&first.environment, "REMOTE_USER"), first.sub());
    assert_eq!(text(&first.environment, "OIDC_CLAIM_sub"), first.sub());
    for claim in ["name", "preferred_username", "picture"] {
        let variable = text(&first.environment, &format!("OIDC_CLAIM_{claim}"));
        assert_eq!(variable, text(&first.userinfo, claim));
    }
    let elsewhere = application.sign_in(&mut Browser::new(), PAGE, "xiaoyu").await;
    assert_eq!(elsewhere.sub(), first.sub());
    assert_eq!(provider.wechat.exchanges(), 2);
    let other = application.sign_in(&mut Browser::new(), PAGE, "laowang").await;
    other.assert_is(&provider, client, "laowang").await;
    assert_ne!(other.sub(), first.sub(), "two people, one subject");
}

#[tokio::test]
async fn mod_auth_openidc_with_basic_puts_the_person_into_apaches_environment() {
    signs_people_in_as("client_secret_basic").await;
}

#[tokio::test]
async fn mod_auth_openidc_with_post_puts_the_person_into_apaches_environment() {
    signs_people_in_as("client_secret_post").await;
}
