//! A real `magpie serve` with a throw-away database in front of a simulated WeChat, and the runner that plays one plan
//! against it. Each plan has its own, so that plans can run side by side.

use harness::{Child, free_port, magpie, serve, without_our_variables, write_root_key};
use magpie_simulator::{RunningSimulator, Simulator, World};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certificate::Certificate;
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
            "rotate": [magpie(), "key", "rotate", "--config", folder.path().join("magpie.toml")],
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
        write_root_key(folder.path());
        let config = folder.path().join("magpie.toml");
        let text = configuration::toml(plan, ports, &wechat.base_url(), keys);
        std::fs::write(&config, text).unwrap();
        let log = folder.path().join("magpie.log");
        let magpie =
            Child::start("magpie serve", &mut serve(folder.path()), log, ports.magpie).await;
        let certificate = Certificate::write(folder.path());
        Self { ports, certificate, _wechat: wechat, _magpie: magpie, folder }
    }
}
