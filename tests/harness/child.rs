//! A program that a test starts and ends: Magpie, or an application around a stock client.
//! It writes its log into a file, which is shown when the test fails; it is one process, ended by its id.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// From start to an open port, when a dozen of them start at once on a busy machine; Keycloak needs most of it there.
const LONGEST_START: Duration = Duration::from_secs(300);

/// A running program.
#[derive(Debug)]
pub struct Child {
    name: &'static str,
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `command` and waits until somebody listens on `port`. `log` is the file for what it says.
    pub async fn start(name: &'static str, command: &mut Command, log: PathBuf, port: u16) -> Self {
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
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Nothing it leaves behind is worth a graceful end, and a wait without a bound would hide a hang.
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- log of {} ---\n{}--- end of log ---", self.name, self.log());
        }
    }
}

/// A port of the loopback that nobody else takes: below those that the system hands out by itself (from 32768 on Linux),
/// and each given to one caller. Two dozen programs start at once, and a port that is only looked up can be taken by the
/// next connection of any of them.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::SeqCst);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
