//! Every number of WeChat's and WeCom's that the code explains has a page of the guide, and the guide explains no other.
//! An operator searches for the number; a page that is missing, or one for a number that nothing knows, sends them away.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::tree::Tree;

/// One language is enough: the check of documents holds the two together.
const PAGES: &str = "docs/guide/en/wechat/errors";
/// Return codes of WeChat's that reach our server.
const CODES: &str = "crates/wechat/src/errcode.rs";
/// Codes that WeChat shows in the browser, as keys of the catalog.
const SHOWN: &str = "crates/web/src/texts/wechat_help.rs";
/// WeCom's pages are others: the same number may mean another thing there.
const WECOM_PAGES: &str = "docs/guide/en/wecom/errors";
/// WeCom's return codes.
const WECOM_CODES: &str = "crates/wechat/src/errcode/wecom.rs";

/// Whose numbers, where they are explained.
#[derive(Clone, Copy)]
struct Place {
    codes: &'static str,
    pages: &'static str,
}

const WECHAT: Place = Place { codes: CODES, pages: PAGES };
const WECOM: Place = Place { codes: WECOM_CODES, pages: WECOM_PAGES };

/// Compares the numbers in the code with the pages, and the pages with their overview.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for place in [WECHAT, WECOM] {
        let mut known = return_codes(&tree.read(place.codes)?);
        if place.pages == PAGES {
            known.extend(shown_codes(&tree.read(SHOWN)?));
        }
        let files = tree.files(place.pages, &[".md"])?;
        let pages = files.iter().filter_map(|page| number_of(page)).collect();
        findings.extend(judge(place, &known, &pages));
        let overview = format!("{}/README.md", place.pages);
        findings.extend(unlisted(&overview, &tree.read(&overview)?, &pages));
    }
    Ok(findings)
}

/// Pages that nobody finds who begins at the overview.
fn unlisted(overview: &str, text: &str, pages: &BTreeSet<String>) -> Vec<Finding> {
    let is_listed = |page: &&String| text.contains(&format!("({page}.md)"));
    let missing = pages.iter().filter(|page| !is_listed(page));
    missing
        .map(|page| {
            let cure = "List it, in both languages";
            Finding::in_file(overview, format!("{page}.md is not listed"), cure)
        })
        .collect()
}

fn judge(place: Place, known: &BTreeSet<String>, pages: &BTreeSet<String>) -> Vec<Finding> {
    let Place { codes, pages: folder } = place;
    let missing = known.difference(pages).map(|number| {
        let cure =
            format!("Write {folder}/{number}.md, in both languages, and list it in README.md");
        Finding::in_file(codes, format!("{number} has no page in the guide"), cure)
    });
    let idle = pages.difference(known).map(|number| {
        let cure = "Explain the number in the code, or remove its page";
        Finding::in_file(
            format!("{folder}/{number}.md"),
            "nothing in the code knows this number",
            cure,
        )
    });
    missing.chain(idle).collect()
}

/// The numbers of the match in `meaning`: `40_029`, and `-1`, whose page is `minus-1`. Those of tests beside it are not.
fn return_codes(source: &str) -> BTreeSet<String> {
    let rules = source
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    rules
        .flat_map(|line| line.split([' ', ',', '(', ')', '|']))
        .filter_map(|word| match word {
            "-1" => Some("minus-1".to_owned()),
            _ => {
                let digits = word.replace('_', "");
                let is_code = word.contains('_') && digits.len() == 5;
                (is_code && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
            }
        })
        .collect()
}

/// The numbers among the keys of the catalog: `code_10003`.
fn shown_codes(source: &str) -> BTreeSet<String> {
    let words = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let numbers = words.filter_map(|word| word.strip_prefix("code_"));
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    numbers.filter(is_number).map(str::to_owned).collect()
}

/// The number that a page is about; the overview is about none.
fn number_of(page: &str) -> Option<String> {
    let name = page.rsplit('/').next()?.strip_suffix(".md")?;
    (name != "README").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[&str]) -> BTreeSet<String> {
        numbers.iter().map(|number| (*number).to_owned()).collect()
    }

    #[test]
    fn the_numbers_of_the_match_are_read_and_those_of_comments_are_not() {
        let source = "-1 => (Key::Busy, Later),\n// 40029 and 50_000 say more\n40_001 | 40_125 => (Key::Secret, M),\n61_003 | 61_004\n1_000\n#[cfg(test)]\n99_999";
        assert_eq!(return_codes(source), set(&["minus-1", "40001", "40125", "61003", "61004"]));
    }

    #[test]
    fn the_numbers_among_the_keys_are_read() {
        let source = "code_used, code_invalid,\n    code_10003, code_10004, link_unavailable";
        assert_eq!(shown_codes(source), set(&["10003", "10004"]));
    }

    #[test]
    fn a_number_without_page_and_a_page_without_number_are_named() {
        assert_eq!(judge(WECHAT, &set(&["40029"]), &set(&["40029"])), []);
        for place in [WECHAT, WECOM] {
            let found = judge(place, &set(&["40029"]), &set(&["40030"]));
            let files: Vec<&str> = found.iter().map(|finding| finding.file.as_str()).collect();
            assert_eq!(files, [place.codes, &format!("{}/40030.md", place.pages)]);
        }
    }

    #[test]
    fn a_page_that_the_overview_does_not_list_is_named() {
        let found = unlisted("a/README.md", "| [-1](minus-1.md) |", &set(&["minus-1", "40029"]));
        let what: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(what, ["40029.md is not listed"]);
    }

    #[test]
    fn the_overview_is_no_number() {
        assert_eq!(number_of("a/README.md"), None);
        assert_eq!(number_of("a/minus-1.md").as_deref(), Some("minus-1"));
    }
}
