//! Does the issuer answer through the address that people and applications use?

use magpie_oidc::paths;
use magpie_outbound::{Answered, Unreached};
use serde_json::Value;

use super::clock::{self, Offset};
use super::{Check, Finding, Patient, Problem};

/// The longest issuer of somebody else that is shown.
const LONGEST_SHOWN: usize = 200;

/// What came of asking for the discovery document.
pub(super) struct Asked {
    answer: Result<Answered, Unreached>,
    pub(super) offset: Option<Offset>,
}

pub(super) async fn ask(patient: &Patient<'_>) -> Asked {
    let url = patient.settings.issuer.join(paths::OPENID_CONFIGURATION);
    let answer = patient.probe.get(&url, None).await;
    let offset = answer
        .as_ref()
        .ok()
        .and_then(|answered| clock::offset(answered.date(), patient.clock.now()));
    Asked { answer, offset }
}

pub(super) fn judge(patient: &Patient<'_>, asked: &Asked) -> Finding {
    let issuer = &patient.settings.issuer;
    let problem = match &asked.answer {
        Err(unreached) => Some(unreached_by(*unreached, issuer.authority().to_owned())),
        Ok(answered) => document(answered, issuer.as_str(), issuer.authority()),
    };
    match problem {
        Some(problem) => Finding::act(Check::Issuer, problem),
        None => Finding::good(Check::Issuer, Problem::IssuerGood),
    }
}

fn unreached_by(unreached: Unreached, host: String) -> Problem {
    match unreached {
        Unreached::NameUnknown => Problem::IssuerNameUnknown { host },
        Unreached::Refused => Problem::IssuerRefused { host },
        Unreached::Silent => Problem::IssuerSilent { host },
        Unreached::CertificateDates => Problem::IssuerCertificateDates { host },
        Unreached::CertificateName => Problem::IssuerCertificateName { host },
        Unreached::CertificateUnknown => Problem::IssuerCertificateUnknown { host },
        Unreached::Tls => Problem::IssuerTls { host },
        Unreached::BrokenOff => Problem::IssuerBrokenOff { host },
    }
}

/// What is wrong with the answer, if anything.
fn document(answered: &Answered, issuer: &str, host: &str) -> Option<Problem> {
    let status = answered.status;
    match status {
        300..=399 => return Some(Problem::IssuerRedirects { status }),
        // Our own listener's word for a Host that is not the issuer's (HT-20).
        421 => return Some(Problem::IssuerHostNotPassed { host: host.to_owned() }),
        500..=599 => return Some(Problem::IssuerFailing { status }),
        _ => {}
    }
    let document: Option<Value> = serde_json::from_slice(&answered.body).ok();
    let Some(found) = document.as_ref().and_then(|document| document.get("issuer")?.as_str())
    else {
        return Some(Problem::IssuerNotJson { status });
    };
    (found != issuer).then(|| another(found, issuer))
}

fn another(found: &str, issuer: &str) -> Problem {
    let bare = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
    let shown: String = found.chars().filter(|c| !c.is_control()).take(LONGEST_SHOWN).collect();
    if found.trim_end_matches('/') == issuer {
        Problem::IssuerSlash { found: shown }
    } else if bare(found).is_some() && bare(found) == bare(issuer) {
        Problem::IssuerScheme { found: shown }
    } else {
        Problem::IssuerOther { found: shown }
    }
}
