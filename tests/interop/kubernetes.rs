//! kubelogin fetches an ID token for kubectl through a real browser, and kube-apiserver's own authenticator says whose it
//! is. The authenticator takes https issuers alone, so TLS stands before Magpie as it does in production.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Child, free_port};
use serde_json::Value;

use crate::chromium::{Chromium, Looks};
use crate::desk;
use crate::foreign;
use crate::go_programs;
use crate::provider::{PLAIN_SECRET, Provider};
use crate::received::text;
use crate::tls::Front;

/// The cluster, and an application that is nothing to it.
const CLIENTS: [&str; 2] = ["kubernetes", "another"];
/// From the last thing a person did to the token.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider behind TLS and the two programs.
struct Cluster {
    provider: Provider,
    front: Front,
    kubelogin: PathBuf,
    authenticator: PathBuf,
    callback: u16,
    folder: tempfile::TempDir,
}

async fn started() -> Option<Cluster> {
    let kubelogin = go_programs::built("kubelogin", "github.com/int128/kubelogin")?;
    let authenticator = go_programs::built("kubernetes", ".")?;
    let (port, callback) = (free_port(), free_port());
    let front = Front::start(port);
    let clients = CLIENTS.map(|id| {
        format!(
            "[[clients]]\nid = \"{id}\"\npreset = \"native\"\nscopes = [\"openid\"]\n\
             redirect_uris = [\"http://localhost:{callback}\"]\n"
        )
    });
    let provider = Provider::start_at(port, front.origin(), PLAIN_SECRET, &clients.concat()).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.crt"), front.authority()).unwrap();
    Some(Cluster { provider, front, kubelogin, authenticator, callback, folder })
}

impl Cluster {
    /// The ID token that kubectl would send after this person has signed in.
    async fn token(&self, client: &str, person: &str) -> Option<String> {
        let trusted = format!("--ignore-certificate-errors-spki-list={}", self.front.key_hash());
        let browser = Chromium::start_with(Looks::DESKTOP, &[trusted]).await?;
        let mut command = Command::new(&self.kubelogin);
        command.arg("get-token").arg(format!("--oidc-issuer-url={}", self.provider.issuer));
        command.arg(format!("--oidc-client-id={client}"));
        command.arg("--certificate-authority").arg(self.folder.path().join("ca.crt"));
        command.arg(format!("--listen-address=127.0.0.1:{}", self.callback));
        command.args(["--skip-open-browser", "--token-cache-storage=none"]);
        command.env("HOME", self.folder.path());
        let log = self.folder.path().join("kubelogin.log");
        let kubelogin = Child::start("kubelogin", &mut command, log, self.callback).await;
        browser.driver.goto(format!("http://localhost:{}", self.callback)).await.unwrap();
        desk::approve(&browser, person).await;
        let credential = said_by(&kubelogin).await;
        browser.end().await;
        assert_eq!(text(&credential, "kind"), "ExecCredential");
        Some(text(credential.get("status").unwrap(), "token").to_owned())
    }

    /// What the cluster makes of each token.
    fn judge(&self, tokens: &[&str]) -> Vec<Value> {
        let shown = foreign::own_folder("kubernetes").join("authentication.yaml");
        let file = self.folder.path().join("authentication.yaml");
        std::fs::write(&file, self.configuration(&shown)).unwrap();
        std::fs::write(self.folder.path().join("tokens"), tokens.join("\n")).unwrap();
        let mut command = Command::new(&self.authenticator);
        let tokens = std::fs::File::open(self.folder.path().join("tokens")).unwrap();
        let output = command.arg(&file).stdin(tokens).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "the authenticator: {}", output.status);
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The guide's file, with this issuer and its authority.
    fn configuration(&self, shown: &Path) -> String {
        let authority = self.front.authority().trim_end().replace('\n', "\n        ");
        std::fs::read_to_string(shown).unwrap().replace(
            "      url: https://login.example.com\n",
            &format!(
                "      url: {}\n      certificateAuthority: |\n        {authority}\n",
                self.provider.issuer
            ),
        )
    }
}

/// The line of JSON with which kubelogin ends.
async fn said_by(kubelogin: &Child) -> Value {
    let said = tokio::time::timeout(PATIENCE, async {
        loop {
            let said = kubelogin.log();
            let mut lines = said.lines().filter(|line| line.starts_with('{'));
            if let Some(credential) = lines.find_map(|line| serde_json::from_str(line).ok()) {
                return credential;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    said.await.expect("kubelogin got no token")
}

/// kubelogin itself throws an ID token of another issuer or for another audience away, and gets no further.
#[tokio::test]
async fn kube_apiserver_knows_who_kubectl_is_by_the_id_token_that_kubelogin_fetched() {
    let Some(cluster) = started().await else { return };
    let Some(token) = cluster.token("kubernetes", "xiaoyu").await else { return };
    let Some(again) = cluster.token("kubernetes", "xiaoyu").await else { return };
    let Some(other) = cluster.token("kubernetes", "laowang").await else { return };
    let Some(strange) = cluster.token("another", "xiaoyu").await else { return };
    let claims = claims(&token);
    let forged = with_another_signature(&token);
    let verdicts = cluster.judge(&[&token, &again, &other, &strange, &forged]);
    let [token, again, other, strange, forged] = verdicts.as_slice() else {
        panic!("{verdicts:?}")
    };

    let sub = text(&claims, "sub");
    assert_eq!(text(token, "uid"), sub, "{token}");
    assert_eq!(text(token, "username"), format!("wechat:{sub}"));
    assert_eq!(token.get("groups"), None);
    assert_eq!(again, token, "the same person, another user");
    assert_ne!(text(other, "username"), text(token, "username"), "two people, one user");
    // A token for another application is no key to the cluster, whoever brings it.
    assert!(text(strange, "refused").contains("expected audience \"kubernetes\""), "{strange}");
    assert!(text(forged, "refused").contains("failed to verify signature"), "{forged}");
}

/// What a token says, unproved.
fn claims(token: &str) -> Value {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// The same claims, signed by nobody.
fn with_another_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", signature.get(1..).unwrap())
}
