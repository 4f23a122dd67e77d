//! A stock client with the small application around it, as a browser meets it.

use std::path::Path;
use std::process::Command;

use harness::{Child, free_port};
use tempfile::TempDir;

use crate::browser::{Arrival, Browser};
use crate::foreign::{self, Node};
use crate::provider::Provider;
use crate::received::Received;

/// A stock client, and what the small application around it needs.
#[derive(Debug)]
pub(crate) struct Stock {
    /// The client's own name.
    pub(crate) name: &'static str,
    pub(crate) script: Script,
    /// The path at the application that people come back to.
    pub(crate) callback: &'static str,
    pub(crate) secret: &'static str,
    /// What it is registered with besides, as lines of the configuration; `{origin}` is the application's own.
    pub(crate) policy: &'static str,
}

/// A folder beside these tests that has the lock file with the packages, and a file in it with its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Script {
    Node(&'static str, &'static [&'static str]),
    Python(&'static str, &'static [&'static str]),
    Ruby(&'static str, &'static [&'static str]),
}

impl Stock {
    /// A provider that knows this client, and the application; `None` is a skip, already printed.
    pub(crate) async fn start(&self) -> Option<(Provider, Application)> {
        let folder = tempfile::tempdir().unwrap();
        let command = self.script.command(folder.path())?;
        let port = free_port();
        let origin = format!("http://127.0.0.1:{port}");
        let callback = format!("{origin}{}", self.callback);
        let policy = self.policy.replace("{origin}", &origin);
        let provider = Provider::start_with(&callback, self.secret, &policy).await;
        let application = Application::start(self.name, command, folder, port, &provider).await;
        Some((provider, application))
    }
}

impl Script {
    /// Its interpreter with the packages; `scratch` is a folder of this application's own.
    fn command(self, scratch: &Path) -> Option<Command> {
        let (interpreter, arguments, mut folder) = match self {
            Self::Node(folder, arguments) => {
                let Node { node, packages } = foreign::node(folder)?;
                // Node looks for packages beside the script, and finds them through the link.
                let modules = scratch.join("node_modules");
                std::os::unix::fs::symlink(packages.join("node_modules"), modules).unwrap();
                (node, arguments, foreign::own_folder(folder))
            }
            Self::Python(folder, arguments) => {
                (foreign::python(folder)?, arguments, foreign::own_folder(folder))
            }
            Self::Ruby(folder, arguments) => {
                (foreign::ruby()?, arguments, foreign::own_folder(folder))
            }
        };
        let (script, arguments) = arguments.split_first().unwrap();
        if matches!(self, Self::Node(..)) {
            std::fs::copy(folder.join(script), scratch.join(script)).unwrap();
            folder = scratch.to_path_buf();
        }
        let mut command = Command::new(interpreter);
        command.arg(folder.join(script)).args(arguments).current_dir(scratch);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Some(command)
    }
}

#[derive(Debug)]
pub(crate) struct Application {
    base: String,
    _process: Child,
    _folder: TempDir,
}

impl Application {
    /// Starts `command`, which finds its settings in the environment and its files in `folder`.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        folder: TempDir,
        port: u16,
        provider: &Provider,
    ) -> Self {
        command.env("ISSUER", &provider.issuer).env("PORT", port.to_string());
        command.env("CLIENT_SECRET", provider.secret);
        let log = folder.path().join("application.log");
        let process = Child::start(name, &mut command, log, port).await;
        Self { base: format!("http://127.0.0.1:{port}"), _process: process, _folder: folder }
    }

    /// The address of a path at this application.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Signs in from `path` as this person, whatever comes of it.
    pub(crate) async fn visit(&self, browser: &mut Browser, path: &str, person: &str) -> Arrival {
        browser.sign_in(&self.at(path), person).await
    }

    /// Signs in from `path` as this person and gives what the application received.
    pub(crate) async fn sign_in(
        &self,
        browser: &mut Browser,
        path: &str,
        person: &str,
    ) -> Received {
        let arrival = self.visit(browser, path, person).await;
        assert!(
            arrival.status.is_success() && arrival.url.as_str().starts_with(&self.base),
            "{} at {}: {}\nby way of {:#?}",
            arrival.status,
            arrival.url,
            arrival.body,
            arrival.way_in_words()
        );
        Received::read(&arrival)
    }

    /// Signs in from `path` as this person three times: anew, in the same browser, where nobody is asked again, and in
    /// another one. Each time it is the same person; what the application received first is given.
    pub(crate) async fn sign_in_thrice(
        &self,
        provider: &Provider,
        path: &str,
        person: &str,
    ) -> Received {
        let before = provider.wechat.exchanges();
        let mut desk = Browser::new();
        let first = self.sign_in(&mut desk, path, person).await;
        assert_eq!(provider.wechat.exchanges(), before + 1);

        let signed_in = self.sign_in(&mut desk, path, person).await;
        assert_eq!(signed_in.sub(), first.sub());
        for claim in ["name", "preferred_username", "picture"] {
            assert_eq!(signed_in.userinfo.get(claim), first.userinfo.get(claim));
        }
        assert_eq!(provider.wechat.exchanges(), before + 1, "the browser session was not used");

        let elsewhere = self.sign_in(&mut Browser::new(), path, person).await;
        assert_eq!(elsewhere.sub(), first.sub());
        assert_eq!(provider.wechat.exchanges(), before + 2);
        first
    }
}
