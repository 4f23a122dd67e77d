//! The guide shows the settings that are tested: every longer word of its code stands in the tested source too.

use std::collections::BTreeSet;
use std::path::Path;

/// The page, the language of its code, and what is tested.
const PAGES: [(&str, &str, &[&str]); 4] = [
    ("openid-client.md", "js", &["openid_client/app.mjs"]),
    ("authlib.md", "python", &["authlib/app.py"]),
    ("mod-auth-openidc.md", "apache", &["mod_auth_openidc/httpd.conf", "mod_auth_openidc.rs"]),
    ("openidconnect-rs.md", "rust", &["openidconnect_crate.rs"]),
];
/// Shorter words are the page's own names and addresses.
const SHORTEST: usize = 9;

#[test]
fn the_guide_shows_what_is_tested_in_both_languages() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, language, sources) in PAGES {
        let read = |file: &&str| std::fs::read_to_string(tests.join("interop").join(file)).unwrap();
        let tested: String = sources.iter().map(read).collect();
        let tested: BTreeSet<&str> = words(&tested).collect();
        for folder in ["en", "zh-CN"] {
            let path = tests.join("../docs/guide").join(folder).join("integrations").join(page);
            let shown = code(&std::fs::read_to_string(&path).unwrap(), language);
            let long: BTreeSet<&str> =
                words(&shown).filter(|word| word.len() >= SHORTEST).collect();
            assert!(long.len() > 5, "{} shows no {language}", path.display());
            let untested: Vec<_> = long.difference(&tested).collect();
            assert!(untested.is_empty(), "{}: {untested:?}", path.display());
        }
    }
}

/// The fenced blocks of one language, without comments: those are in the page's own words.
fn code(page: &str, language: &str) -> String {
    let opening = format!("```{language}");
    let mut inside = false;
    let mut kept = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == opening;
        } else if inside && !line.trim_start().starts_with("//") {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}
