//! Do people come back from WeChat? An attempt that ends on a page of WeChat's is heard of by nobody, but the running
//! server counts who leaves and who returns.

use std::collections::BTreeMap;

use super::{Check, Finding, Patient, Problem};

/// Fewer departures than these say nothing: somebody may just be looking for their phone.
const MANY: u64 = 20;

/// Nothing when the server does not run, or does not tell its numbers here.
pub(super) async fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(address) = patient.management else { return Vec::new() };
    let Ok(answered) = patient.probe.get(&format!("http://{address}/metrics"), None).await else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&answered.body);
    let (departures, returns) =
        (series(&text, "magpie_departures_total"), series(&text, "magpie_returns_total"));
    let mut findings = Vec::new();
    for channel in &patient.settings.channels {
        let of = |counts: &BTreeMap<&str, u64>| {
            counts.get(channel.id.as_str()).copied().unwrap_or_default()
        };
        let (departures, returns) = (of(&departures), of(&returns));
        if departures >= MANY && returns == 0 {
            let console = super::channel::callback_page(channel.kind());
            let finding = Finding::act(Check::Channel, Problem::NobodyReturns { departures });
            findings.push(finding.at(console).about(channel.id.as_str()));
        }
    }
    findings
}

/// The values of one metric by channel (OpenMetrics text).
fn series<'a>(text: &'a str, name: &str) -> BTreeMap<&'a str, u64> {
    let lines = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?.strip_prefix("{channel=\"")?;
        let (channel, value) = rest.split_once("\"} ")?;
        Some((channel, value.parse().ok()?))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_one_metric_are_read_by_channel() {
        let text = "# TYPE magpie_departures counter\nmagpie_departures_total{channel=\"desktop\"} 21\n\
                    magpie_departures_total{channel=\"in-app\"} 3\nmagpie_returns_total{channel=\"desktop\"} 2\n\
                    magpie_departures_total{channel=\"odd\"} x\n# EOF\n";
        let expected = BTreeMap::from([("desktop", 21), ("in-app", 3)]);
        assert_eq!(series(text, "magpie_departures_total"), expected);
    }
}
