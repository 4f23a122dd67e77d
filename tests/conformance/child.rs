//! `magpie serve` as a process: started, awaited until it listens, ended by its id. Its log is shown when the test fails.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
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

/// A port of the loopback that nobody else takes: below those that the system hands out by itself (from 32768 on Linux),
/// and each given to one caller. Two dozen providers start at once, and a port that is only looked up can be taken by the
/// next connection of any of them.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::SeqCst);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
