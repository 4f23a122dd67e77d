//! The configuration as it was written, before anybody asks what it means: values, and where each one stands.
//! Made by `source` from the file and the environment, read by `section`; knows no key by name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the configuration file.
    File,
    /// In the environment variable of that name.
    Environment(Arc<str>),
}

/// A place: the origin, and the bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) origin: Origin,
    pub(crate) span: Range<usize>,
}

impl At {
    /// The beginning of the file: where something is missing as a whole.
    pub(crate) const fn start_of_file() -> Self {
        Self { origin: Origin::File, span: 0..0 }
    }
}

/// A value and its place. `Debug` says nothing of the value, which may be a secret.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) shape: Shape,
    /// The text of the environment variable as it was set: a secret may look like a number there.
    pub(crate) raw: Option<String>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What kind of value it is.
#[derive(Clone)]
pub(crate) enum Shape {
    Text(String),
    /// None when it does not fit 64 bits.
    Whole(Option<i64>),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// Kinds that no key takes: fractions and dates.
    Other(&'static str),
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Shape {
    /// The kind, in words for the operator.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Whole(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

/// Keys and what they hold.
pub(crate) type Table = BTreeMap<String, Entry>;

/// One key of a table.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_at: At,
    pub(crate) node: Node,
}

/// Takes over what the TOML parser read.
pub(crate) fn table(parsed: DeTable<'_>, origin: &Origin) -> Table {
    parsed
        .into_iter()
        .map(|(key, value)| {
            let key_at = At { origin: origin.clone(), span: key.span() };
            (key.into_inner().into_owned(), Entry { key_at, node: node(value, origin) })
        })
        .collect()
}

pub(crate) fn node(value: Spanned<DeValue<'_>>, origin: &Origin) -> Node {
    let at = At { origin: origin.clone(), span: value.span() };
    let shape = match value.into_inner() {
        DeValue::String(text) => Shape::Text(text.into_owned()),
        DeValue::Integer(number) => {
            Shape::Whole(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Boolean(flag) => Shape::Flag(flag),
        DeValue::Float(_) => Shape::Other("a fraction"),
        DeValue::Datetime(_) => Shape::Other("a date"),
        DeValue::Array(items) => {
            Shape::List(items.into_iter().map(|item| node(item, origin)).collect())
        }
        DeValue::Table(inner) => Shape::Table(table(inner, origin)),
    };
    Node { at, shape, raw: None }
}
