//! The configurations for the Foundation's own suite in `suite/`: every plan of ours has one, and the scripted browser of
//! each presses only what our pages and the simulator's promise to keep.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::node::here;

/// Ids of the simulator and of our own pages, and the one of the suite's page at its redirect URI.
const IDS: [&str; 9] = [
    "approve",
    "cancel",
    "person",
    "continue",
    "allow",
    "deny",
    "signed-out",
    "error",
    "submission_complete",
];
const FILES: [&str; 6] = [
    "oidcc-basic.json",
    "oidcc-dynamic-client.json",
    "oidcc-formpost-basic.json",
    "oidcc-logout.json",
    "oidcc-comprehensive.json",
    "fapi2-security-profile-final.json",
];

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(here().join("suite").join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every `["click", "id", X]`, `["wait", "id", X, …]` and `["text", "id", X, …]` of the commands, however deep.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(parts) => {
            if let [Value::String(verb), Value::String(kind), Value::String(id), ..] =
                parts.as_slice()
                && ["click", "wait", "text"].contains(&verb.as_str())
                && kind == "id"
            {
                found.insert(id.clone());
            }
            parts.iter().for_each(|part| ids(part, found));
        }
        Value::Object(members) => members.values().for_each(|member| ids(member, found)),
        _ => {}
    }
}

#[test]
fn the_suites_browser_presses_only_what_stays() {
    for name in FILES {
        let mut found = BTreeSet::new();
        ids(&read(name), &mut found);
        assert!(found.contains("approve"), "{name} signs nobody in");
        let unknown: Vec<_> = found.iter().filter(|id| !IDS.contains(&id.as_str())).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
    }
}

#[test]
fn every_file_for_the_suite_names_our_discovery_document_and_is_listed() {
    for name in FILES {
        let url = read(name).pointer("/server/discoveryUrl").cloned().unwrap();
        assert_eq!(url, "https://op.magpie.test/.well-known/openid-configuration", "{name}");
    }
    let listed: BTreeSet<_> = FILES.iter().map(|name| (*name).to_owned()).collect();
    let there = std::fs::read_dir(here().join("suite"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        there
            .filter(|name| Path::new(name).extension().is_some_and(|e| e == "json"))
            .collect::<BTreeSet<_>>(),
        listed
    );
}
