//! Names that say nothing are refused: modules are nouns of a room, tests are sentences.
//! A module called `utils` has no border, so everything ends up in it.

use std::path::Path;

use crate::finding::Finding;
use crate::tree::Tree;

const EMPTY_NAMES: [&str; 17] = [
    "util", "utils", "utility", "common", "helper", "helpers", "types", "misc", "core", "handler",
    "handlers", "service", "services", "manager", "managers", "data", "info",
];

/// Judges the names of files, folders, inline modules and tests in everything that is Rust.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for folder in ["crates", "tests"] {
        for file in tree.files(folder, &[".rs"])? {
            findings.extend(judge_path(&file));
            findings.extend(judge_text(&file, &tree.read(&file)?));
        }
    }
    Ok(findings)
}

fn judge_path(file: &str) -> Option<Finding> {
    let path = Path::new(file);
    let parts = path.with_extension("");
    let empty = parts
        .iter()
        .map(|part| part.to_string_lossy())
        .find(|part| EMPTY_NAMES.contains(&part.as_ref()))?;
    Some(Finding::in_file(
        file,
        format!("`{empty}` says nothing about what is inside"),
        MODULE_CURE,
    ))
}

const MODULE_CURE: &str =
    "Name the module after the noun it owns, or put its parts where they are used";

fn judge_text(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut after_test_attribute = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if let Some(name) = inline_module(line).filter(|name| EMPTY_NAMES.contains(name)) {
            findings.push(Finding::at(
                file,
                index + 1,
                format!("`mod {name}` says nothing"),
                MODULE_CURE,
            ));
        }
        if after_test_attribute
            && let Some(name) = function(line).filter(|name| name.starts_with("test_"))
        {
            let what = format!("the test `{name}` has a prefix");
            findings.push(Finding::at(file, index + 1, what, "Name it as the sentence it proves"));
        }
        let attribute = line.starts_with("#[") || line.starts_with("//");
        let opens_test = line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        after_test_attribute = opens_test || (after_test_attribute && attribute);
    }
    findings
}

fn inline_module(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("mod ").or_else(|| {
        line.split_once(" mod ").filter(|(lead, _)| lead.starts_with("pub")).map(|(_, rest)| rest)
    })?;
    rest.split([' ', ';', '{']).next()
}

fn function(line: &str) -> Option<&str> {
    let (lead, rest) = line.split_once("fn ")?;
    matches!(lead, "" | "async " | "pub " | "pub async ").then(|| rest.split(['(', '<']).next())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_of_the_room_is_a_good_name() {
        assert_eq!(judge_path("crates/store/src/grants/code.rs"), None);
        assert_eq!(
            judge_text(
                "a.rs",
                "mod grants;\npub(crate) mod claims;\n#[test]\nfn a_claim_wins_once() {}\n"
            ),
            []
        );
        assert_eq!(judge_text("a.rs", "fn test_environment() {}\n"), [], "not a test");
    }

    #[test]
    fn an_empty_name_is_refused_as_file_folder_and_inline_module() {
        assert!(judge_path("crates/web/src/utils.rs").is_some());
        assert!(judge_path("crates/web/src/common/mod.rs").is_some());
        let found = judge_text("a.rs", "\npub(crate) mod helpers {\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
    }

    #[test]
    fn a_test_with_a_prefix_is_refused() {
        let found = judge_text(
            "a.rs",
            "#[tokio::test(flavor = \"multi_thread\")]\n#[ignore]\nasync fn test_it() {}\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 3);
    }
}
