//! Would WeCom let members in by this app? Asked for the app's token, for what the console has under its AgentId, with a code
//! that nobody was given, and by looking at the page that a desktop browser would be sent to.

use magpie_domain::{Channel, DepartureHandle, Locale, WecomApp};
use magpie_oidc::paths;
use magpie_outbound::Unreached;
use magpie_wechat::authorize_url;
use magpie_wechat::probe::MADE_UP_CODE;
use magpie_wechat::probe::wecom::{self as rules, WecomComplaint};

use super::{Check, Console, Finding, Patient, Problem};

/// Examines an app; `base` is where WeCom answers, if it does.
pub(super) async fn check(
    patient: &Patient<'_>,
    channel: &Channel,
    app: WecomApp,
    base: Option<&str>,
) -> Vec<Finding> {
    let asked = match base {
        // Nothing when it no longer answers, which the check of the way there says when it lasts.
        Some(base) => ask(patient, channel, app, base).await.ok(),
        None => None,
    };
    let of_api = asked.clone().flatten();
    let of_page = page(patient, channel, app).await.filter(|news| of_api.as_ref() != Some(news));
    let complaints = of_api.into_iter().chain(of_page);
    let mut findings: Vec<Finding> =
        complaints.map(|complaint| finding(patient, app, complaint)).collect();
    if findings.is_empty() && asked.is_some() {
        findings.push(Finding::good(Check::Channel, Problem::WecomChannelGood));
    }
    findings.into_iter().map(|finding| finding.about(channel.id.as_str())).collect()
}

/// Asks the API, each call with what the one before gave; the first complaint is the cause of all that would follow.
async fn ask(
    patient: &Patient<'_>,
    channel: &Channel,
    app: WecomApp,
    base: &str,
) -> Result<Option<WecomComplaint>, Unreached> {
    let probe = patient.probe;
    let answered = probe.wecom_token(base, &channel.account).await?;
    let token = match rules::token(&answered.body) {
        Ok(token) => token,
        Err(complaint) => return Ok(Some(complaint)),
    };
    let answered = probe.wecom_app(base, &token, app.agent_id).await?;
    let of_app = rules::app(&answered.body, patient.settings.issuer.authority());
    if of_app.is_some() {
        return Ok(of_app);
    }
    let answered = probe.wecom_code(base, &token, MADE_UP_CODE).await?;
    Ok(rules::came(&answered.body))
}

/// The complaint of WeCom's page for desktop browsers. The `state` is nobody's, so nobody could come back by it. The link
/// that opens inside WeCom is left alone: with the silent scope it would ask for nothing and give a code.
async fn page(patient: &Patient<'_>, channel: &Channel, app: WecomApp) -> Option<WecomComplaint> {
    let settings = patient.settings;
    let callback = settings.issuer.join(&paths::callback(&channel.id));
    let handle = DepartureHandle::generate(patient.entropy).ok()?;
    let (login_base, asking) = (&settings.wecom_login_base, (channel, app));
    let url = authorize_url::wecom_desktop(login_base, asking, &callback, &handle, Locale::ZhCn);
    let answered = patient.probe.get(&url, None).await.ok()?;
    rules::shown(&answered.body)
}

/// WeCom's complaint, as a cause.
fn finding(patient: &Patient<'_>, app: WecomApp, complaint: WecomComplaint) -> Finding {
    let (problem, console) = match complaint {
        WecomComplaint::CorpId => (Problem::CorpIdUnknown, Console::WecomCorp),
        WecomComplaint::Secret => (Problem::WecomSecretWrong, Console::WecomApp),
        WecomComplaint::Agent => (Problem::AgentUnknown { agent: app.agent_id }, Console::WecomApp),
        WecomComplaint::Address(ip) => {
            let ip = ip.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
            (Problem::WecomAddressNotListed { ip }, Console::WecomAddresses)
        }
        WecomComplaint::Domain => {
            let host = patient.settings.issuer.authority().to_owned();
            (Problem::WecomDomainNotTrusted { host }, Console::WecomDomain)
        }
        WecomComplaint::Disabled => (Problem::WecomAppDisabled, Console::WecomApp),
        WecomComplaint::NotPermitted => (Problem::WecomNotPermitted, Console::WecomApp),
        WecomComplaint::Refused(number) => {
            return Finding::act(Check::Channel, Problem::WecomRefuses { number });
        }
        WecomComplaint::Busy => return Finding::warning(Check::Channel, Problem::WechatBusy),
        WecomComplaint::Unreadable => {
            return Finding::warning(Check::Channel, Problem::WechatUnreadable);
        }
    };
    Finding::act(Check::Channel, problem).at(console)
}
