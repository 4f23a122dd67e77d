//! A configuration to be broken in one place, and what the doctor says of it.

use std::path::PathBuf;

use harness::House;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// The signing root of the houses of tests.
const ROOT_KEY: &str = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE";

/// The file that every house serves.
pub(crate) const FILE: (&str, &str) = ("MP_verify_AbCdEfGhIjKlMnOp.txt", "AbCdEfGhIjKlMnOp");

/// What is configured. As [`Setup::of`] makes it, it is that of the house.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) issuer: String,
    pub(crate) api_base: String,
    pub(crate) fallback: Option<String>,
    pub(crate) open_base: String,
    /// WeCom's API.
    pub(crate) wecom_base: String,
    pub(crate) database: String,
    pub(crate) root_key: String,
    pub(crate) file: (String, String),
    pub(crate) management: String,
    pub(crate) channels: Vec<Channel>,
    /// A file with the certificates that the machine trusts.
    pub(crate) roots: Option<PathBuf>,
}

/// A configured channel.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) app: &'static str,
    pub(crate) secret: String,
    pub(crate) more: &'static str,
}

/// The website app and the service account of the simulator's world.
pub(crate) const WEBSITE: &str = "wx0000000000000001";
pub(crate) const SERVICE: &str = "wx0000000000000002";

pub(crate) fn channel(id: &'static str, kind: &'static str, app: &'static str) -> Channel {
    Channel { id, kind, app, secret: format!("{app}-secret"), more: "platform = \"main\"" }
}

impl Setup {
    /// The configuration with which the house itself runs.
    pub(crate) fn of(house: &House) -> Self {
        Self {
            issuer: house.issuer.clone(),
            api_base: house.wechat.base_url(),
            fallback: None,
            open_base: house.wechat.base_url(),
            wecom_base: house.wechat.base_url(),
            database: format!("sqlite:{}", house.folder().join("magpie.db").display()),
            root_key: ROOT_KEY.to_owned(),
            file: (FILE.0.to_owned(), FILE.1.to_owned()),
            management: house.management().to_string(),
            channels: vec![
                channel("desktop", "website", WEBSITE),
                channel("inapp", "service_account", SERVICE),
            ],
            roots: None,
        }
    }

    fn text(&self) -> String {
        let Self { issuer, api_base, open_base, database, root_key, file, management, .. } = self;
        let wecom_base = &self.wecom_base;
        let fallback = self.fallback.iter().map(|base| format!("\"{base}\"")).collect::<String>();
        let mut text = format!(
            r#"issuer = "{issuer}"
[listen]
public = "127.0.0.1:1"
management = "{management}"
[database]
url = "{database}"
[keys]
root_key = "{root_key}"
[wechat]
api_base = "{api_base}"
api_fallback_bases = [{fallback}]
open_base = "{open_base}"
development = true
verification_files = {{ "{}" = "{}" }}
[wecom]
api_base = "{wecom_base}"
login_base = "{open_base}"
"#,
            file.0, file.1
        );
        for Channel { id, kind, app, secret, more } in &self.channels {
            let account = match *kind {
                "relay" => String::new(),
                "wecom" => format!("corp_id = \"{app}\"\ncorp_secret = \"{secret}\""),
                _ => format!("app_id = \"{app}\"\napp_secret = \"{secret}\""),
            };
            let own = format!("id = \"{id}\"\nkind = \"{kind}\"\n{account}\n{more}\n");
            text.push_str(&format!("[[channels]]\n{own}"));
        }
        text
    }

    /// Runs another command of the binary with this configuration.
    pub(crate) async fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("magpie.toml");
        std::fs::write(&file, self.text()).unwrap();
        let mut command = Command::new(harness::magpie());
        command.args(words).arg("--config").arg(&file);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MAGPIE_") {
                command.env_remove(name);
            }
        }
        command.env_remove("SSL_CERT_DIR");
        if let Some(roots) = &self.roots {
            command.env("SSL_CERT_FILE", roots);
        }
        let output = command.output().await.expect("the binary, built");
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        self.holds_no_secret(&format!("{out}{err}"));
        assert!(!out.is_empty() || words[0] != "doctor", "{err}");
        (output.status.code(), out)
    }

    /// Calls the doctor.
    pub(crate) async fn examine(&self) -> Diagnosis {
        let (status, out) = self.run(&["doctor", "--json"]).await;
        Diagnosis { status, value: serde_json::from_str(&out).expect(&out) }
    }

    /// The doctor names this cause, no other cause, and says that somebody has to act.
    pub(crate) async fn suffers(&self, problem: &str) -> Diagnosis {
        let diagnosis = self.examine().await;
        assert_eq!(diagnosis.of("act"), [problem], "{:#}", diagnosis.value);
        assert_eq!(diagnosis.status, Some(1), "{problem}");
        diagnosis
    }

    /// Nobody has to act, and there is nothing to note.
    pub(crate) async fn is_well(&self) -> Diagnosis {
        let diagnosis = self.examine().await;
        for severity in ["act", "warning"] {
            assert_eq!(diagnosis.of(severity), Vec::<String>::new(), "{:#}", diagnosis.value);
        }
        assert_eq!(diagnosis.status, Some(0));
        diagnosis
    }

    /// The doctor mentions this, and nobody has to act.
    pub(crate) async fn is_warned(&self, problem: &str) {
        let diagnosis = self.examine().await;
        assert_eq!(diagnosis.of("act"), Vec::<String>::new(), "{:#}", diagnosis.value);
        assert!(diagnosis.of("warning").contains(&problem.to_owned()), "{:#}", diagnosis.value);
        assert_eq!(diagnosis.status, Some(0), "{problem}");
    }

    /// Law 9, and the brief of this command: no secret, no key, no token, no address of WeChat's API.
    fn holds_no_secret(&self, said: &str) {
        let secrets = self.channels.iter().map(|channel| channel.secret.as_str());
        for secret in secrets.chain([self.root_key.as_str(), "/sns/", "/cgi-bin/", "DoctorNobody"])
        {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }
}

/// What the doctor said.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    pub(crate) status: Option<i32>,
    pub(crate) value: Value,
}

impl Diagnosis {
    /// The problems of one severity, each once.
    pub(crate) fn of(&self, severity: &str) -> Vec<String> {
        let findings = self.value["findings"].as_array().unwrap().iter();
        let mut problems: Vec<String> = findings
            .filter(|finding| finding["severity"] == severity)
            .map(|finding| finding["problem"].as_str().unwrap().to_owned())
            .collect();
        problems.sort_unstable();
        problems.dedup();
        problems
    }

    /// The finding about that problem.
    pub(crate) fn finding(&self, problem: &str) -> &Value {
        let mut findings = self.value["findings"].as_array().unwrap().iter();
        findings.find(|finding| finding["problem"] == problem).expect(problem)
    }
}
