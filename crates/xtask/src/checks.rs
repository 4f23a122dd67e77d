//! The list of checks and the loop that runs them.
//! A check gets the tree and returns findings; an error means the check itself could not be done.
//! Cheap checks come first, so that a slip costs seconds and not a build.

use anyhow::bail;

use crate::finding::{Finding, say};
use crate::processes::Interrupt;
use crate::tree::Tree;
use crate::{
    documents, error_pages, layers, lengths, manifests, migrations, names, outside_tools,
    store_coverage, texts,
};

/// How a check is run.
enum Way {
    /// Reads the tree and returns what is wrong.
    Reads(fn(&Tree) -> anyhow::Result<Vec<Finding>>),
    /// Runs a program that speaks for itself; true when it is content.
    Runs(fn(&Tree, &Interrupt) -> anyhow::Result<bool>),
}

const CHECKS: [(&str, Way); 13] = [
    ("layers", Way::Reads(layers::check)),
    ("manifests", Way::Reads(manifests::check)),
    ("lengths", Way::Reads(lengths::check)),
    ("names", Way::Reads(names::check)),
    ("migrations", Way::Reads(migrations::check)),
    ("texts", Way::Reads(texts::check)),
    ("store-coverage", Way::Reads(store_coverage::check)),
    ("documents", Way::Reads(documents::check)),
    ("error-pages", Way::Reads(error_pages::check)),
    ("fmt", Way::Runs(outside_tools::fmt)),
    ("deny", Way::Runs(outside_tools::deny)),
    ("clippy", Way::Runs(outside_tools::clippy)),
    ("reference", Way::Runs(outside_tools::reference)),
];

/// Runs the named checks, or all of them, each to its end. True when every one is content.
pub(crate) fn run(tree: &Tree, interrupt: &Interrupt, wanted: &[String]) -> anyhow::Result<bool> {
    if wanted.first().is_some_and(|name| name == "list") {
        CHECKS.iter().for_each(|(name, _)| say(name));
        return Ok(true);
    }
    if let Some(unknown) = wanted.iter().find(|name| !CHECKS.iter().any(|(known, _)| known == name))
    {
        bail!("there is no check named {unknown}; `cargo xtask check list` prints them");
    }
    let mut red = Vec::new();
    for (name, way) in
        CHECKS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|w| w == name))
    {
        if !one(tree, interrupt, name, way) {
            red.push(*name);
        }
        if interrupt.came() {
            bail!("interrupted");
        }
    }
    if !red.is_empty() {
        say(&format!("check: red: {}", red.join(", ")));
    }
    Ok(red.is_empty())
}

/// A check that cannot be done is as red as one that finds something, and must not keep the others from running.
fn one(tree: &Tree, interrupt: &Interrupt, name: &str, way: &Way) -> bool {
    let outcome = match way {
        Way::Runs(run) => run(tree, interrupt),
        Way::Reads(read) => read(tree).map(|findings| {
            findings.iter().for_each(|finding| say(&finding.to_string()));
            findings.is_empty()
        }),
    };
    let content = outcome.unwrap_or_else(|trouble| {
        say(&format!("{name}: {trouble:#}"));
        false
    });
    say(&format!("check {name}: {}", if content { "ok" } else { "RED" }));
    content
}
