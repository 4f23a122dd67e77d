//! Is there a key to sign with, and do applications find it where they look?

use magpie_oidc::paths;
use serde_json::Value;

use super::{Check, Finding, Patient, Problem};
use crate::context::Flows;
use crate::keys;
use crate::outcome::Stop;

/// `is_ours` is whether this house answers at the issuer, so that its published keys can be looked at.
pub(super) async fn check(patient: &Patient<'_>, house: &Flows, is_ours: bool) -> Option<Finding> {
    if let Err(Stop::Broken(incident)) = keys::load(house).await {
        // What passes with time is the database's, not the keys'.
        let is_sealed_otherwise = !incident.is_passing();
        return is_sealed_otherwise.then(|| Finding::act(Check::Keys, Problem::KeysUnreadable));
    }
    let algorithm = patient.settings.algorithm;
    let Some(signer) = house.keyring().signer(algorithm, patient.clock.now()) else {
        let problem = Problem::KeysMissing { algorithm: algorithm.as_str().to_owned() };
        return Some(Finding::act(Check::Keys, problem));
    };
    if !is_ours {
        return None;
    }
    Some(match published(patient, signer.kid()).await {
        Some(problem) => Finding::act(Check::Keys, problem),
        None => Finding::good(Check::Keys, Problem::KeysGood),
    })
}

/// What is wrong with the published key set, given the key that signs now.
async fn published(patient: &Patient<'_>, kid: &str) -> Option<Problem> {
    let url = patient.settings.issuer.join(paths::JWKS);
    let answered = patient.probe.get(&url, None).await.ok()?;
    let status = answered.status;
    let document: Option<Value> = serde_json::from_slice(&answered.body).ok();
    let Some(keys) = document.as_ref().and_then(|document| document.get("keys")?.as_array()) else {
        return Some(Problem::KeysUnreachable { status });
    };
    let is_there = keys.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(kid));
    (!is_there).then(|| Problem::KeysNotPublished { kid: kid.to_owned() })
}
