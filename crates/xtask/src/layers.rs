//! Arrows point down only: which of our crates may see which, development dependencies included.
//! The table below is the map of docs/architecture.md; a new arrow is a decision, so it is written here by hand.
//! Refuses unknown edges, the feature `testing` of the nouns in anything that ships, and outside crates that would
//! bring IO, clocks, randomness or async into the pure rooms.

use cargo_metadata::{Dependency, DependencyKind, Package};

use crate::finding::Finding;
use crate::tree::Tree;

/// Package, what it may depend on, and what its tests may see besides.
const ROOMS: [(&str, &[&str], &[&str]); 13] = [
    ("domain", &[], &[]),
    ("oidc", &["domain"], &[]),
    ("wechat", &["domain"], &[]),
    ("vault", &["domain"], &[]),
    ("store", &["domain"], &[]),
    ("outbound", &["domain", "wechat"], &["simulator"]),
    ("flows", &["domain", "oidc", "wechat", "vault", "store", "outbound"], &["simulator"]),
    ("web", &["domain", "oidc", "wechat", "flows"], &["simulator"]),
    (
        "server",
        &["domain", "oidc", "wechat", "vault", "store", "outbound", "flows", "web", "simulator"],
        &[],
    ),
    ("simulator", &[], &[]),
    ("xtask", &[], &[]),
    ("tests", &["server", "simulator"], &[]),
    ("load", &[], &[]),
];

/// The pure rooms hold decisions only, so nothing that does, waits or rolls dice may come in.
const PURE: [&str; 3] = ["domain", "oidc", "wechat"];
const IMPURE: [&str; 16] = [
    "async-trait",
    "axum",
    "futures",
    "futures-util",
    "getrandom",
    "hyper",
    "hyper-util",
    "josekit",
    "openssl",
    "rand",
    "reqwest",
    "rusqlite",
    "sqlx",
    "tokio",
    "tokio-util",
    "tracing",
];

/// Judges every edge of the workspace.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for package in tree.packages() {
        let manifest = tree.relative(package.manifest_path.as_std_path());
        let text = tree.read(&manifest)?;
        findings.extend(judge(package, &Manifest { path: &manifest, text: &text }));
    }
    Ok(findings)
}

/// A package's `Cargo.toml`, to point at a line of it.
struct Manifest<'a> {
    path: &'a str,
    text: &'a str,
}

impl Manifest<'_> {
    fn finding(&self, about: &str, what: String, cure: &str) -> Finding {
        let line = self.text.lines().position(|line| line.trim_start().starts_with(about));
        Finding::at(self.path, line.map_or(0, |index| index + 1), what, cure)
    }
}

fn judge(package: &Package, manifest: &Manifest<'_>) -> Vec<Finding> {
    let room = room_of(package.name.as_str());
    let Some((_, may, tests_may)) = ROOMS.iter().find(|(name, ..)| *name == room) else {
        let what = format!("the package {} has no place on the map", package.name);
        return vec![manifest.finding(
            "name",
            what,
            "Give it a row in crates/xtask/src/layers.rs and a decision",
        )];
    };
    let mut findings: Vec<Finding> = package
        .dependencies
        .iter()
        .filter_map(|edge| judge_edge(room, (may, tests_may), edge, manifest))
        .collect();
    let passes_testing_on = |wants: &Vec<String>| {
        wants.iter().any(|want| want.replace('?', "") == "magpie-domain/testing")
    };
    if package.features.values().any(passes_testing_on) {
        let what = "a feature turns on `testing` of magpie-domain".to_owned();
        findings.push(manifest.finding(
            "testing",
            what,
            "Name the feature under [dev-dependencies] only, so that no clock that can be moved ships",
        ));
    }
    findings
}

fn judge_edge(
    room: &str,
    (may, tests_may): (&[&str], &[&str]),
    edge: &Dependency,
    manifest: &Manifest<'_>,
) -> Option<Finding> {
    let for_tests = edge.kind == DependencyKind::Development;
    let Some(target) = edge.name.strip_prefix("magpie-") else {
        return (PURE.contains(&room) && !for_tests && IMPURE.contains(&edge.name.as_str())).then(
            || {
                manifest.finding(
                &edge.name,
                format!("{room} is pure and must not depend on {}", edge.name),
                "Take what it offers as an argument and call it from flows, an adapter or server",
            )
            },
        );
    };
    if target == "domain" && !for_tests && edge.features.iter().any(|feature| feature == "testing")
    {
        return Some(manifest.finding(
            "magpie-domain",
            format!("{room} would ship with the movable clock of magpie-domain"),
            "Ask for the feature `testing` under [dev-dependencies] only",
        ));
    }
    let target = room_of(&edge.name);
    let itself = for_tests && target == room;
    let allowed = itself || may.contains(&target) || (for_tests && tests_may.contains(&target));
    (!allowed).then(|| {
        manifest.finding(
            &edge.name,
            format!("{room} must not see {target}: arrows point down only"),
            "Move the shared noun to domain or the step to flows; docs/architecture.md has the map",
        )
    })
}

/// `magpie-store` is the room `store`.
fn room_of(package: &str) -> &str {
    package.strip_prefix("magpie-").unwrap_or(package)
}

#[cfg(test)]
mod tests;
