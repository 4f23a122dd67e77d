//! Programs that are started, watched and always stopped again, also when a person presses Ctrl-C.
//! Each runs in a process group of its own, so that its children end with it; the terminal's signal reaches only us,
//! and we pass it on. A kill that cannot be caught is the one thing that leaves something behind.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How often a running program is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// Glances until a program that was asked to end is ended: ten seconds.
const PATIENCE: u32 = 200;

/// Whether somebody asked us to stop.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on the usual signals are noted instead of ending us.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag))
                .context("cannot listen for Ctrl-C")?;
        }
        Ok(Self(flag))
    }

    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A running program and everything it started; dropping it ends them.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stop_with: Signal,
}

impl Running {
    /// Starts a program; `stop_with` is the signal on which it ends in an orderly way.
    pub(crate) fn start(command: &mut Command, stop_with: Signal) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        Ok(Self { child: child.with_context(|| format!("cannot start {name}"))?, stop_with })
    }

    /// The exit status, once there is one.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask how a program fares")
    }

    fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // The only failure is that nobody is left to hear it.
            kill_process_group(group, signal).ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.signal(self.stop_with);
        for _ in 0..PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(GLANCE);
        }
        self.signal(Signal::KILL);
        drop(self.child.wait());
    }
}

/// Runs a program to its end, or until we are interrupted. True when it exits with success.
pub(crate) fn run(command: &mut Command, interrupt: &Interrupt) -> anyhow::Result<bool> {
    let mut running = Running::start(command, Signal::TERM)?;
    loop {
        if let Some(status) = running.ended()? {
            return Ok(status.success());
        }
        if interrupt.came() {
            anyhow::bail!("interrupted");
        }
        sleep(GLANCE);
    }
}

/// Runs a short program and returns what it printed, or nothing when it is missing or unhappy.
pub(crate) fn printed(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_ends_a_program_and_its_children() {
        let interrupt = Interrupt(Arc::new(AtomicBool::new(true)));
        let pid_file = tempfile::NamedTempFile::new().unwrap();
        let script = format!("sleep 600 & echo $! > {}; wait", pid_file.path().display());
        let mut running =
            Running::start(Command::new("sh").args(["-c", &script]), Signal::TERM).unwrap();
        let grandchild = loop {
            let text = std::fs::read_to_string(pid_file.path()).unwrap();
            if text.ends_with('\n') {
                break text.trim().to_owned();
            }
            sleep(GLANCE);
        };
        assert!(printed("kill", &["-0", &grandchild]).is_some());
        assert!(running.ended().unwrap().is_none());
        drop(running);
        let gone = (0..PATIENCE).any(|_| {
            sleep(GLANCE);
            let state =
                std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        });
        assert!(gone, "the grandchild survived");
        assert!(run(Command::new("sleep").arg("600"), &interrupt).is_err());
    }

    #[test]
    fn success_and_failure_are_told_apart() {
        let interrupt = Interrupt(Arc::default());
        assert!(run(&mut Command::new("true"), &interrupt).unwrap());
        assert!(!run(&mut Command::new("false"), &interrupt).unwrap());
        assert!(run(&mut Command::new("no-such-program-here"), &interrupt).is_err());
        assert_eq!(printed("false", &[]), None);
    }
}
