//! `magpie doctor`: looks at the configured house from inside and through its public address, asks WeChat what it thinks
//! of every channel, and says what is the matter, whose turn it is and where it is mended. Changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use magpie_domain::{ChannelId, Locale};
use magpie_flows::doctor::{Finding, Patient, Severity, examine, examine_channel};
use magpie_flows::{Flows, Settings, verification_files};
use magpie_outbound::Probe;
use magpie_store::StoreError;
use magpie_web::texts::Texts;
use serde_json::{Map, Value, json};

use super::{Failure, Invocation};
use crate::config::{Config, Severity as ConfigSeverity};
use crate::metrics::Metrics;
use crate::system::{SystemClock, SystemEntropy};
use crate::wire::{self, CannotStart};

/// Examines the house, or one channel; fails when somebody has to act.
pub(super) async fn run(
    invocation: &Invocation,
    locale: Locale,
    channel: Option<&str>,
) -> Result<(), Failure> {
    let (config, warnings) = invocation.load_with_findings()?;
    let settings = wire::settings(&config);
    let probe = Probe::new().map_err(Failure::new)?;
    let house = open(&config).await?;
    let files = files(&config, &house).await;
    let patient = patient(&config, &settings, &probe, (&house, &files));
    let findings = match channel {
        Some(name) => {
            let wanted = ChannelId::parse(name).and_then(|id| settings.channel(&id));
            let Some(wanted) = wanted else {
                return Err(Failure::new(format!(
                    "there is no channel {name:?} in the configuration"
                )));
            };
            examine_channel(&patient, wanted).await
        }
        None => {
            let warnings = warnings.0.iter();
            let warnings = warnings.filter(|found| found.severity == ConfigSeverity::Warning);
            let mut findings: Vec<_> =
                warnings.map(|found| Finding::of_configuration(&found.key)).collect();
            findings.extend(examine(&patient).await);
            findings
        }
    };
    tell(invocation, locale, &findings)
}

/// The database opened with the keys of the configuration, or why the database cannot be opened: that is a finding.
async fn open(config: &Config) -> Result<Result<Flows, StoreError>, Failure> {
    let store = match wire::store(config, false).await {
        Ok(store) => store,
        Err(CannotStart::Store(cause)) => return Ok(Err(cause)),
        Err(other) => return Err(Failure::new(other)),
    };
    wire::flows(config, store, &Arc::new(Metrics::default())).map(Ok).map_err(Failure::new)
}

/// The files that prove the domain: those that were added, and those of the configuration. Where the database does not
/// answer, which is a finding of its own, the latter are all there is to look for.
async fn files(config: &Config, house: &Result<Flows, StoreError>) -> BTreeMap<String, String> {
    let added = match house {
        Ok(flows) => verification_files::list(flows).await.unwrap_or_default(),
        Err(_unavailable) => Vec::new(),
    };
    let declared = config.wechat.verification_files.clone();
    added.into_iter().chain(declared).collect()
}

fn patient<'a>(
    config: &'a Config,
    settings: &'a Settings,
    probe: &'a Probe,
    (house, files): (&'a Result<Flows, StoreError>, &'a BTreeMap<String, String>),
) -> Patient<'a> {
    let wechat = &config.wechat;
    let bases = std::iter::once(&wechat.api_base).chain(&wechat.api_fallback_bases);
    Patient {
        settings,
        house: house.as_ref(),
        probe,
        api_bases: bases.map(String::as_str).collect(),
        wecom_api_base: &config.wecom.api_base,
        verification_files: files,
        management: Some(config.listen.management).filter(|address| address.port() != 0),
        clock: &SystemClock,
        entropy: &SystemEntropy,
    }
}

fn tell(invocation: &Invocation, locale: Locale, findings: &[Finding]) -> Result<(), Failure> {
    let acts = findings.iter().filter(|finding| finding.severity == Severity::Act).count();
    let frame = &Texts::of(locale).doctor.frame;
    let verdict = match acts {
        0 => frame.all_well.clone(),
        some => frame.somebody_acts.fill("count", &some.to_string()),
    };
    let lines: String = findings.iter().map(|finding| text(locale, finding)).collect();
    let value =
        json!({ "ok": acts == 0, "findings": findings.iter().map(json).collect::<Vec<_>>() });
    invocation.answer(format!("{lines}\n{verdict}"), &value);
    if acts == 0 { Ok(()) } else { Err(Failure::already_told()) }
}

/// One finding for a person: good news on one line, everything else with what to do.
fn text(locale: Locale, finding: &Finding) -> String {
    let texts = Texts::of(locale);
    let (frame, words) = (&texts.doctor.frame, texts.finding(finding));
    let mark = match finding.severity {
        Severity::Good => &frame.good,
        Severity::Warning => &frame.warning,
        Severity::Act => &frame.act,
    };
    let about = finding.about.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut lines = format!("[{mark}] {}{about}: {}\n", words.check, words.what);
    if finding.severity == Severity::Good {
        return lines;
    }
    let guide = finding.problem.guide().map(|number| guide(locale, number)).unwrap_or_default();
    for (name, said) in [
        (&frame.turn, &words.turn),
        (&frame.cure, &words.cure),
        (&frame.console, &words.console),
        (&frame.guide, &guide),
    ] {
        if !said.is_empty() {
            lines.push_str(&format!("    {name}: {said}\n"));
        }
    }
    lines
}

/// The page of the guide about a number of WeChat's.
fn guide(locale: Locale, number: u32) -> String {
    format!("docs/guide/{}/wechat/errors/{number}.md", locale.tag())
}

/// One finding for a program, in both languages.
fn json(finding: &Finding) -> Value {
    let problem = &finding.problem;
    let shown: Map<String, Value> =
        problem.shown().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let told = |locale: Locale| {
        let words = Texts::of(locale).finding(finding);
        json!({
            "check": words.check, "what": words.what, "turn": words.turn, "cure": words.cure,
            "console": words.console,
            "guide": problem.guide().map(|number| guide(locale, number)),
        })
    };
    json!({
        "check": finding.check.as_str(),
        "about": finding.about,
        "problem": problem.key(),
        "severity": finding.severity.as_str(),
        "turn": problem.turn().as_str(),
        "console": finding.console.map(|page| page.as_str()),
        "data": shown,
        "texts": { "zh-CN": told(Locale::ZhCn), "en": told(Locale::En) },
    })
}
