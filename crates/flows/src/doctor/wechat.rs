//! Can this machine reach WeChat, and is it WeChat that answers?
//! Asked without any credential: a portal or an inspecting proxy that answers in WeChat's place learns nothing, and no
//! secret is sent where WeChat does not speak.

use magpie_outbound::{Answered, Unreached};
use magpie_wechat::probe;
use url::Url;

use super::clock::{self, Offset};
use super::{Check, Finding, Patient, Problem};

/// What came of asking one base.
pub(super) struct Base<'a> {
    base: &'a str,
    met: Result<Met, Unreached>,
}

/// Somebody answered.
struct Met {
    speaks: bool,
    offset: Option<Offset>,
}

impl Base<'_> {
    /// How far our clock is ahead of WeChat's, if it is WeChat who said the time.
    pub(super) fn offset(&self) -> Option<Offset> {
        self.met.as_ref().ok().filter(|met| met.speaks).and_then(|met| met.offset)
    }

    const fn speaks(&self) -> bool {
        matches!(self.met, Ok(Met { speaks: true, .. }))
    }
}

pub(super) async fn ask<'a>(patient: &Patient<'a>) -> Vec<Base<'a>> {
    let mut bases = Vec::new();
    for &base in &patient.api_bases {
        let url = format!("{base}/sns/oauth2/access_token");
        let met = patient.probe.get(&url, None).await.map(|answered| met(patient, &answered));
        bases.push(Base { base, met });
    }
    bases
}

fn met(patient: &Patient<'_>, answered: &Answered) -> Met {
    Met {
        speaks: answered.status == 200 && probe::is_wechat(&answered.body),
        offset: clock::offset(answered.date(), patient.clock.now()),
    }
}

/// The first base at which WeChat itself answers.
pub(super) fn speaking<'a>(bases: &[Base<'a>]) -> Option<&'a str> {
    bases.iter().find(|base| base.speaks()).map(|base| base.base)
}

/// One base that does not work is a warning while another does.
pub(super) fn judge(bases: &[Base<'_>]) -> Vec<Finding> {
    let works = speaking(bases).is_some();
    let troubles: Vec<Finding> = bases
        .iter()
        .filter_map(problem)
        .map(|problem| {
            if works {
                Finding::warning(Check::Wechat, problem)
            } else {
                Finding::act(Check::Wechat, problem)
            }
        })
        .collect();
    if troubles.is_empty() && works {
        return vec![Finding::good(Check::Wechat, Problem::WechatGood)];
    }
    troubles
}

fn problem(base: &Base<'_>) -> Option<Problem> {
    let host = Url::parse(base.base).ok()?.host_str()?.to_owned();
    match base.met {
        Ok(Met { speaks: true, .. }) => None,
        Ok(Met { speaks: false, .. }) => Some(Problem::WechatImitated { host }),
        Err(Unreached::NameUnknown) => Some(Problem::WechatNameUnknown { host }),
        Err(Unreached::Refused | Unreached::BrokenOff) => Some(Problem::WechatRefused { host }),
        Err(Unreached::Silent) => Some(Problem::WechatSilent { host }),
        Err(
            Unreached::CertificateDates
            | Unreached::CertificateName
            | Unreached::CertificateUnknown
            | Unreached::Tls,
        ) => Some(Problem::WechatIntercepted { host }),
    }
}
