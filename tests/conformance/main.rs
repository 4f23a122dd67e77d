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
#[path = "../interop/child.rs"]
mod child;
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

/// What `name` is set to, as a list.
fn chosen(name: &str) -> Option<Vec<String>> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.split(',').map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_every_plan_ends_as_the_documents_say() {
    let Some(node) = Node::ready() else { return };
    let plans = Plan::all(&node);
    let (wanted, only) = (chosen("MAGPIE_CONFORMANCE_PLANS"), chosen("MAGPIE_CONFORMANCE_MODULES"));
    let whole = wanted.is_none() && only.is_none();
    let keys = node.key_pairs();
    let runs = plans
        .iter()
        .filter(|plan| wanted.as_ref().is_none_or(|wanted| wanted.contains(&plan.key)))
        .map(|plan| provider::run(&node, plan, &keys, only.as_deref()));
    // All at once: most of the time is waiting, and each plan has a provider of its own.
    let observed: Observed = futures_util::future::join_all(runs).await.into_iter().collect();
    observed.print();
    let surprises = Expectations::read().surprises(&observed);
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    if whole {
        document::compare_or_write(&plans, &observed);
    }
}
