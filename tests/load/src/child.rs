//! The programs that a run starts, what they cost, and their certain end.
//! Owns a child from its start to its removal: it ends ours and only ours, by id, also when the run fails or is
//! interrupted. It reads cost and memory from `/proc`, where the kernel adds up every thread of the program.
//! Called by the campaign.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How often an ending child is looked at.
const GLANCE: Duration = Duration::from_millis(10);
/// Glances until a child that was asked to end is ended: thirty seconds, five more than a server may drain.
const PATIENCE: u32 = 3_000;
/// How much of a log is shown when a child fails.
const TAIL: usize = 2_000;

/// A running child; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Child {
    name: &'static str,
    process: Process,
    log: PathBuf,
}

/// Resident memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    /// The most since the start.
    pub(crate) peak: u64,
}

impl Child {
    /// Starts a program with its output in `folder/name.log`. The terminal's Ctrl-C reaches us alone, and we pass it on.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let log = folder.join(name).with_extension("log");
        let output = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
        let process = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, process, log })
    }

    /// An error with the end of its log, if the child is no longer there.
    pub(crate) fn must_run(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("{} ended by itself ({status}):\n{}", self.name, self.last_words());
        }
        Ok(())
    }

    /// The end of what it printed.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let start = text.len().saturating_sub(TAIL);
        String::from_utf8_lossy(text.get(start..).unwrap_or_default()).into_owned()
    }

    /// User and system time of all its threads since its start.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let text = self.proc("stat")?;
        let ticks =
            cpu_ticks(&text).with_context(|| format!("cannot read the times of {}", self.name))?;
        Ok(Duration::from_secs(ticks) / ticks_per_second())
    }

    /// How much memory it holds.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        memory(&self.proc("status")?)
            .with_context(|| format!("cannot read the memory of {}", self.name))
    }

    fn proc(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id()))
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        if self.end()? { Ok(()) } else { bail!("{} did not end when asked to", self.name) }
    }

    /// True when it ended in good order, false when it had to be killed.
    fn end(&mut self) -> io::Result<bool> {
        if self.process.try_wait()?.is_some() {
            return Ok(true);
        }
        if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) {
            // The only failure is that nobody is left to hear it.
            kill_process(pid, Signal::TERM).ok();
        }
        for _ in 0..PATIENCE {
            if self.process.try_wait()?.is_some() {
                return Ok(true);
            }
            sleep(GLANCE);
        }
        self.process.kill()?;
        self.process.wait()?;
        Ok(false)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end().ok();
    }
}

/// The kernel's ticks in a second, in which it counts the times of a process.
pub(crate) fn ticks_per_second() -> u32 {
    u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100).max(1)
}

/// `utime` + `stime` of proc(5) `stat`. The name before them may hold blanks and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// `VmRSS` and `VmHWM` of proc(5) `status`, which are in KiB.
fn memory(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
        Some(kib * 1024)
    };
    Some(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_program_with_an_odd_name_are_read() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 1234 66 5 5 20 0 4 0 100 1000 500";
        assert_eq!(cpu_ticks(stat), Some(1300));
        assert_eq!(cpu_ticks("7 (cut"), None);
    }

    #[test]
    fn memory_is_counted_in_bytes() {
        let status = "Name:\tmagpie\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n";
        assert_eq!(memory(status), Some(Memory { now: 1 << 20, peak: 2 << 20 }));
        assert_eq!(memory("VmRSS:\t1 kB\n"), None);
    }

    #[test]
    fn a_child_that_was_dropped_is_gone_and_one_that_failed_tells_why() {
        let folder = tempfile::tempdir().unwrap();
        let child =
            Child::start("sleeper", Command::new("sleep").arg("600"), folder.path()).unwrap();
        let process = format!("/proc/{}", child.process.id());
        assert!(child.memory().unwrap().now > 0 && Path::new(&process).exists());
        drop(child);
        assert!(!Path::new(&process).exists());

        let mut failing = Child::start(
            "failing",
            Command::new("sh").args(["-c", "echo no port >&2; exit 3"]),
            folder.path(),
        )
        .unwrap();
        failing.process.wait().unwrap();
        let told = failing.must_run().unwrap_err().to_string();
        assert!(told.contains("failing") && told.contains("no port"), "{told}");
    }
}
