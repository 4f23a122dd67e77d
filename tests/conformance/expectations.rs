//! How every module must end: `expected.json` names what does not simply pass, once for all plans and once for single ones,
//! each with its reason. A module that ends better than expected is a surprise as well: then the file is out of date.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::node::here;
use crate::observed::Observed;
use crate::plan::ORDER;

#[derive(Debug, Deserialize)]
pub(crate) struct Expectations(BTreeMap<String, BTreeMap<String, Expected>>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    result: String,
    why: String,
}

/// The section that holds for every plan that has no word of its own.
const EVERYWHERE: &str = "*";
const RESULTS: [&str; 5] = ["PASSED", "WARNING", "REVIEW", "SKIPPED", "FAILED"];

impl Expectations {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(here().join("expected.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn result(&self, plan: &str, module: &str) -> &str {
        let of = |section: &str| self.0.get(section).and_then(|modules| modules.get(module));
        of(plan).or_else(|| of(EVERYWHERE)).map_or("PASSED", |expected| &expected.result)
    }

    /// Every module that did not end as it must, with what it said.
    pub(crate) fn surprises(&self, observed: &Observed) -> Vec<String> {
        let mut surprises = Vec::new();
        for plan in &observed.0 {
            for verdict in &plan.verdicts {
                let wanted = self.result(&plan.plan, &verdict.module);
                if verdict.result != wanted {
                    surprises.push(format!(
                        "{} {}: {} instead of {wanted}: {}",
                        plan.plan,
                        verdict.module,
                        verdict.result,
                        verdict.remarks.join("; ")
                    ));
                }
            }
        }
        surprises
    }
}

#[test]
fn every_expectation_has_a_plan_a_known_result_and_a_reason() {
    for (plan, modules) in Expectations::read().0 {
        assert!(plan == EVERYWHERE || ORDER.contains(&plan.as_str()), "no plan {plan}");
        for (module, Expected { result, why }) in modules {
            assert!(RESULTS.contains(&result.as_str()), "{plan} {module}: {result}");
            assert!(why.len() > 20, "{plan} {module}: say why");
        }
    }
}
