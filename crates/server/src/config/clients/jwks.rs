//! The client's own keys: `jwks` as a table or as JSON text, or `jwks_uri`; not both.

use magpie_domain::ClientKeys;
use serde_json::{Map, Value};

use crate::config::section::Section;
use crate::config::tree::{Node, Shape};

const WANTED: &str = "a JWK Set with public keys: { keys = [{ kty = \"…\", … }] }";

/// Reads the keys. Whether each key is usable is asked when the client shows a signature.
pub(super) fn read(section: &mut Section<'_>) -> ClientKeys {
    let uri = section.text("jwks_uri").map(str::to_owned);
    let inline = section.entry("jwks").map(|entry| &entry.node).map(json);
    match (inline, uri) {
        (None, None) => ClientKeys::None,
        (None, Some(uri)) => ClientKeys::JwksUri(uri),
        (Some(_), Some(_)) => {
            section.refuse("jwks_uri", "jwks is given as well", "keep one of the two");
            ClientKeys::None
        }
        (Some(value), None) => match value.filter(is_public_set) {
            Some(set) => ClientKeys::Jwks(set.to_string()),
            None => {
                section.refuse("jwks", "these are no public keys", format!("wanted: {WANTED}"));
                ClientKeys::None
            }
        },
    }
}

/// The JSON that a table means; text is read as JSON.
fn json(node: &Node) -> Option<Value> {
    match &node.shape {
        Shape::Text(text) => serde_json::from_str(text).ok(),
        _ => plain(node),
    }
}

fn plain(node: &Node) -> Option<Value> {
    match &node.shape {
        Shape::Text(text) => Some(Value::from(text.clone())),
        Shape::Whole(number) => number.map(Value::from),
        Shape::Flag(flag) => Some(Value::from(*flag)),
        Shape::List(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(Value::from),
        Shape::Table(table) => {
            let member = |(name, entry): (&String, &crate::config::tree::Entry)| {
                plain(&entry.node).map(|value| (name.clone(), value))
            };
            table.iter().map(member).collect::<Option<Map<_, _>>>().map(Value::from)
        }
        Shape::Other(_) => None,
    }
}

/// A JWK Set whose keys are all public ones: a private key in a configuration is a mistake that must not pass.
fn is_public_set(set: &Value) -> bool {
    let Some(keys) = set.get("keys").and_then(Value::as_array) else { return false };
    let is_public = |key: &Value| {
        key.get("kty").is_some_and(Value::is_string)
            && ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
                .iter()
                .all(|member| key.get(*member).is_none())
    };
    !keys.is_empty() && keys.iter().all(is_public)
}
