//! Leaving for WeChat: the attempt is sealed with a fresh handle and nothing is written (law 1).

use magpie_domain::{Channel, ChannelId, DepartureHandle, Locale, LoginAttempt, Way, WebScope};
use magpie_oidc::paths;
use magpie_vault::VaultError;
use magpie_wechat::authorize_url::{self, Manner};
use magpie_wechat::user_agent::Agent;

use crate::attempt_cookie::{self, AttemptCookie};
use crate::context::Flows;

/// Where the browser goes, and the cookie that lets it come back.
#[derive(Clone)]
pub struct Departure {
    /// WeChat's page.
    pub location: String,
    /// The sealed attempt.
    pub cookie: AttemptCookie,
    /// The way it takes.
    pub channel: ChannelId,
}

impl std::fmt::Debug for Departure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The location carries the handle.
        write!(f, "Departure({:?})", self.cookie)
    }
}

/// The browser that leaves. Both choose a page of WeChat's and nothing else (WX-36).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaver {
    /// The language of that page.
    pub(crate) locale: Locale,
    /// The user agent, already read.
    pub(crate) agent: Agent,
}

/// What this departure asks of the person.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// WeChat is asked for its dialog, also where the person has agreed before.
    pub(crate) again: bool,
    /// Nothing: nobody does anything for it.
    pub(crate) silent: bool,
}

/// Leaves through `channel`; nothing when the attempt has left too often, or no browser leaves by it.
pub(crate) fn leave(
    flows: &Flows,
    attempt: LoginAttempt,
    channel: &Channel,
    leaver: Leaver,
    how: How,
) -> Result<Option<Departure>, VaultError> {
    let handle = DepartureHandle::generate(flows.entropy())?;
    let departed = if how.silent {
        attempt.depart_silently(channel.id.clone(), handle.clone())
    } else {
        attempt.depart(channel.id.clone(), handle.clone())
    };
    let how = (manner(channel, how, leaver.locale), leaver.agent);
    let Some(departed) = departed else { return Ok(None) };
    departure(flows, &departed, channel, &handle, how)
}

/// Leaves once more after WeChat lost the code; nothing when that has happened before. What the application demanded
/// of the first round trip it demands of this one.
pub(super) fn leave_again(
    flows: &Flows,
    attempt: LoginAttempt,
    channel: &Channel,
    leaver: Leaver,
) -> Result<Option<Departure>, VaultError> {
    let handle = DepartureHandle::generate(flows.entropy())?;
    let request = attempt.request();
    let again = request.demands_interaction() || request.max_age.is_some();
    let how = How { again, silent: attempt.left_silently() };
    let departed = attempt.restart(channel.id.clone(), handle.clone());
    let how = (manner(channel, how, leaver.locale), leaver.agent);
    let Some(departed) = departed else { return Ok(None) };
    departure(flows, &departed, channel, &handle, how)
}

/// How this channel asks; what a website app asks for is fixed, and what an app of WeCom's asks for is its own.
pub(crate) const fn manner(channel: &Channel, how: How, lang: Locale) -> Manner {
    let scope = match channel.way {
        Way::ServiceAccount { .. } if how.silent => WebScope::SnsapiBase,
        Way::ServiceAccount { scope, .. } => scope,
        Way::Website { .. }
        | Way::MiniProgram
        | Way::MobileApp
        | Way::Wecom(_)
        | Way::Relay { .. }
        | Way::Follow { .. } => WebScope::SnsapiUserinfo,
    };
    Manner { scope, force_popup: how.again, lang }
}

fn departure(
    flows: &Flows,
    departed: &LoginAttempt,
    channel: &Channel,
    handle: &DepartureHandle,
    (manner, agent): (Manner, Agent),
) -> Result<Option<Departure>, VaultError> {
    let settings = flows.settings();
    let callback = flows.issuer().join(&paths::callback(&channel.id));
    let location = match channel.way {
        Way::Wecom(app) if !agent.opens_wecom_links() => {
            let (login_base, asking) = (&settings.wecom_login_base, (channel, app));
            let lang = manner.lang;
            Some(authorize_url::wecom_desktop(login_base, asking, &callback, handle, lang))
        }
        Way::Website { .. }
        | Way::ServiceAccount { .. }
        | Way::MiniProgram
        | Way::MobileApp
        | Way::Relay { .. }
        | Way::Follow { .. }
        | Way::Wecom(_) => {
            authorize_url::departure(&settings.open_base, channel, &callback, handle, manner)
        }
    };
    let Some(location) = location else { return Ok(None) };
    let cookie = attempt_cookie::seal(flows.vault(), departed, flows.entropy())?;
    Ok(Some(Departure { location, cookie, channel: channel.id.clone() }))
}
