//! Leaving for WeChat: the attempt is sealed with a fresh handle and nothing is written (law 1).

use magpie_domain::{Channel, DepartureHandle, Locale, LoginAttempt, Way, WebScope};
use magpie_oidc::paths;
use magpie_vault::VaultError;
use magpie_wechat::authorize_url::{self, Manner};

use crate::attempt_cookie::{self, AttemptCookie};
use crate::context::Flows;

/// Where the browser goes, and the cookie that lets it come back.
#[derive(Clone)]
pub struct Departure {
    /// WeChat's page.
    pub location: String,
    /// The sealed attempt.
    pub cookie: AttemptCookie,
}

impl std::fmt::Debug for Departure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The location carries the handle.
        write!(f, "Departure({:?})", self.cookie)
    }
}

/// Leaves through `channel`; nothing when the attempt has left too often. `again` asks WeChat for its dialog.
pub(crate) fn leave(
    flows: &Flows,
    attempt: LoginAttempt,
    channel: &Channel,
    locale: Locale,
    again: bool,
) -> Result<Option<Departure>, VaultError> {
    let handle = DepartureHandle::generate(flows.entropy())?;
    let departed = attempt.depart(channel.id.clone(), handle.clone());
    let manner = manner(channel, again, locale);
    departed.map(|departed| departure(flows, &departed, channel, &handle, manner)).transpose()
}

/// Leaves once more after WeChat lost the code; nothing when that has happened before. What the application demanded
/// of the first round trip it demands of this one.
pub(super) fn leave_again(
    flows: &Flows,
    attempt: LoginAttempt,
    channel: &Channel,
    locale: Locale,
) -> Result<Option<Departure>, VaultError> {
    let handle = DepartureHandle::generate(flows.entropy())?;
    let request = attempt.request();
    let again = request.demands_interaction() || request.max_age.is_some();
    let departed = attempt.restart(channel.id.clone(), handle.clone());
    let manner = manner(channel, again, locale);
    departed.map(|departed| departure(flows, &departed, channel, &handle, manner)).transpose()
}

/// How this channel asks; what a website app asks for is fixed.
const fn manner(channel: &Channel, again: bool, lang: Locale) -> Manner {
    let scope = match channel.way {
        Way::ServiceAccount { scope } => scope,
        Way::Website | Way::Relay { .. } => WebScope::SnsapiUserinfo,
    };
    Manner { scope, force_popup: again, lang }
}

fn departure(
    flows: &Flows,
    departed: &LoginAttempt,
    channel: &Channel,
    handle: &DepartureHandle,
    manner: Manner,
) -> Result<Departure, VaultError> {
    let callback = flows.issuer().join(&paths::callback(&channel.id));
    let location =
        authorize_url::departure(&flows.settings().open_base, channel, &callback, handle, manner);
    Ok(Departure {
        location,
        cookie: attempt_cookie::seal(flows.vault(), departed, flows.entropy())?,
    })
}
