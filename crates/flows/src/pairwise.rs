//! Who a person is to one client: the `sub` itself, or what stands for it in the client's sector (OIDC Core §8.1).

use magpie_domain::{Client, Subject};
use magpie_vault::Purpose;

use crate::context::Flows;

/// The subject that this client sees. For a pairwise client a keyed hash of sector and `sub`: the same in one sector,
/// different in every other, and not to be traced back without the root key.
pub(crate) fn subject_for(flows: &Flows, client: &Client, subject: &Subject) -> Subject {
    match client.sector() {
        None => subject.clone(),
        Some(sector) => {
            // NUL cannot stand in a host, so no sector can pass for another one with a longer subject.
            let input = format!("{sector}\0{}", subject.as_str());
            let hash = flows.vault().keyed_hash_128(Purpose::PairwiseSubject, input.as_bytes());
            Subject::from_hash(&hash)
        }
    }
}
