//! The doctor: looks at a house from outside and from inside, and says what is the matter, whose turn it is and where
//! it is mended.
//!
//! It changes nothing: no row is written, no key made, no person asked, no code of anybody's consumed (decision 0044).
//! A check that cannot be made says nothing; the one that shows why it cannot has said it already. One file per check;
//! [`examine`] runs them all, [`examine_channel`] is the part that is about one channel.

mod channel;
mod clock;
mod database;
mod finding;
mod identities;
mod issuer;
mod keys;
mod problem;
mod traffic;
mod verification_files;
mod wechat;
mod wecom;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use magpie_domain::{Channel, Clock, Entropy, Way};
use magpie_outbound::Probe;
use magpie_store::StoreError;

use crate::context::{Flows, Settings};

pub use finding::{Check, Console, Finding, Severity};
pub use problem::Problem;

/// What the doctor looks at.
#[derive(Debug)]
pub struct Patient<'a> {
    /// The checked configuration.
    pub settings: &'a Settings,
    /// The house over its open database, or why that could not be opened.
    pub house: Result<&'a Flows, &'a StoreError>,
    /// The calls.
    pub probe: &'a Probe,
    /// WeChat's API and what takes its place when it cannot be reached, without slashes at the end.
    pub api_bases: Vec<&'a str>,
    /// WeCom's API, without a slash at the end; asked only where a channel is WeCom's.
    pub wecom_api_base: &'a str,
    /// Verification files by name, with their bodies.
    pub verification_files: &'a BTreeMap<String, String>,
    /// Where the running server tells its numbers, if it has such a place.
    pub management: Option<SocketAddr>,
    /// The moment.
    pub clock: &'a dyn Clock,
    /// Chance, for a `state` that nobody waits for.
    pub entropy: &'a dyn Entropy,
}

/// Makes every check.
pub async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = database::check(patient).await;
    let house = patient.house.ok().filter(|_| is_good(&findings));
    let issuer = issuer::ask(patient).await;
    let of_issuer = issuer::judge(patient, &issuer);
    // What else cannot be fetched from there would be a consequence, and no cause.
    let is_ours = of_issuer.severity == Severity::Good;
    findings.push(of_issuer);
    if let Some(house) = house {
        findings.extend(keys::check(patient, house, is_ours).await);
    }
    if is_ours {
        findings.extend(verification_files::check(patient).await);
    }
    let channels = &patient.settings.channels;
    let bases = wechat::ask(patient, channels).await;
    findings.extend(wechat::judge(&bases));
    findings.extend(clock::judge(&issuer, &bases));
    for channel in channels {
        findings.extend(channel::check(patient, channel, bases.speaking(channel)).await);
    }
    findings.extend(channel::ways(patient));
    if let Some(house) = house {
        findings.extend(identities::check(patient, house).await);
    }
    findings.extend(traffic::check(patient).await);
    findings
}

/// Makes the checks that are about one channel: the way to WeChat, the account, and whether people come back.
pub async fn examine_channel(patient: &Patient<'_>, wanted: &Channel) -> Vec<Finding> {
    // Some have the account of another channel, and that is what there is to examine.
    let examined = match &wanted.way {
        Way::Relay { through, .. } | Way::Follow { through: Some(through) } => {
            patient.settings.channel(through).unwrap_or(wanted)
        }
        _ => wanted,
    };
    let bases = wechat::ask(patient, std::slice::from_ref(examined)).await;
    let mut findings = wechat::judge(&bases);
    findings.extend(channel::check(patient, examined, bases.speaking(examined)).await);
    let came_back = traffic::check(patient).await.into_iter();
    findings
        .extend(came_back.filter(|finding| finding.about.as_deref() == Some(wanted.id.as_str())));
    findings
}

fn is_good(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Act)
}
