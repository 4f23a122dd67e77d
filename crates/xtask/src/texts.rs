//! Both languages say everything: `templates/locales/{zh-CN,en}.toml` have the same keys and the same `{placeholders}`
//! under each key, and none is empty in one of them. Empty in both says on purpose that there is nothing to add.
//! A page in half a language is worse than an error in a build.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use crate::finding::Finding;
use crate::tree::Tree;

const FILES: [&str; 2] = ["templates/locales/zh-CN.toml", "templates/locales/en.toml"];

/// Compares the two catalogues.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let [zh, en] = FILES.map(|file| tree.read(file).and_then(|text| Catalogue::parse(file, text)));
    Ok(judge(&zh?, &en?))
}

/// One language: its texts by dotted key.
struct Catalogue {
    file: &'static str,
    source: String,
    texts: BTreeMap<String, String>,
}

impl Catalogue {
    fn parse(file: &'static str, source: String) -> anyhow::Result<Self> {
        let table: toml::Table = source.parse().with_context(|| format!("{file} is not TOML"))?;
        let mut texts = BTreeMap::new();
        flatten("", &toml::Value::Table(table), &mut texts);
        Ok(Self { file, source, texts })
    }

    /// Points at the line that sets the last part of a dotted key, within its table when that can be seen.
    fn finding(&self, key: &str, what: String, cure: &str) -> Finding {
        let (table, leaf) = key.rsplit_once('.').unwrap_or(("", key));
        let header = format!("[{table}]");
        let skip = self.source.lines().position(|line| line.trim() == header).unwrap_or(0);
        let sets = |line: &str| line.split('=').next().is_some_and(|name| name.trim() == leaf);
        let line =
            self.source.lines().skip(skip).position(sets).map_or(0, |index| index + skip + 1);
        Finding::at(self.file, line, what, cure)
    }
}

fn flatten(prefix: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
    let nested: Vec<(String, &toml::Value)> = match value {
        toml::Value::Table(table) => {
            table.iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        toml::Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        toml::Value::String(text) => {
            into.insert(prefix.to_owned(), text.clone());
            return;
        }
        other => {
            into.insert(prefix.to_owned(), other.to_string());
            return;
        }
    };
    for (key, value) in nested {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        flatten(&path, value, into);
    }
}

fn judge(zh: &Catalogue, en: &Catalogue) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (here, there) in [(zh, en), (en, zh)] {
        for (key, text) in &here.texts {
            let Some(other) = there.texts.get(key) else {
                let what = format!("`{key}` is missing from {}", there.file);
                findings.push(here.finding(key, what, "Say it in both languages"));
                continue;
            };
            if text.trim().is_empty() && !other.trim().is_empty() {
                findings.push(here.finding(
                    key,
                    format!("`{key}` is empty here only"),
                    "Write the text",
                ));
            }
            let (mine, theirs) = (placeholders(text), placeholders(other));
            if here.file == zh.file && mine != theirs {
                let what =
                    format!("`{key}` fills in {mine:?} here and {theirs:?} in {}", there.file);
                findings.push(here.finding(
                    key,
                    what,
                    "Use the same placeholders in both languages",
                ));
            }
        }
    }
    findings
}

/// The names inside `{…}`.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let name = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(part, _)| part))
        .filter(name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(zh: &str, en: &str) -> Vec<Finding> {
        let [a, b] = [(FILES[0], zh), (FILES[1], en)]
            .map(|(file, text)| Catalogue::parse(file, text.to_owned()));
        judge(&a.unwrap(), &b.unwrap())
    }

    #[test]
    fn two_complete_languages_pass() {
        let zh = "[login]\ntitle = \"登录\"\nasks = \"{client} 请求登录\"\n";
        let en = "[login]\nasks = \"{client} asks you to sign in\"\ntitle = \"Sign in\"\n";
        assert_eq!(judged(zh, en), []);
    }

    #[test]
    fn a_missing_an_empty_and_a_differing_text_are_named_with_their_line() {
        let missing = judged("[a]\nx = \"一\"\ny = \"二\"\n", "[a]\nx = \"one\"\n");
        assert_eq!(missing.iter().map(|found| found.line).collect::<Vec<_>>(), [3]);
        let empty = judged("[a]\nx = \"一\"\n", "[a]\nx = \" \"\n");
        assert_eq!(empty.iter().map(|found| found.file.as_str()).collect::<Vec<_>>(), [FILES[1]]);
        let differing = judged("[a]\nx = \"{client} 好\"\n", "[a]\nx = \"hello {name}\"\n");
        assert_eq!(differing.len(), 1);
        assert!(differing[0].what.contains("client"));
    }
}
