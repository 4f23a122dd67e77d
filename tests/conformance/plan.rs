//! The plans as `plans.mjs` lists them: the suite's name, the variant, and the modules in the suite's order.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::node::Node;

/// One plan in one variant.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    /// Our own short name, such as `basic-static`.
    #[serde(skip)]
    pub(crate) key: String,
    /// `testPlanName` in the suite.
    pub(crate) suite: String,
    /// Sorted, since the order of a JSON object depends on how serde_json was built.
    variant: BTreeMap<String, String>,
    pub(crate) modules: Vec<String>,
}

impl Plan {
    /// All plans, in the order of the documents.
    pub(crate) fn all(node: &Node) -> Vec<Self> {
        let all: BTreeMap<String, Self> = serde_json::from_slice(&node.asked(&["plans"])).unwrap();
        let mut plans: Vec<Self> =
            all.into_iter().map(|(key, plan)| Self { key, ..plan }).collect();
        plans.sort_by_key(|plan| ORDER.iter().position(|key| *key == plan.key).unwrap());
        plans
    }

    /// Whether the client registers itself.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.variant_is("client_registration", "dynamic_client")
    }

    fn variant_is(&self, name: &str, value: &str) -> bool {
        self.variant.get(name).is_some_and(|found| found == value)
    }

    /// The variant in the suite's words, for the documents.
    pub(crate) fn variant(&self) -> String {
        self.variant.values().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// The keys of all plans; a plan that is not here fails the test that reads them.
pub(crate) const ORDER: [&str; 12] = [
    "config",
    "basic-static",
    "basic-dynamic",
    "form-post-static",
    "form-post-dynamic",
    "comprehensive",
    "rp-initiated-logout-static",
    "rp-initiated-logout-dynamic",
    "backchannel-logout-static",
    "backchannel-logout-dynamic",
    "3rd-party-init-login",
    "fapi2",
];
