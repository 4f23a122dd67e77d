//! Would WeChat let people in by this channel? Asked with a code that nobody was given, for an app-level token that is
//! dropped at once, and by looking at the page that a browser would be sent to.

use std::net::IpAddr;

use magpie_domain::{Channel, ChannelKind, DepartureHandle, Issuer, Locale, Way};
use magpie_oidc::paths;
use magpie_wechat::probe::{self, Complaint, Credentials, Verdict};
use magpie_wechat::suggest::{Suggestion, suggest};
use magpie_wechat::user_agent::Agent;
use magpie_wechat::{HelpKey, Refusal, authorize_url};

use super::{Check, Console, Finding, Patient, Problem, wecom};
use crate::wechat::depart::{self, How};

/// WeChat looks at a link of a service account for its own browser only.
const WECHAT_AGENT: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
Chrome/122.0 Mobile Safari/537.36 MicroMessenger/8.0.49.2600(0x28003133) NetType/WIFI Language/zh_CN";

/// Examines one channel; `base` is where its API answers, if it does anywhere. A relay has the account of another channel,
/// which is examined.
pub(super) async fn check(
    patient: &Patient<'_>,
    channel: &Channel,
    base: Option<&str>,
) -> Vec<Finding> {
    match &channel.way {
        Way::Relay { .. } | Way::Follow { through: Some(_) } => return Vec::new(),
        Way::Wecom(app) => return wecom::check(patient, channel, *app, base).await,
        Way::Website { .. }
        | Way::ServiceAccount { .. }
        | Way::MiniProgram
        | Way::MobileApp
        | Way::Follow { through: None } => {}
    }
    let complaint = page(patient, channel).await;
    let asked = match base {
        Some(base) => ask(patient, channel, base, complaint).await,
        None => None,
    };
    let mut findings = Vec::new();
    if let Some(asked) = &asked {
        findings.extend(of_account(channel, asked));
    }
    if let Some(complaint) = complaint {
        let finding = of_page(&patient.settings.issuer, channel, complaint, asked.as_ref());
        let is_news = findings.iter().all(|known| known.problem != finding.problem);
        findings.extend(is_news.then_some(finding));
    }
    if findings.is_empty() && asked.is_some() {
        findings.push(Finding::good(Check::Channel, Problem::ChannelGood));
    }
    findings.into_iter().map(|finding| finding.about(channel.id.as_str())).collect()
}

/// Which browsers have no way at all: asked of the same table that leads them.
pub(super) fn ways(patient: &Patient<'_>) -> Vec<Finding> {
    let channels = &patient.settings.channels;
    if channels.is_empty() {
        return vec![Finding::act(Check::Channel, Problem::ChannelNone)];
    }
    let is_lost = |agent| matches!(suggest(agent, channels, None), Suggestion::Explain(_));
    let wanted = [
        (Agent::Desktop, Problem::NoDesktopChannel),
        (Agent::PhoneWechat, Problem::NoWechatChannel),
    ];
    let lacking = wanted.into_iter().filter(|(agent, _)| is_lost(*agent));
    lacking.map(|(_, problem)| Finding::warning(Check::Channel, problem)).collect()
}

/// What WeChat's API said.
struct Asked {
    verdict: Verdict,
    gets_token: bool,
}

/// Asks the API; nothing when it no longer answers, which the check of the way there says when it lasts.
async fn ask(
    patient: &Patient<'_>,
    channel: &Channel,
    base: &str,
    complaint: Option<Complaint>,
) -> Option<Asked> {
    let (account, kind) = (&channel.account, channel.kind());
    if matches!(kind, ChannelKind::MiniProgram | ChannelKind::Follow) {
        // No codes of theirs are exchanged there; an app-level token proves the same.
        let answered = patient.probe.stable_token(base, account).await.ok()?;
        let verdict = probe::account(kind, &probe::tokened(&answered.body), None);
        return Some(Asked { verdict, gets_token: true });
    }
    let answered = patient.probe.exchange(base, account, probe::MADE_UP_CODE).await.ok()?;
    let exchanged = probe::exchanged(&answered.body);
    // A website app has no use for an app-level token; whether it gets one tells what it is when WeChat's page doubts it.
    let tells = kind == ChannelKind::ServiceAccount || complaint == Some(Complaint::Scope);
    let tokened = if tells && exchanged == Credentials::Accepted {
        let answered = patient.probe.stable_token(base, account).await.ok()?;
        Some(probe::tokened(&answered.body))
    } else {
        None
    };
    let gets_token = tokened == Some(Credentials::Accepted);
    Some(Asked { verdict: probe::account(kind, &exchanged, tokened.as_ref()), gets_token })
}

/// The complaint of the page that a browser would be sent to. The `state` is nobody's, so nobody could come back by it.
async fn page(patient: &Patient<'_>, channel: &Channel) -> Option<Complaint> {
    let settings = patient.settings;
    let callback = settings.issuer.join(&paths::callback(&channel.id));
    let handle = DepartureHandle::generate(patient.entropy).ok()?;
    let manner = depart::manner(channel, How::default(), Locale::ZhCn);
    let url = authorize_url::departure(&settings.open_base, channel, &callback, &handle, manner)?;
    let agent = (channel.kind() == ChannelKind::ServiceAccount).then_some(WECHAT_AGENT);
    let answered = patient.probe.get(&url, agent).await.ok()?;
    probe::complaint(&answered.body)
}

fn of_account(channel: &Channel, asked: &Asked) -> Option<Finding> {
    match &asked.verdict {
        Verdict::InOrder => None,
        Verdict::OtherKind => Some(other_kind(channel.kind())),
        Verdict::Refused(no) => Some(refused(channel.kind(), no)),
        Verdict::Unreadable => Some(Finding::warning(Check::Channel, Problem::WechatUnreadable)),
    }
}

fn other_kind(kind: ChannelKind) -> Finding {
    if is_of_open_platform(kind) {
        Finding::act(Check::Channel, Problem::WebsiteAppWanted).at(Console::WebsiteApp)
    } else {
        Finding::act(Check::Channel, Problem::ServiceAccountWanted).at(Console::AccountSecret)
    }
}

/// WeChat's no, as a cause.
fn refused(kind: ChannelKind, no: &Refusal) -> Finding {
    let secret = secret_page(kind);
    let (problem, console) = match no.code.meaning().help {
        HelpKey::AppIdInvalid => (Problem::AppIdUnknown, secret),
        HelpKey::AppSecretInvalid => (Problem::AppSecretWrong, secret),
        HelpKey::AppSecretFrozen => (Problem::AppSecretFrozen, secret),
        HelpKey::IpNotAllowed => {
            let ip = no.seen_ip.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
            (Problem::AddressNotListed { ip }, Console::AccountAddresses)
        }
        HelpKey::QuotaReached => (Problem::QuotaReached, Console::AccountPermissions),
        HelpKey::ApiNotAuthorized => (Problem::ApiNotAuthorized, permissions_page(kind)),
        HelpKey::ApiBanned => (Problem::ApiBanned, Console::Notices),
        HelpKey::ComponentNotAuthorized => (Problem::PlatformNotAuthorized, Console::Binding),
        HelpKey::RetiredIp => return Finding::act(Check::Channel, Problem::AddressRetired),
        HelpKey::Busy | HelpKey::TooFrequent => {
            return Finding::warning(Check::Channel, Problem::WechatBusy);
        }
        _ => {
            let problem = Problem::WechatRefuses { number: no.code.number() };
            return Finding::act(Check::Channel, problem);
        }
    };
    Finding::act(Check::Channel, problem).at(console)
}

/// Whether its account stands in the console of the Open Platform; all others stand in that of official accounts.
const fn is_of_open_platform(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Website | ChannelKind::MobileApp => true,
        ChannelKind::ServiceAccount
        | ChannelKind::MiniProgram
        | ChannelKind::Relay
        | ChannelKind::Follow
        | ChannelKind::Wecom => false,
    }
}

const fn secret_page(kind: ChannelKind) -> Console {
    if is_of_open_platform(kind) { Console::WebsiteApp } else { Console::AccountSecret }
}

const fn permissions_page(kind: ChannelKind) -> Console {
    if is_of_open_platform(kind) { Console::WebsiteApp } else { Console::AccountPermissions }
}

pub(super) const fn callback_page(kind: ChannelKind) -> Console {
    match kind {
        ChannelKind::Website | ChannelKind::MobileApp => Console::WebsiteCallback,
        ChannelKind::ServiceAccount
        | ChannelKind::MiniProgram
        | ChannelKind::Relay
        | ChannelKind::Follow => Console::AccountCallback,
        ChannelKind::Wecom => Console::WecomDomain,
    }
}

/// The complaint of WeChat's page, as a cause.
fn of_page(
    issuer: &Issuer,
    channel: &Channel,
    complaint: Complaint,
    asked: Option<&Asked>,
) -> Finding {
    let kind = channel.kind();
    let tells = |asked: &Asked| {
        let is_open = is_of_open_platform(kind);
        if is_open { asked.gets_token } else { asked.verdict == Verdict::OtherKind }
    };
    let is_other_kind = asked.is_some_and(tells);
    let act = |problem| Finding::act(Check::Channel, problem);
    match complaint {
        Complaint::Callback => act(callback(issuer.authority())).at(callback_page(kind)),
        Complaint::Banned => act(Problem::AccountBanned).at(Console::Notices),
        Complaint::Scope if is_other_kind => other_kind(kind),
        Complaint::Scope => act(Problem::ScopeNotGranted).at(permissions_page(kind)),
        Complaint::Platform => act(Problem::PlatformNotAuthorized).at(Console::Binding),
        Complaint::OpenPlatformApp => other_kind(ChannelKind::ServiceAccount),
        Complaint::AppId => act(Problem::AppIdUnknown).at(secret_page(kind)),
        Complaint::Incomplete(number) => act(Problem::LinkIncomplete { number }),
    }
}

/// A name can be registered; a port or an address cannot, whatever is typed into the console.
fn callback(authority: &str) -> Problem {
    let is_name = !authority.contains(':') && authority.parse::<IpAddr>().is_err();
    let host = authority.to_owned();
    if is_name { Problem::CallbackDomain { host } } else { Problem::CallbackPort { host } }
}
