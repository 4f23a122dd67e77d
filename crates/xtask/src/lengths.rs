//! How long a file may be. Functions are clippy's business (`too_many_lines`).
//! A long file is two subjects in one place; tests that outgrow their file move next door.

use crate::finding::Finding;
use crate::tree::Tree;

/// No file is longer than this.
const LONGEST: usize = 400;
/// Tests may stay in the file up to this many lines whatever their share: a table needs some room.
const TESTS_MAY_STAY: usize = 60;

/// Measures code, styles and scripts; prose, texts and lock files may be as long as they need.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.files("", &[".rs", ".html", ".css", ".js", ".sql", ".py", ".sh"])? {
        findings.extend(judge(&file, &tree.read(&file)?));
    }
    Ok(findings)
}

fn judge(file: &str, text: &str) -> Vec<Finding> {
    let total = text.lines().count();
    let mut findings = Vec::new();
    if total > LONGEST {
        let what = format!("{total} lines; the most is {LONGEST}");
        findings.push(Finding::at(
            file,
            LONGEST + 1,
            what,
            "Split it by subject into a folder of the same name",
        ));
    }
    let Some(start) = tests_start(text) else { return findings };
    let tests = total - start;
    if file.ends_with(".rs") && tests > TESTS_MAY_STAY && tests * 3 > total {
        let what = format!("{tests} of {total} lines are tests; a third is the most");
        let folder =
            file.strip_suffix(".rs").map_or(file, |stem| stem.strip_suffix("/mod").unwrap_or(stem));
        let cure = format!("Move them to {folder}/tests.rs and keep `#[cfg(test)] mod tests;`");
        findings.push(Finding::at(file, start + 1, what, cure));
    }
    findings
}

/// The index of the line that opens an in-file test module.
fn tests_start(text: &str) -> Option<usize> {
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| *line != "#[cfg(test)]");
    let (start, _) = lines.next()?;
    lines
        .next()
        .is_some_and(|(_, line)| line.starts_with("mod ") && line.ends_with('{'))
        .then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_hundred_lines_pass_and_one_more_is_named() {
        assert_eq!(judge("a.rs", &"x\n".repeat(400)), []);
        let found = judge("a.rs", &"x\n".repeat(401));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 401);
    }

    #[test]
    fn tests_that_outgrow_their_file_move_next_door() {
        let with = |code: usize, tests: usize| {
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(code), "y\n".repeat(tests))
        };
        assert_eq!(judge("a.rs", &with(200, 70)), []);
        assert_eq!(judge("a.rs", &with(20, 30)), [], "a short table may stay");
        let found = judge("thing/mod.rs", &with(100, 90));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 101);
        assert!(found[0].cure.contains("thing/tests.rs"));
    }
}
