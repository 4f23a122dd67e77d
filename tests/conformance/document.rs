//! The tables of `docs/conformance.md`: one for each family of plans, a row for each module, a column for each plan.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::observed::Observed;
use crate::plan::Plan;

/// A table: its title, and its plans with the heads of their columns.
type Family = (&'static str, &'static [(&'static str, &'static str)]);

const FAMILIES: [Family; 4] = [
    (
        "OpenID Connect",
        &[
            ("config", "config"),
            ("basic-static", "basic, declared"),
            ("basic-dynamic", "basic, registered"),
            ("form-post-static", "form post, declared"),
            ("form-post-dynamic", "form post, registered"),
            ("comprehensive", "comprehensive"),
        ],
    ),
    (
        "Logout",
        &[
            ("rp-initiated-logout-static", "RP-initiated, declared"),
            ("rp-initiated-logout-dynamic", "RP-initiated, registered"),
            ("backchannel-logout-static", "back-channel, declared"),
            ("backchannel-logout-dynamic", "back-channel, registered"),
        ],
    ),
    ("Third-party-initiated login", &[("3rd-party-init-login", "registered")]),
    ("FAPI 2.0 Security Profile", &[("fapi2", "private_key_jwt, dpop")]),
];

const OPENING: &str =
    "<!-- Observed by tests/conformance; MAGPIE_WRITE_CONFORMANCE=1 writes it. -->\n";
const CLOSING: &str = "<!-- End of what was observed. -->";
const RESULTS: [&str; 5] = ["PASSED", "WARNING", "REVIEW", "SKIPPED", "FAILED"];

/// Fails when the document is not what was observed; with the variable set it is made so.
pub(crate) fn compare_or_write(plans: &[Plan], observed: &Observed) {
    let path = document();
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(OPENING).unwrap_or_else(|| panic!("no {OPENING:?}"));
    let (written, after) = rest.split_once(CLOSING).unwrap_or_else(|| panic!("no {CLOSING:?}"));
    let now = tables(plans, observed);
    if std::env::var_os("MAGPIE_WRITE_CONFORMANCE").is_some_and(|value| value == "1") {
        std::fs::write(path, format!("{before}{OPENING}{now}{CLOSING}{after}")).unwrap();
        return;
    }
    let surprises: Vec<_> =
        now.lines().filter(|line| !written.lines().any(|one| one == *line)).collect();
    assert!(
        written == now,
        "docs/conformance.md is not what was observed; MAGPIE_WRITE_CONFORMANCE=1 writes it:\n{}",
        surprises.join("\n")
    );
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md")
}

fn tables(plans: &[Plan], observed: &Observed) -> String {
    let mut text = summary(plans, observed);
    for (title, columns) in FAMILIES {
        write!(text, "\n### {title}\n\n").unwrap();
        text += &table(plans, columns, observed);
    }
    text
}

fn named<'a>(plans: &'a [Plan], key: &str) -> &'a Plan {
    plans.iter().find(|plan| plan.key == key).unwrap_or_else(|| panic!("no plan {key}"))
}

fn summary(plans: &[Plan], observed: &Observed) -> String {
    let mut text = "\n| plan | variant | modules |".to_owned();
    RESULTS.iter().for_each(|result| write!(text, " {result} |").unwrap());
    text += "\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for plan in plans {
        write!(text, "| {} | {} | {} |", plan.suite, plan.variant(), plan.modules.len()).unwrap();
        for result in RESULTS {
            let ends = |module: &&String| {
                observed.verdict(&plan.key, module).is_some_and(|verdict| verdict.result == result)
            };
            write!(text, " {} |", plan.modules.iter().filter(ends).count()).unwrap();
        }
        text.push('\n');
    }
    text
}

fn table(plans: &[Plan], columns: &[(&str, &str)], observed: &Observed) -> String {
    let mut text = "| module |".to_owned();
    columns.iter().for_each(|(_, head)| write!(text, " {head} |").unwrap());
    text += " remarks |\n|";
    (0..columns.len() + 2).for_each(|_| text += " --- |");
    text.push('\n');
    let mut rows: Vec<&str> = Vec::new();
    for (plan, _) in columns {
        for module in &named(plans, plan).modules {
            if !rows.contains(&module.as_str()) {
                rows.push(module);
            }
        }
    }
    for module in rows {
        text += &row(module, columns, observed);
    }
    text
}

/// The remark of a module is said once when every plan says it, else with the plans that do.
fn row(module: &str, columns: &[(&str, &str)], observed: &Observed) -> String {
    let mut text = format!("| {module} |");
    let mut remarks: Vec<(String, Vec<&str>)> = Vec::new();
    let mut ran = 0;
    for (plan, head) in columns {
        let Some(verdict) = observed.verdict(plan, module) else {
            text += " |";
            continue;
        };
        ran += 1;
        write!(text, " {} |", verdict.result).unwrap();
        for remark in &verdict.remarks {
            match remarks.iter_mut().find(|(known, _)| known == remark) {
                Some((_, heads)) => heads.push(head),
                None => remarks.push((remark.clone(), vec![head])),
            }
        }
    }
    let said = |(remark, heads): &(String, Vec<&str>)| {
        if heads.len() == ran {
            remark.clone()
        } else {
            format!("{}: {remark}", heads.join(" and "))
        }
    };
    writeln!(text, " {} |", remarks.iter().map(said).collect::<Vec<_>>().join("; ")).unwrap();
    text
}
