//! `magpie check`: every finding about the configuration with its cure. Offline: opens the configuration and the
//! secret files it names, nothing else.

use serde_json::json;

use super::{Failure, Invocation};
use crate::config::{Loaded, Severity};

/// Prints all findings; fails when there is an error among them.
pub(super) fn run(invocation: &Invocation) -> Result<(), Failure> {
    let Loaded { config, findings } = invocation.read();
    let count = |wanted| findings.0.iter().filter(|finding| finding.severity == wanted).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let file = invocation.config_path().display().to_string();
    let verdict = match &config {
        Some(config) => format!(
            "{file} can be served: issuer {}, {}, {}, {}",
            config.issuer.as_str(),
            number(config.channels.len(), "channel"),
            number(config.clients.len(), "declared client"),
            number(warnings, "warning"),
        ),
        None => {
            format!(
                "{file} cannot be served: {}, {}",
                number(errors, "error"),
                number(warnings, "warning")
            )
        }
    };
    let is_good = config.is_some();
    let value = json!({ "ok": is_good, "file": file, "findings": findings.0 });
    invocation.answer(format!("{findings}{verdict}"), &value);
    if is_good { Ok(()) } else { Err(Failure::already_told()) }
}

fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
