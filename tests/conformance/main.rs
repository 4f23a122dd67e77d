//! The OpenID Foundation's test plans, run by a black box of our own: `run.mjs` plays the suite with openid-client,
//! oauth4webapi and jose, module by module under the suite's names, against `magpie serve` behind a TLS front.
//! Every module must end as `expected.json` says, and the tables in `docs/conformance.md` must be what was observed;
//! `MAGPIE_WRITE_CONFORMANCE=1` writes them. `MAGPIE_CONFORMANCE_PLANS=fapi2,config` runs some plans,
//! `MAGPIE_CONFORMANCE_MODULES=text` only modules with this in their name; then the tables are left alone.
//!
//! Without Node and npm it is skipped aloud, and a failure when `MAGPIE_TEST_ALL=1`.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]
#![expect(clippy::panic, reason = "a failure shows what the other side said")]
#![expect(
    clippy::print_stderr,
    reason = "a skip, and what a module found, are for the person who runs the test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the person at the desk chooses plans by environment"
)]

mod certificate;
mod configuration;
mod document;
mod expectations;
mod node;
mod observed;
mod plan;
mod provider;
mod suite_files;

use expectations::Expectations;
use node::Node;
use observed::Observed;
use plan::Plan;
use provider::Run;

/// What `name` is set to, as a list.
fn chosen(name: &str) -> Option<Vec<String>> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.split(',').map(str::to_owned).collect())
}

/// The modules and plans that the person at the desk chose; everything when nothing is chosen.
struct Choice {
    plans: Option<Vec<String>>,
    module: Option<String>,
}

impl Choice {
    fn made() -> Self {
        let module = chosen("MAGPIE_CONFORMANCE_MODULES").and_then(|all| all.into_iter().next());
        Self { plans: chosen("MAGPIE_CONFORMANCE_PLANS"), module }
    }

    const fn is_everything(&self) -> bool {
        self.plans.is_none() && self.module.is_none()
    }

    fn has(&self, plan: &Plan) -> bool {
        self.plans.as_ref().is_none_or(|plans| plans.contains(&plan.key))
    }
}

/// All at once: most of the time is waiting, and each plan has a provider of its own.
async fn play(run: Run<'_>, plans: impl Iterator<Item = &Plan>) -> Observed {
    let observed = futures_util::future::join_all(plans.map(|plan| run.play(plan))).await;
    let observed: Observed = observed.into_iter().collect();
    observed.print();
    observed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_every_plan_ends_as_the_documents_say() {
    let Some(node) = Node::ready() else { return };
    let (plans, choice, keys) = (Plan::all(&node), Choice::made(), node.key_pairs());
    let run = Run { node: &node, keys: &keys, only: choice.module.as_deref(), spoiled: false };
    let observed = play(run, plans.iter().filter(|plan| choice.has(plan))).await;
    let surprises = Expectations::read().surprises(&observed);
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    if choice.is_everything() {
        document::compare_or_write(&plans, &observed);
    }
}

/// Each module runs behind a proxy that falsifies its traffic in the way that it is there to notice.
#[tokio::test(flavor = "multi_thread")]
async fn every_module_notices_a_provider_that_misbehaves() {
    let Some(node) = Node::ready() else { return };
    let (plans, choice, keys) = (Plan::all(&node), Choice::made(), node.key_pairs());
    let spoiled: Vec<String> = serde_json::from_slice(&node.asked(&["spoiled-plans"])).unwrap();
    let run = Run { node: &node, keys: &keys, only: choice.module.as_deref(), spoiled: true };
    let wanted = plans.iter().filter(|plan| spoiled.contains(&plan.key) && choice.has(plan));
    let observed = play(run, wanted).await;
    let blind = observed.blind();
    assert!(blind.is_empty(), "{}", blind.join("\n"));
    let played = |module: &&String| observed.0.iter().any(|plan| plan.has(module));
    let present = plans.iter().filter(|plan| choice.has(plan)).flat_map(|plan| &plan.modules);
    let missing: Vec<_> = present.filter(|module| !played(module)).collect();
    assert!(!choice.is_everything() || missing.is_empty(), "nobody falsified: {missing:?}");
}
