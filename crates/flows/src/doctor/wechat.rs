//! Can this machine reach WeChat, and WeCom where a channel wants it, and is it they who answer?
//! Asked without any credential: a portal or an inspecting proxy that answers in WeChat's place learns nothing, and no
//! secret is sent where WeChat does not speak.

use magpie_domain::{Channel, ChannelKind};
use magpie_outbound::Unreached;
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
    fn offset(&self) -> Option<Offset> {
        self.met.as_ref().ok().filter(|met| met.speaks).and_then(|met| met.offset)
    }

    const fn speaks(&self) -> bool {
        matches!(self.met, Ok(Met { speaks: true, .. }))
    }
}

/// What came of asking every base that the channels need.
pub(super) struct Bases<'a> {
    wechat: Vec<Base<'a>>,
    wecom: Vec<Base<'a>>,
}

impl<'a> Bases<'a> {
    /// Where the API of this channel answers, if it does anywhere: the first base at which it is they who answer.
    pub(super) fn speaking(&self, channel: &Channel) -> Option<&'a str> {
        let bases = if is_wecom(channel) { &self.wecom } else { &self.wechat };
        works(bases)
    }

    /// How far our clock is ahead of theirs.
    pub(super) fn offset(&self) -> Option<Offset> {
        self.wechat.iter().chain(&self.wecom).find_map(Base::offset)
    }
}

fn is_wecom(channel: &Channel) -> bool {
    channel.kind() == ChannelKind::Wecom
}

/// Asks each base that these channels need; WeChat's, where there is no channel yet.
pub(super) async fn ask<'a>(patient: &Patient<'a>, channels: &[Channel]) -> Bases<'a> {
    let mut bases = Bases { wechat: Vec::new(), wecom: Vec::new() };
    if channels.is_empty() || !channels.iter().all(is_wecom) {
        for &base in &patient.api_bases {
            let met = meet(patient, base, "/sns/oauth2/access_token", probe::is_wechat).await;
            bases.wechat.push(met);
        }
    }
    if channels.iter().any(is_wecom) {
        let base = patient.wecom_api_base;
        bases.wecom.push(meet(patient, base, "/cgi-bin/gettoken", probe::wecom::is_wecom).await);
    }
    bases
}

async fn meet<'a>(
    patient: &Patient<'a>,
    base: &'a str,
    path: &str,
    is_theirs: fn(&[u8]) -> bool,
) -> Base<'a> {
    let met = patient.probe.get(&format!("{base}{path}"), None).await.map(|answered| Met {
        speaks: answered.status == 200 && is_theirs(&answered.body),
        offset: clock::offset(answered.date(), patient.clock.now()),
    });
    Base { base, met }
}

fn works<'a>(bases: &[Base<'a>]) -> Option<&'a str> {
    bases.iter().find(|base| base.speaks()).map(|base| base.base)
}

pub(super) fn judge(bases: &Bases<'_>) -> Vec<Finding> {
    let mut findings = of_api(&bases.wechat, Problem::WechatGood);
    findings.extend(of_api(&bases.wecom, Problem::WecomGood));
    findings
}

/// One base that does not work is a warning while another does.
fn of_api(bases: &[Base<'_>], good: Problem) -> Vec<Finding> {
    let works = works(bases).is_some();
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
        return vec![Finding::good(Check::Wechat, good)];
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
