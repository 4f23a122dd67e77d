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
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing::Level;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'w> MakeWriter<'w> for Lines {
        type Writer = Self;

        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }

    fn logged(log: LogForm, filter: &str, say: impl FnOnce()) -> String {
        let lines = Lines::default();
        let telemetry = Telemetry { log, filter: filter.to_owned() };
        tracing::subscriber::with_default(subscriber(&telemetry, lines.clone()), say);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    /// Law 9, PR-01.
    #[test]
    fn libraries_are_quiet_and_never_say_what_they_send() {
        for (filter, ours, theirs) in [
            ("info", Level::INFO, Level::WARN),
            ("trace", Level::TRACE, Level::WARN),
            ("error", Level::ERROR, Level::ERROR),
            ("info,hyper=trace,sqlx=debug,reqwest=trace", Level::INFO, Level::INFO),
            ("warn,hyper_util::client=debug", Level::WARN, Level::WARN),
            ("magpie_flows=debug", Level::INFO, Level::WARN),
        ] {
            let targets = targets(filter);
            for level in [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR] {
                assert_eq!(targets.would_enable("magpie_web::token", &level), level <= ours);
                for library in ["hyper::proto", "sqlx::query", "reqwest::connect"] {
                    let shown = targets.would_enable(library, &level);
                    assert_eq!(shown, level <= theirs, "{filter}: {library} at {level}");
                }
            }
        }
        assert!(targets("magpie_flows=debug").would_enable("magpie_flows::token", &Level::DEBUG));
        assert!(!targets("off").would_enable("magpie_web", &Level::ERROR));
    }

    #[test]
    fn a_json_line_is_one_object_with_dotted_fields() {
        let line = logged(LogForm::Json, "info", || {
            tracing::info!(target: "magpie_web", { client.id = "grafana" }, "signed\nin");
            tracing::debug!(target: "magpie_web", "not shown");
        });
        assert_eq!(line.lines().count(), 1, "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["message"], "signed\nin");
        assert_eq!(value["client.id"], "grafana");
        assert_eq!(value["level"], "INFO");
    }

    #[test]
    fn a_plain_line_cannot_be_forged_with_control_characters() {
        let line = logged(LogForm::Plain, "info", || {
            tracing::info!(target: "magpie_web", { client.name = "a\n\u{1b}[31mERROR" }, "signed in");
        });
        assert!(line.contains("signed in") && !line.contains('\u{1b}'), "{line:?}");
        assert_eq!(line.lines().count(), 1, "{line:?}");
    }
}
