//! Both engines climb the same stairs: `migrations/sqlite` and `migrations/postgres` hold the same numbers and names.
//! Numbers start at one and leave no gap, since a gap is a file that was forgotten or taken away after release.
//! Whether the schemas agree is proved by the store's own tests on real engines.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::tree::Tree;

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// Compares the two folders and looks for empty files.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let [sqlite, postgres] = ENGINES.map(|engine| names_in(tree, engine));
    let (sqlite, postgres) = (sqlite?, postgres?);
    let mut findings = judge(&sqlite, &postgres);
    for (engine, names) in ENGINES.iter().zip([&sqlite, &postgres]) {
        for name in names {
            let file = format!("migrations/{engine}/{name}");
            if tree.read(&file)?.trim().is_empty() {
                findings.push(Finding::in_file(
                    file,
                    "the migration is empty",
                    "Write it, or a comment that says why",
                ));
            }
        }
    }
    Ok(findings)
}

fn names_in(tree: &Tree, engine: &str) -> anyhow::Result<BTreeSet<String>> {
    let folder = format!("migrations/{engine}/");
    let files = tree.files(&folder, &[".sql"])?;
    Ok(files.iter().map(|file| file.strip_prefix(&folder).unwrap_or(file).to_owned()).collect())
}

fn judge(sqlite: &BTreeSet<String>, postgres: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (here, there, missing) in
        [("sqlite", "postgres", sqlite - postgres), ("postgres", "sqlite", postgres - sqlite)]
    {
        for name in missing {
            let what = format!("migrations/{there} has no file of this name");
            let cure = format!("Write migrations/{there}/{name} in the same commit");
            findings.push(Finding::in_file(format!("migrations/{here}/{name}"), what, cure));
        }
    }
    for (index, name) in (sqlite | postgres).iter().enumerate() {
        if number(name) != Some(index + 1) {
            let what = format!("the name should be {:04}_what_it_does.sql", index + 1);
            findings.push(Finding::in_file(
                format!("migrations/*/{name}"),
                what,
                "Number migrations from 0001 without gaps, in lower case",
            ));
        }
    }
    findings
}

/// The number of `0007_add_tickets.sql`; nothing for a name of another form.
fn number(name: &str) -> Option<usize> {
    let (digits, words) = name.strip_suffix(".sql")?.split_once('_')?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let well_formed = digits.len() == 4 && !words.is_empty() && words.bytes().all(plain);
    well_formed.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_same_numbers_and_names_pass() {
        let both = set(&["0001_init.sql", "0002_tickets.sql"]);
        assert_eq!(judge(&both, &both), []);
    }

    #[test]
    fn a_step_that_one_engine_lacks_is_named() {
        let found = judge(&set(&["0001_init.sql", "0002_tickets.sql"]), &set(&["0001_init.sql"]));
        assert_eq!(found.len(), 1);
        assert!(found[0].cure.contains("migrations/postgres/0002_tickets.sql"));
    }

    #[test]
    fn a_gap_a_twin_and_a_loose_name_are_named() {
        for bad in [
            ["0001_init.sql", "0003_a.sql"],
            ["0001_a.sql", "0001_b.sql"],
            ["0001_a.sql", "2_b.sql"],
        ] {
            assert_eq!(judge(&set(&bad), &set(&bad)).len(), 1, "{bad:?}");
        }
    }
}
