//! Where configuration comes from: one TOML file, and the environment above it.
//! `MAGPIE_LISTEN__PUBLIC` sets `public` of `[listen]`; lists and tables are written as TOML;
//! `MAGPIE_CHANNELS__DESKTOP__APP_SECRET` reaches into the channel with the id `desktop` (or by number).
//! This is the one place that reads the environment, and it does so once.

use std::ffi::OsString;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::reading::Reading;
use super::tree::{At, Entry, Node, Origin, Shape, Table, node, table};

/// The environment variables that concern us. `Debug` shows names only: a value may be a secret.
#[derive(Clone, Default)]
pub struct Environment {
    ours: Vec<(String, String)>,
    config: Option<String>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ours.iter().map(|(name, _)| name)).finish()
    }
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let texts = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(texts).collect()
    }

    /// The configuration file that `MAGPIE_CONFIG` names.
    #[must_use]
    pub fn config_path(&self) -> Option<&str> {
        self.config.as_deref()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut config = None;
        let mut ours = Vec::new();
        for (name, value) in pairs {
            if name == "MAGPIE_CONFIG" {
                config = Some(value);
            } else if is_ours(&name) {
                ours.push((name, value));
            }
        }
        // Shorter names first, so that a whole table is set before one key in it.
        ours.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        Self { ours, config }
    }
}

/// Our prefix, but neither what Kubernetes sets beside a service called `magpie` nor what our own tests set.
fn is_ours(name: &str) -> bool {
    name.strip_prefix("MAGPIE_").is_some_and(|rest| {
        let foreign = ["PORT", "BIN"].contains(&rest);
        !foreign && !["PORT_", "SERVICE_", "TEST_"].iter().any(|start| rest.starts_with(start))
    })
}

/// Reads the file's text and lays the environment over it; what cannot be read becomes findings.
pub(super) fn read(reading: &Reading, environment: &Environment) -> Table {
    let (parsed, errors) = DeTable::parse_recoverable(reading.text());
    for error in errors {
        reading.refuse_syntax(error.span().unwrap_or(0..0), error.message());
    }
    let mut root = table(parsed.into_inner(), &Origin::File);
    for (name, value) in &environment.ours {
        if let Err(problem) = overlay(&mut root, name, value) {
            let at = At { origin: Origin::Environment(name.as_str().into()), span: 0..0 };
            reading.refuse_key(&at, name, &problem, "see `magpie init` for every key".to_owned());
        }
    }
    root
}

fn overlay(root: &mut Table, name: &str, value: &str) -> Result<(), String> {
    let origin = Origin::Environment(Arc::from(name));
    let at = At { origin: origin.clone(), span: 0..0 };
    let path = name.strip_prefix("MAGPIE_").unwrap_or(name).to_ascii_lowercase();
    let mut segments: Vec<&str> = path.split("__").collect();
    let last = segments.pop().unwrap_or_default();
    if last.is_empty() || segments.iter().any(|segment| segment.is_empty()) {
        return Err("does not name a key: write MAGPIE_SECTION__KEY".to_owned());
    }
    let mut here = root;
    let mut segments = segments.into_iter();
    while let Some(segment) = segments.next() {
        let entry = here.entry(segment.to_owned()).or_insert_with(|| Entry {
            key_at: at.clone(),
            node: Node { at: at.clone(), shape: Shape::Table(Table::new()), raw: None },
        });
        here = match &mut entry.node.shape {
            Shape::Table(inner) => inner,
            Shape::List(items) => {
                let wanted =
                    segments.next().ok_or("must name one of the list, or set all of it")?;
                member(items, wanted).ok_or_else(|| format!("`{segment}` has no `{wanted}`"))?
            }
            _ => return Err(format!("`{segment}` is no section")),
        };
    }
    here.insert(last.to_owned(), Entry { key_at: at, node: environment_node(value, &origin) });
    Ok(())
}

/// The element of a list of tables that a variable means: by number, or by its `id` or `name` in capitals.
fn member<'a>(items: &'a mut [Node], wanted: &str) -> Option<&'a mut Table> {
    let by_number = wanted.parse::<usize>().ok();
    let found = items.iter_mut().enumerate().find(|(index, item)| {
        by_number == Some(*index)
            || matches!(&item.shape, Shape::Table(inner) if is_called(inner, wanted))
    });
    match found.map(|(_, item)| &mut item.shape) {
        Some(Shape::Table(inner)) => Some(inner),
        _ => None,
    }
}

fn is_called(inner: &Table, wanted: &str) -> bool {
    let plain =
        |text: &str| text.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    match inner.get("id").map(|entry| &entry.node.shape) {
        Some(Shape::Text(id)) => plain(id) == wanted,
        _ => false,
    }
}

/// A value that reads as TOML is TOML; anything else is a text. The raw text stays, for keys that want one.
fn environment_node(value: &str, origin: &Origin) -> Node {
    let raw = Some(value.to_owned());
    match DeValue::parse(value) {
        Ok(parsed) => {
            let mut read = node(parsed, origin);
            read.at.span = 0..0;
            Node { raw, ..read }
        }
        Err(_not_toml) => Node {
            at: At { origin: origin.clone(), span: 0..0 },
            shape: Shape::Text(value.to_owned()),
            raw,
        },
    }
}
