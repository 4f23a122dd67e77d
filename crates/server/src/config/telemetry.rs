//! `[telemetry]`: the form and the amount of the log.

use super::section::Section;

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogForm {
    /// One JSON object a line.
    #[default]
    Json,
    /// For a person at a terminal.
    Plain,
}

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// The form of a line.
    pub log: LogForm,
    /// What is logged, as `tracing` filter directives: `info`, or `info,magpie_flows=debug`.
    pub filter: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { log: LogForm::Json, filter: "info".to_owned() }
    }
}

pub(super) fn read(mut section: Section<'_>) -> Telemetry {
    let usual = Telemetry::default();
    let forms = [("json", LogForm::Json), ("plain", LogForm::Plain)];
    let telemetry = Telemetry {
        log: section.one_of("log", &forms).unwrap_or(usual.log),
        filter: section
            .parse("filter", "\"info\", or \"info,magpie_flows=debug\"", |text| {
                tracing_subscriber::EnvFilter::builder()
                    .parse(text)
                    .map(|_filter| text.to_owned())
                    .map_err(|_not_a_filter| "is not a filter")
            })
            .unwrap_or(usual.filter),
    };
    section.finish();
    telemetry
}
