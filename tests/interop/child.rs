//! A program that a test starts and ends: Magpie, or an application around a stock client.
//! It writes its log into a file, which is shown when the test fails; it is one process, ended by its id.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// From start to an open port, on a busy machine; Keycloak needs most of it there.
const LONGEST_START: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct Child {
    name: &'static str,
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `command` and waits until somebody listens on `port`.
    pub(crate) async fn start(
        name: &'static str,
        command: &mut Command,
        log: PathBuf,
        port: u16,
    ) -> Self {
        let file = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut child = Self { name, process, log };
        let opened = tokio::time::timeout(LONGEST_START, child.opens(port)).await;
        opened.unwrap_or_else(|_| panic!("{name} does not listen after {LONGEST_START:?}"));
        child
    }

    async fn opens(&mut self, port: u16) {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("{} ended before it listened: {status}", self.name);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Nothing it leaves behind is worth a graceful end, and a wait without a bound would hide a hang.
        drop(self.process.kill());
        drop(self.process.wait());
        if std::thread::panicking() {
            eprintln!("--- log of {} ---\n{}--- end of log ---", self.name, self.log());
        }
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
