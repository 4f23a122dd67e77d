//! A real `magpie serve` with a throw-away database in front of a simulated WeChat, and the runner that plays one plan
//! against it. Each plan has its own, so that plans can run side by side.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use magpie_simulator::{RunningSimulator, Simulator, World};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::child::{Child, free_port};
use crate::configuration::{self, Ports, RELYING_PARTY};
use crate::node::Node;
use crate::observed::{PlanObserved, Verdict};
use crate::plan::Plan;

/// How a plan is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) node: &'a Node,
    /// Key pairs of the declared clients that sign.
    pub(crate) keys: &'a [Value],
    /// Keeps the modules with this text in their names.
    pub(crate) only: Option<&'a str>,
    /// Whether the traffic is falsified on its way, as `spoilers.mjs` says.
    pub(crate) spoiled: bool,
}

impl Run<'_> {
    /// Plays `plan` against a provider of its own.
    pub(crate) async fn play(self, plan: &Plan) -> PlanObserved {
        let provider = Provider::start(plan, self.keys).await;
        let file = provider.folder.path().join("settings.json");
        std::fs::write(&file, self.settings(plan, &provider).to_string()).unwrap();
        let mut command =
            tokio::process::Command::from(self.node.command(&[file.to_str().unwrap()]));
        command.env("NODE_EXTRA_CA_CERTS", &provider.certificate.certificate).kill_on_drop(true);
        without_our_variables(command.as_std_mut());
        let output = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the runner of {}: {said}", plan.key);
        let verdicts: Vec<Verdict> = serde_json::from_slice(&output.stdout).unwrap();
        PlanObserved { plan: plan.key.clone(), verdicts }
    }

    fn settings(self, plan: &Plan, provider: &Provider) -> Value {
        let Provider { ports, certificate, folder, .. } = provider;
        json!({
            "plan": plan.key,
            "only": self.only,
            "spoiled": self.spoiled,
            "issuer": format!("https://127.0.0.1:{}", ports.front),
            "relyingParty": RELYING_PARTY,
            "listener": ports.listener,
            "front": {
                "port": ports.front,
                "backend": ports.magpie,
                "key": certificate.key,
                "certificate": certificate.certificate,
            },
            "clients": configuration::clients(plan, self.keys),
            "rotate": [binary(), "key", "rotate", "--config", folder.path().join("magpie.toml")],
        })
    }
}

#[derive(Debug)]
struct Provider {
    ports: Ports,
    certificate: Certificate,
    _wechat: RunningSimulator,
    // Ended before the folder with its database goes.
    _magpie: Child,
    folder: TempDir,
}

impl Provider {
    async fn start(plan: &Plan, keys: &[Value]) -> Self {
        let wechat = Simulator::start(World::demo("127.0.0.1"), ([127, 0, 0, 1], 0).into()).await;
        let wechat = wechat.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports { front: free_port(), magpie: free_port(), listener: free_port() };
        write_root_key(&folder.path().join("root.key"));
        let config = folder.path().join("magpie.toml");
        let text = configuration::toml(plan, ports, &wechat.base_url(), keys);
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(binary());
        command.arg("serve").arg("--config").arg(&config).current_dir(folder.path());
        without_our_variables(&mut command);
        let log = folder.path().join("magpie.log");
        let magpie = Child::start(&mut command, log, ports.magpie).await;
        let certificate = Certificate::write(folder.path());
        Self { ports, certificate, _wechat: wechat, _magpie: magpie, folder }
    }
}

/// The tests' own variables, and the desk's, would be read as settings.
fn without_our_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MAGPIE_") {
            command.env_remove(name);
        }
    }
}

/// 32 bytes in base64url, as `magpie init` writes them; a fixed key protects a database that lives for minutes.
fn write_root_key(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(b"Y29uZm9ybWFuY2UtY29uZm9ybWFuY2UtY29uZm9ybSE").unwrap();
}

/// `MAGPIE_BIN`, or the debug build, which is made when it is not there.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("MAGPIE_BIN") {
        return path.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("target/debug/magpie");
    if !path.exists() {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "magpie-server",
            "--bin",
            "magpie",
        ]);
        assert!(cargo.current_dir(root).status().unwrap().success(), "magpie does not build");
    }
    path
}
