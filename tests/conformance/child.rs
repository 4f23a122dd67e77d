//! `magpie serve` as a process: started, awaited until it listens, ended by its id. Its log is shown when the test fails.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

/// From start to an open port, when a dozen of them start at once on a busy machine.
const LONGEST_START: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `command` and waits until somebody listens on `port`.
    pub(crate) async fn start(command: &mut Command, log: PathBuf, port: u16) -> Self {
        let file = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut child = Self { process, log };
        let opened = tokio::time::timeout(LONGEST_START, child.opens(port)).await;
        opened.unwrap_or_else(|_| panic!("nobody listens after {LONGEST_START:?}"));
        child
    }

    async fn opens(&mut self, port: u16) {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("magpie ended before it listened: {status}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Its database goes with it, so there is nothing to end gracefully.
        drop(self.process.kill());
        drop(self.process.wait());
        if std::thread::panicking() {
            let log = std::fs::read(&self.log).unwrap_or_default();
            eprintln!("--- log ---\n{}--- end of log ---", String::from_utf8_lossy(&log));
        }
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
