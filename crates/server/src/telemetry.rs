//! The log: one line an event, on standard error, as JSON or for a person.
//! What libraries say below a warning is left out unless asked for, and what they say below `info` always is:
//! there they print requests and statements, and with them secrets (law 9).

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

use crate::config::{LogForm, Telemetry};

/// Every one of our crates begins like this.
const OURS: &str = "magpie";

/// A log already runs in this process.
#[derive(Debug, thiserror::Error)]
#[error("the log has been set up before")]
pub struct AlreadyInstalled;

/// Sends this process's log to standard error.
///
/// # Errors
/// [`AlreadyInstalled`] when something has done so before.
pub fn install(telemetry: &Telemetry) -> Result<(), AlreadyInstalled> {
    subscriber(telemetry, std::io::stderr).try_init().map_err(|_installed| AlreadyInstalled)
}

fn subscriber<W>(telemetry: &Telemetry, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = targets(&telemetry.filter);
    match telemetry.log {
        LogForm::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_span_list(false);
            Box::new(Registry::default().with(lines.with_writer(writer).with_filter(targets)))
        }
        LogForm::Plain => {
            let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal());
            Box::new(Registry::default().with(lines.with_writer(writer).with_filter(targets)))
        }
    }
}

/// What is logged. A bare level is for our own crates; libraries warn, or say more where the operator names them.
fn targets(filter: &str) -> Targets {
    // The configuration has refused a filter that cannot be read.
    let asked: Targets = filter.parse().unwrap_or_default();
    let ours = asked.default_level().unwrap_or(LevelFilter::INFO);
    let quiet = Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target(OURS, ours);
    asked.iter().fold(quiet, |targets, (name, level)| {
        let is_ours = name.starts_with(OURS);
        targets.with_target(name, if is_ours { level } else { level.min(LevelFilter::INFO) })
    })
}

#[cfg(test)]
mod tests;
