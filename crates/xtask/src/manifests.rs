//! What every `Cargo.toml` of ours must say: the shared lints, and a release that unwinds.
//! A release that aborts would let one panicking handler or JOSE library take every login down with it
//! (docs/decisions/0003).

use anyhow::Context as _;

use crate::finding::Finding;
use crate::tree::Tree;

/// Judges the workspace's manifest and those of its members.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut findings: Vec<Finding> =
        judge_workspace(&tree.read("Cargo.toml")?)?.into_iter().collect();
    for package in tree.packages() {
        let file = tree.relative(package.manifest_path.as_std_path());
        findings.extend(judge_member(&file, &tree.read(&file)?)?);
    }
    Ok(findings)
}

fn judge_workspace(text: &str) -> anyhow::Result<Option<Finding>> {
    let table: toml::Table = text.parse().context("Cargo.toml is not TOML")?;
    let release = table.get("profile").and_then(|profiles| profiles.get("release"));
    let panic = release.and_then(|profile| profile.get("panic")).and_then(toml::Value::as_str);
    Ok((panic != Some("unwind")).then(|| {
        let line =
            text.lines().position(|line| line.starts_with("panic")).map_or(0, |index| index + 1);
        let what = "the release profile does not say that a panic unwinds";
        Finding::at("Cargo.toml", line, what, "Write panic = \"unwind\" under [profile.release]")
    }))
}

fn judge_member(file: &str, text: &str) -> anyhow::Result<Option<Finding>> {
    let table: toml::Table = text.parse().with_context(|| format!("{file} is not TOML"))?;
    let shared =
        table.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
    Ok((shared != Some(true)).then(|| {
        Finding::in_file(
            file,
            "the shared lints do not apply here",
            "Write [lints] and workspace = true",
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_that_aborts_or_leaves_it_open_is_refused() {
        let aborts = judge_workspace("[profile.release]\npanic = \"abort\"\n").unwrap();
        assert_eq!(aborts.map(|found| found.line), Some(2));
        assert!(judge_workspace("[profile.release]\nlto = true\n").unwrap().is_some());
        assert_eq!(judge_workspace("[profile.release]\npanic = \"unwind\"\n").unwrap(), None);
    }

    #[test]
    fn a_member_without_the_shared_lints_is_refused() {
        assert!(
            judge_member("crates/a/Cargo.toml", "[package]\nname = \"a\"\n").unwrap().is_some()
        );
        assert_eq!(
            judge_member("crates/a/Cargo.toml", "[lints]\nworkspace = true\n").unwrap(),
            None
        );
    }
}
