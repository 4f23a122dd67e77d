//! Changes of a client at the command line, in the words of the configuration file: `key=value`, where the value is
//! TOML, or a bare text that needs no quotes. What is not named stays as it is, and a key that the file would
//! refuse is refused here, by the same code.

use std::path::Path;

use magpie_domain::ClientDraft;
use toml::de::DeTable;

use super::{policy, scopes, uris};
use crate::config::duration;
use crate::config::reading::Reading;
use crate::config::section::Section;
use crate::config::tree::{Origin, table};

/// Lays assignments over a description. The error is for the operator.
pub(crate) fn apply(draft: ClientDraft, assignments: &[String]) -> Result<ClientDraft, String> {
    let lines: Result<Vec<_>, _> = assignments.iter().map(|text| line(text)).collect();
    let reading = Reading::new(Path::new("--set"), lines?.join("\n"));
    let (parsed, errors) = DeTable::parse_recoverable(reading.text());
    for error in errors {
        reading.refuse_syntax(error.span().unwrap_or(0..0), error.message());
    }
    let entries = table(parsed.into_inner(), &Origin::File);
    let changed = change(Section::root(&reading, &entries), draft);
    let findings = reading.finish();
    if findings.has_errors() { Err(findings.to_string()) } else { Ok(changed) }
}

/// A span such as `24h`.
pub(crate) fn span(text: &str) -> Result<magpie_domain::Lifetime, &'static str> {
    duration::read(text)
}

fn change(mut section: Section<'_>, draft: ClientDraft) -> ClientDraft {
    let named = scopes(&mut section);
    let redirects = uris(&mut section, "redirect_uris");
    let after_logout = uris(&mut section, "post_logout_redirect_uris");
    let changed = ClientDraft {
        name: section.text("name").map_or(draft.name, str::to_owned),
        redirect_uris: redirects.unwrap_or(draft.redirect_uris),
        post_logout_redirect_uris: after_logout.unwrap_or(draft.post_logout_redirect_uris),
        scopes: if section.has("scopes") { named } else { draft.scopes },
        enabled: section.flag("enabled").unwrap_or(draft.enabled),
        policy: policy::read(&mut section, draft.policy),
        id: draft.id,
        secrets: draft.secrets,
    };
    section.finish();
    changed
}

/// One line of TOML. A value that is none by itself is meant as a text.
fn line(assignment: &str) -> Result<String, String> {
    let (key, value) = assignment
        .split_once('=')
        .ok_or_else(|| format!("`{assignment}` is no assignment; wanted: key=value"))?;
    let (key, value) = (key.trim(), value.trim());
    let is_toml = !value.contains('\n') && DeTable::parse(&format!("value = {value}")).is_ok();
    // JSON's quotes and escapes are TOML's too.
    let value = if is_toml { value.to_owned() } else { serde_json::Value::from(value).to_string() };
    Ok(format!("{key} = {value}"))
}

#[cfg(test)]
mod tests;
