//! A stock client with the small application around it, as a browser meets it.

use std::process::Command;

use tempfile::TempDir;

use crate::browser::{Arrival, Browser};
use crate::child::Child;
use crate::provider::Provider;
use crate::received::Received;

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

    /// Signs in from `path` as this person, whatever comes of it.
    pub(crate) async fn visit(&self, browser: &mut Browser, path: &str, person: &str) -> Arrival {
        browser.sign_in(&format!("{}{path}", self.base), person).await
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
}
