//! Every public async function of the store is called somewhere in `crates/store/tests`, because SQL is checked by an
//! engine and not by the compiler. A free function counts when it is called through its module (`clients::find(`), so
//! that one `find` does not vouch for another; a method counts when it is called on something (`.commit(`).

use crate::finding::Finding;
use crate::tree::Tree;

/// Compares the store's public functions with what its tests call.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut tests = String::new();
    for file in tree.files("crates/store/tests", &[".rs"])? {
        tests.push_str(&without_comments(&tree.read(&file)?));
    }
    let mut findings = Vec::new();
    for file in tree.files("crates/store/src", &[".rs"])? {
        findings.extend(judge(&file, &tree.read(&file)?, &tests));
    }
    Ok(findings)
}

fn judge(file: &str, text: &str, tests: &str) -> Vec<Finding> {
    let rooms = modules(file);
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate().take_while(|(_, line)| *line != "#[cfg(test)]") {
        let Some(rest) = line.trim_start().strip_prefix("pub async fn ") else { continue };
        let name = rest.split(['(', '<']).next().unwrap_or(rest);
        let calls: Vec<String> = if line.starts_with(' ') {
            vec![format!(".{name}("), format!("::{name}(")]
        } else {
            rooms.iter().map(|room| format!("{room}::{name}(")).collect()
        };
        if !calls.iter().any(|call| tests.contains(call)) {
            let shown = calls.first().cloned().unwrap_or_default();
            findings.push(Finding::at(
                file,
                index + 1,
                format!("no test of the store calls `{name}`"),
                format!("Call `{shown}…)` in crates/store/tests, where it runs on both engines"),
            ));
        }
    }
    findings
}

/// The module names through which a free function can be called: `grants/code.rs` is `code`, or `grants` when it is
/// handed on.
fn modules(file: &str) -> Vec<&str> {
    let path = file.strip_prefix("crates/store/src/").unwrap_or(file);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<&str> =
        path.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect();
    parts.reverse();
    if parts.is_empty() { vec!["magpie_store"] } else { parts }
}

fn without_comments(text: &str) -> String {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(code).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "crates/store/src/grants/code.rs";

    #[test]
    fn a_function_called_through_its_module_is_covered() {
        let text =
            "pub async fn redeem(tx: &mut Tx) {}\nimpl Tx {\n    pub async fn commit(self) {}\n}\n";
        assert_eq!(judge(FILE, text, "code::redeem(&mut tx).await; tx.commit().await;"), []);
        assert_eq!(judge(FILE, text, "grants::redeem(&mut tx).await; Tx::commit(tx).await;"), []);
    }

    #[test]
    fn a_function_nobody_calls_is_named_with_its_line() {
        let found = judge(FILE, "\npub async fn redeem<T>(tx: T) {}\n", "refresh::redeem(tx);");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
        assert!(found[0].cure.contains("code::redeem("));
    }

    #[test]
    fn a_call_in_a_comment_does_not_count() {
        let tests = without_comments("// code::redeem(tx)\n    /// code::redeem(tx)\nlet a = 1;\n");
        assert_eq!(judge(FILE, "pub async fn redeem() {}\n", &tests).len(), 1);
    }
}
