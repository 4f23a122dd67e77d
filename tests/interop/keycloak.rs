//! Keycloak (the distribution of Maven Central) as a broker: its people sign in with WeChat through Magpie, with the
//! identity provider of `keycloak/realm.json` and without an e-mail address. A real Chromium goes there, because
//! Keycloak's account console is a program of its own in the browser.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::{Child, free_port};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::archives;
use crate::chromium::{Chromium, Looks};
use crate::desk;
use crate::foreign::{self, run};
use crate::provider::{ODD_SECRET, Provider};
use crate::received::text;
use crate::yardstick::{self, answer};

/// The version in `keycloak/archives.sha256`.
const FOLDER: &str = "keycloak-26.7.3";
/// The first administrator, for this run alone.
const ADMINISTRATOR: &str = "administrator";
/// For pages that are programs, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Keycloak with the realm.
struct Keycloak {
    base: String,
    _process: Child,
    _folder: tempfile::TempDir,
}

/// Both servers, registered with one another as the guide says.
async fn started() -> Option<(Provider, Keycloak)> {
    let java = foreign::program("TEST_JAVA", "java", &["-version"])?;
    let distribution = archives::unpacked("keycloak", ".tar.gz", |folder| {
        // Once, what would otherwise take a minute at each start.
        let mut build = Command::new(folder.join(FOLDER).join("bin/kc.sh"));
        run(build.args(["build", "--db=dev-mem"]).env("JAVA", &java));
    })?;
    let (magpie, port) = (free_port(), free_port());
    let base = format!("http://127.0.0.1:{port}");
    let realm = format!("{base}/realms/house");
    let clients = format!(
        "[[clients]]\nid = \"keycloak\"\npreset = \"keycloak\"\nsecret = \"{ODD_SECRET}\"\n\
         redirect_uris = [\"{realm}/broker/wechat/endpoint\"]\n\
         post_logout_redirect_uris = [\"{realm}/broker/wechat/endpoint/logout_response\"]\n\
         backchannel_logout_uri = \"{realm}/protocol/openid-connect/logout/backchannel-logout\"\n{}",
        yardstick::client(ODD_SECRET)
    );
    let issuer = format!("http://127.0.0.1:{magpie}");
    let provider = Provider::start_at(magpie, issuer, ODD_SECRET, &clients).await;
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), &distribution.join(FOLDER));
    let mut command = Command::new(java);
    command.args(java_arguments(folder.path()));
    command.args(["start-dev", "--db=dev-mem", "--import-realm", "--http-host=127.0.0.1"]);
    command.arg(format!("--http-port={port}"));
    // The realm's file names these two.
    command.env("ISSUER", &provider.issuer).env("CLIENT_SECRET", provider.secret);
    command.env("KC_BOOTSTRAP_ADMIN_USERNAME", ADMINISTRATOR);
    command.env("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMINISTRATOR);
    let log = folder.path().join("keycloak.log");
    let process = Child::start("Keycloak", &mut command, log, port).await;
    Some((provider, Keycloak { base, _process: process, _folder: folder }))
}

/// A home of this test's own that shares the distribution: what Keycloak writes goes with the folder.
fn lay_out(home: &Path, distribution: &Path) {
    for part in ["bin", "conf", "lib", "providers", "themes"] {
        std::os::unix::fs::symlink(distribution.join(part), home.join(part)).unwrap();
    }
    let import = home.join("data/import");
    std::fs::create_dir_all(&import).unwrap();
    let realm = foreign::own_folder("keycloak").join("realm.json");
    std::fs::copy(realm, import.join("realm.json")).unwrap();
}

/// What `kc.sh` starts in the end, without the shell: one process, ended by its id.
fn java_arguments(home: &Path) -> Vec<String> {
    let home = home.display();
    [
        "-Xmx768m",
        // A test ends before the better compiler pays.
        "-XX:TieredStopAtLevel=1",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        "-Dpicocli.disable.closures=true",
        "-Dkc.config.built=true",
        &format!("-Dkc.home.dir={home}"),
        &format!("-Djboss.server.config.dir={home}/conf"),
        &format!("-Djava.io.tmpdir={home}"),
        "-cp",
        &format!("{home}/lib/quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
    ]
    .map(str::to_owned)
    .into()
}

impl Keycloak {
    /// Opens the account console in a new browser and signs in with WeChat there, as the person with this nickname.
    async fn sign_in(&self, person: &str, nickname: &str) -> Option<Chromium> {
        let browser = Chromium::start(Looks::DESKTOP).await?;
        self.open_console(&browser).await;
        browser.wait_for("social-wechat").await;
        browser.press("social-wechat").await;
        desk::approve(&browser, person).await;
        self.greets(&browser, nickname).await;
        Some(browser)
    }

    async fn open_console(&self, browser: &Chromium) {
        browser.driver.goto(format!("{}/realms/house/account", self.base)).await.unwrap();
    }

    /// Waits until the account console shows this name, as it does for whoever is signed in.
    async fn greets(&self, browser: &Chromium, nickname: &str) {
        let name = By::XPath(format!("//*[contains(text(), '{nickname}')]"));
        let shown = browser.driver.query(name).wait(PATIENCE, Duration::from_millis(200));
        shown.first().await.unwrap();
        let url = browser.driver.current_url().await.unwrap();
        assert!(url.as_str().starts_with(&format!("{}/realms/house/account", self.base)), "{url}");
    }

    /// The answer of the administration API below this realm.
    async fn admin(&self, path: &str) -> Value {
        let form = format!(
            "grant_type=password&client_id=admin-cli&username={ADMINISTRATOR}&password={ADMINISTRATOR}"
        );
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.base);
        let request = Request::post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let token = answer(request.body(form.into_bytes()).unwrap()).await;
        let request = Request::get(format!("{}/admin/realms/house/{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", text(&token, "access_token")));
        answer(request.body(Vec::new()).unwrap()).await
    }

    /// The one user whom Keycloak made for this person of Magpie's.
    async fn user(&self, person: &Value) -> Value {
        let name = text(person, "preferred_username");
        let users = self.admin(&format!("users?username={name}&exact=true")).await;
        let [user] = users.as_array().unwrap().as_slice() else { panic!("{name}: {users}") };
        user.clone()
    }

    /// The ids of a user's sessions.
    async fn sessions(&self, user: &Value) -> Vec<String> {
        let sessions = self.admin(&format!("users/{}/sessions", text(user, "id"))).await;
        sessions.as_array().unwrap().iter().map(|session| text(session, "id").to_owned()).collect()
    }

    /// Waits until this session of the user's is none, and gives those that are left.
    async fn sessions_without(&self, user: &Value, session: &str) -> Vec<String> {
        let gone = tokio::time::timeout(PATIENCE, async {
            loop {
                let sessions = self.sessions(user).await;
                if !sessions.iter().any(|one| one == session) {
                    return sessions;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        gone.await.expect("Keycloak was not told that the session is over, or did not believe it")
    }
}

/// An ID token of another issuer, for another audience or without the nonce ends at Keycloak's error page, where nobody
/// is greeted.
#[tokio::test]
async fn keycloak_takes_the_person_whom_magpie_names_and_finds_the_same_user_again() {
    let Some((provider, keycloak)) = started().await else { return };
    for person in ["xiaoyu", "xiaoyu", "laowang"] {
        let nickname = provider.nickname_of(person);
        let Some(browser) = keycloak.sign_in(person, &nickname).await else { return };
        browser.end().await;
    }
    assert_eq!(keycloak.admin("users/count").await, 2, "one user for each person");
    for person in ["xiaoyu", "laowang"] {
        keycloak.assert_knows(&yardstick::person(&provider, person).await).await;
    }
}

impl Keycloak {
    /// The user is the person: what Keycloak took over is what Magpie says of them, and there is no more to ask.
    async fn assert_knows(&self, person: &Value) {
        let user = self.user(person).await;
        assert_eq!(text(&user, "firstName"), text(person, "given_name"));
        assert_eq!(user.pointer("/attributes/picture/0"), person.get("picture"));
        assert_eq!(user.get("email"), None);
        assert_eq!(user.get("requiredActions").unwrap().as_array().unwrap().len(), 0);
        let path = format!("users/{}/federated-identity", text(&user, "id"));
        let identities = self.admin(&path).await;
        let [identity] = identities.as_array().unwrap().as_slice() else { panic!("{identities}") };
        assert_eq!(text(identity, "identityProvider"), "wechat");
        assert_eq!(text(identity, "userId"), text(person, "sub"));
        assert_eq!(text(identity, "userName"), text(person, "preferred_username"));
    }
}

/// Without `sid` in the ID token Keycloak finds no session to end; without it in the logout token it ends them all.
#[tokio::test]
async fn keycloak_ends_the_session_of_the_browser_that_signed_out_at_magpie_and_no_other() {
    let Some((provider, keycloak)) = started().await else { return };
    let nickname = provider.nickname_of("xiaoyu");
    let Some(desk) = keycloak.sign_in("xiaoyu", &nickname).await else { return };
    let user = keycloak.user(&yardstick::person(&provider, "xiaoyu").await).await;
    let at_the_desk = keycloak.sessions(&user).await;
    let [session] = at_the_desk.as_slice() else { panic!("{at_the_desk:?}") };
    let Some(elsewhere) = keycloak.sign_in("xiaoyu", &nickname).await else { return };
    assert_eq!(keycloak.sessions(&user).await.len(), 2);

    desk.driver.goto(format!("{}/oauth2/logout", provider.issuer)).await.unwrap();
    desk.wait_for("continue").await;
    desk.press("continue").await;
    desk.wait_for("signed-out").await;
    assert_eq!(
        keycloak.sessions_without(&user, session).await.len(),
        1,
        "the other one is over too"
    );
    keycloak.open_console(&desk).await;
    desk.wait_for("social-wechat").await;
    keycloak.open_console(&elsewhere).await;
    keycloak.greets(&elsewhere, &nickname).await;
    desk.end().await;
    elsewhere.end().await;
}

/// A message on the back channel that overtakes the browser makes Keycloak greet it with an error, and a session that
/// Magpie keeps lets the next sign-in through as the same person.
#[tokio::test]
async fn signing_out_at_keycloak_signs_out_at_magpie() {
    let Some((provider, keycloak)) = started().await else { return };
    let nickname = provider.nickname_of("xiaoyu");
    let Some(browser) = keycloak.sign_in("xiaoyu", &nickname).await else { return };
    let logout = format!("{}/realms/house/protocol/openid-connect/logout", keycloak.base);
    browser.driver.goto(logout).await.unwrap();
    browser.wait_for("kc-logout").await;
    browser.press("kc-logout").await;
    // Back from Magpie, where nobody was asked, at Keycloak's own page.
    let said =
        browser.driver.query(By::Css("#kc-page-title")).wait(PATIENCE, Duration::from_millis(200));
    let said = said.with_text("You are logged out").first().await;
    assert!(said.is_ok(), "{}", browser.driver.source().await.unwrap());

    let before = provider.wechat.exchanges();
    keycloak.open_console(&browser).await;
    browser.wait_for("social-wechat").await;
    browser.press("social-wechat").await;
    // A session at Magpie would have gone through without this page.
    desk::approve(&browser, "laowang").await;
    keycloak.greets(&browser, &provider.nickname_of("laowang")).await;
    assert_eq!(provider.wechat.exchanges(), before + 1);
    browser.end().await;
}
