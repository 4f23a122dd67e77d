//! What the runner found, module by module.

use serde::Deserialize;

/// One module's end, in the suite's words.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) module: String,
    /// `PASSED`, `WARNING`, `REVIEW`, `SKIPPED` or `FAILED`.
    pub(crate) result: String,
    /// Constant sentences.
    pub(crate) remarks: Vec<String>,
    /// What stood behind them this time.
    details: Vec<String>,
    seconds: f64,
    /// How it must end where its traffic was falsified.
    #[serde(rename = "spoiledEnd")]
    pub(crate) spoiled_end: Option<String>,
}

/// One plan.
#[derive(Debug)]
pub(crate) struct PlanObserved {
    pub(crate) plan: String,
    pub(crate) verdicts: Vec<Verdict>,
}

impl PlanObserved {
    /// Whether this module was run.
    pub(crate) fn has(&self, module: &str) -> bool {
        self.verdicts.iter().any(|verdict| verdict.module == module)
    }
}

/// Everything that was run.
#[derive(Debug)]
pub(crate) struct Observed(pub(crate) Vec<PlanObserved>);

impl FromIterator<PlanObserved> for Observed {
    fn from_iter<T: IntoIterator<Item = PlanObserved>>(plans: T) -> Self {
        Self(plans.into_iter().collect())
    }
}

impl Observed {
    /// The verdict on a module of a plan.
    pub(crate) fn verdict(&self, plan: &str, module: &str) -> Option<&Verdict> {
        let plan = self.0.iter().find(|observed| observed.plan == plan)?;
        plan.verdicts.iter().find(|verdict| verdict.module == module)
    }

    /// The modules that did not end as their falsified traffic must make them.
    pub(crate) fn blind(&self) -> Vec<String> {
        let mut blind = Vec::new();
        for PlanObserved { plan, verdicts } in &self.0 {
            for Verdict { module, result, remarks, spoiled_end, .. } in verdicts {
                if spoiled_end.as_ref() != Some(result) {
                    let remarks = remarks.join("; ");
                    blind
                        .push(format!("{plan} {module}: {result}, not {spoiled_end:?}: {remarks}"));
                }
            }
        }
        blind
    }

    /// Says what there is to say, so that a failure can be read without running it again.
    pub(crate) fn print(&self) {
        for PlanObserved { plan, verdicts } in &self.0 {
            for verdict in verdicts {
                let Verdict { module, result, remarks, seconds, .. } = verdict;
                eprintln!("{plan} {module} {result} {seconds} s {}", remarks.join("; "));
                verdict.details.iter().for_each(|detail| eprintln!("    {detail}"));
            }
        }
    }
}
