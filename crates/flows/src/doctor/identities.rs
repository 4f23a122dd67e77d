//! Will the same human being stay the same person by every channel?

use std::collections::BTreeSet;

use magpie_domain::{Channel, ChannelKind, Way, WebScope};
use magpie_store::{StoreError, identities};

use super::{Check, Console, Finding, Patient, Problem};
use crate::context::Flows;

pub(super) async fn check(patient: &Patient<'_>, house: &Flows) -> Vec<Finding> {
    let channels = &patient.settings.channels;
    // Members of an organisation have no unionid, and a relay has another channel's account.
    let has_own =
        |channel: &&Channel| !matches!(channel.kind(), ChannelKind::Wecom | ChannelKind::Relay);
    let accounts: BTreeSet<_> =
        channels.iter().filter(has_own).map(|channel| &channel.account.app_id).collect();
    let mut findings = Vec::new();
    for channel in channels.iter().filter(has_own) {
        let found = of_channel(channel, accounts.len(), house).await;
        findings.extend(found.map(|finding| finding.about(channel.id.as_str())));
    }
    if findings.is_empty() && !channels.is_empty() {
        findings.push(Finding::good(Check::Identities, Problem::IdentitiesGood));
    }
    findings
}

async fn of_channel(channel: &Channel, accounts: usize, house: &Flows) -> Option<Finding> {
    let Some(platform) = &channel.platform else {
        let finding = Finding::warning(Check::Identities, Problem::PlatformMissing);
        return (accounts > 1).then(|| finding.at(Console::Binding));
    };
    let platform = platform.to_string();
    if matches!(channel.way, Way::ServiceAccount { scope: WebScope::SnsapiBase, .. }) {
        let problem = Problem::UnionidNotAsked { platform };
        return Some(Finding::warning(Check::Identities, problem));
    }
    // A database that goes away in between has been good a moment ago; the next run says so.
    let (people, known) = coverage(house, channel).await.unwrap_or_default();
    let problem = Problem::UnionidMissing { platform };
    (people > 0 && known == 0)
        .then(|| Finding::act(Check::Identities, problem).at(Console::Binding))
}

/// How many of the newest people of a channel there are, and how many of them have a unionid of its platform.
async fn coverage(house: &Flows, channel: &Channel) -> Result<(i64, i64), StoreError> {
    let Some(platform) = &channel.platform else { return Ok((0, 0)) };
    let mut tx = house.store().read().await?;
    identities::unionid_coverage(&mut tx, &channel.account.app_id, platform).await
}
