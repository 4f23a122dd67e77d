//! The client's own keys: `jwks` as a table or as JSON text, or `jwks_uri`; not both.

use magpie_domain::ClientKeys;
use magpie_oidc::registration::is_public_key_set;
use serde_json::{Map, Value};

use crate::config::section::Section;
use crate::config::tree::{Node, Shape};

const WANTED: &str = "a JWK Set with public keys: { keys = [{ kty = \"…\", … }] }";

/// Reads the keys, if anything is said of them; an empty text takes them away. Whether each key is usable is asked when
/// the client shows a signature.
pub(super) fn read(section: &mut Section<'_>) -> Option<ClientKeys> {
    let written = section.has("jwks") || section.has("jwks_uri");
    let keys = written_keys(section);
    written.then_some(keys)
}

fn written_keys(section: &mut Section<'_>) -> ClientKeys {
    let uri = section.text("jwks_uri").filter(|uri| !uri.is_empty()).map(str::to_owned);
    let inline = section.entry("jwks").map(|entry| &entry.node);
    let inline = inline.filter(|node| !matches!(&node.shape, Shape::Text(text) if text.is_empty()));
    let inline = inline.map(json);
    match (inline, uri) {
        (None, None) => ClientKeys::None,
        (None, Some(uri)) => ClientKeys::JwksUri(uri),
        (Some(_), Some(_)) => {
            section.refuse("jwks_uri", "jwks is given as well", "keep one of the two");
            ClientKeys::None
        }
        (Some(value), None) => match value.filter(is_public_key_set) {
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
