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
