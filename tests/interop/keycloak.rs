//! Keycloak (the distribution of Maven Central) as a broker: its people sign in with WeChat through Magpie, with the
//! identity provider of `keycloak/realm.json` and without an e-mail address. A real Chromium goes there, because
//! Keycloak's account console is a program of its own in the browser.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use thirtyfour::By;

use crate::archives;
use crate::child::{Child, free_port};
use crate::chromium::{Chromium, Looks};
use crate::desk;
use crate::foreign::{self, run};
use crate::provider::{ODD_SECRET, Provider};
use crate::received::text;
use crate::wire;

/// The version in `keycloak/archives.sha256`.
const FOLDER: &str = "keycloak-26.7.3";
/// The first administrator, for this run alone.
const ADMINISTRATOR: &str = "administrator";

/// A running Keycloak with the realm.
struct Keycloak {
    base: String,
    _process: Child,
    _folder: tempfile::TempDir,
}

/// Both servers; `more` are further lines of Keycloak's client at Magpie.
async fn started(more: impl FnOnce(&str) -> String) -> Option<(Provider, Keycloak)> {
    let java = foreign::program("TEST_JAVA", "java", &["-version"])?;
    let distribution = archives::unpacked("keycloak", ".tar.gz", |folder| {
        // Once, what would otherwise take a minute at each start.
        let mut build = Command::new(folder.join(FOLDER).join("bin/kc.sh"));
        run(build.args(["build", "--db=dev-mem"]).env("JAVA", &java));
    })?;
    let (magpie, port) = (free_port(), free_port());
    let base = format!("http://127.0.0.1:{port}");
    let clients = format!(
        "[[clients]]\nid = \"keycloak\"\npreset = \"keycloak\"\nsecret = \"{ODD_SECRET}\"\n\
         redirect_uris = [\"{base}/realms/house/broker/wechat/endpoint\"]\n{}",
        more(&base)
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
        "-Xmx512m",
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
    /// Opens the account console in a new browser and signs in with WeChat there.
    async fn sign_in(&self, person: &str) -> Option<Chromium> {
        let browser = Chromium::start(Looks::DESKTOP).await?;
        browser.driver.goto(format!("{}/realms/house/account", self.base)).await.unwrap();
        browser.wait_for("social-wechat").await;
        browser.press("social-wechat").await;
        desk::approve(&browser, person).await;
        Some(browser)
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

    /// The user whom Keycloak made for the person with this nickname.
    async fn user(&self, nickname: &str) -> Value {
        let users = self.admin("users?briefRepresentation=false").await;
        let mut users = users.as_array().unwrap().iter();
        let user = users.find(|user| user.get("firstName").is_some_and(|name| name == nickname));
        user.unwrap_or_else(|| panic!("no {nickname} at Keycloak")).clone()
    }
}

async fn answer(request: Request<Vec<u8>>) -> Value {
    let answer = wire::send(request).await.unwrap();
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status().is_success(), "{}: {body}", answer.status());
    serde_json::from_str(&body).unwrap()
}

/// Waits until the account console shows this name, as it does for whoever is signed in.
async fn greeted(browser: &Chromium, base: &str, nickname: &str) {
    let name = By::XPath(format!("//*[contains(text(), '{nickname}')]"));
    let shown =
        browser.driver.query(name).wait(Duration::from_secs(60), Duration::from_millis(200));
    shown.first().await.unwrap();
    let url = browser.driver.current_url().await.unwrap();
    assert!(url.as_str().starts_with(&format!("{base}/realms/house/account")), "{url}");
}

#[tokio::test]
async fn keycloak_takes_the_person_whom_magpie_names_and_finds_the_same_user_again() {
    let Some((provider, keycloak)) = started(|_base| String::new()).await else { return };
    let nickname = provider.nickname_of("xiaoyu");
    for _time in ["first", "second"] {
        let Some(browser) = keycloak.sign_in("xiaoyu").await else { return };
        greeted(&browser, &keycloak.base, &nickname).await;
        browser.end().await;
    }
    let Some(browser) = keycloak.sign_in("laowang").await else { return };
    greeted(&browser, &keycloak.base, &provider.nickname_of("laowang")).await;
    browser.end().await;

    assert_eq!(keycloak.admin("users/count").await, 2, "one user for each person");
    let user = keycloak.user(&nickname).await;
    let user_name = text(&user, "username");
    assert!(user_name.starts_with("wx_"), "{user}");
    assert_eq!(user.get("email"), None);
    assert_eq!(user.get("requiredActions").unwrap().as_array().unwrap().len(), 0);
    let picture = user.pointer("/attributes/picture/0").unwrap().as_str().unwrap();
    assert!(picture.starts_with(&provider.wechat.base_url()), "{picture}");

    let identities =
        keycloak.admin(&format!("users/{}/federated-identity", text(&user, "id"))).await;
    let [identity] = identities.as_array().unwrap().as_slice() else { panic!("{identities}") };
    assert_eq!(text(identity, "identityProvider"), "wechat");
    assert_eq!(text(identity, "userName"), user_name);
    assert!(!text(identity, "userId").is_empty());
}
