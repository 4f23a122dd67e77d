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
}

/// One plan.
#[derive(Debug)]
pub(crate) struct PlanObserved {
    pub(crate) plan: String,
    pub(crate) verdicts: Vec<Verdict>,
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
