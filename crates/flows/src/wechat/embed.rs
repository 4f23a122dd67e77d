//! WeChat's QR code inside a page of ours (0049). The attempt has left as for WeChat's own page, and nothing is written
//! (law 1): the page carries what its script needs to show the code, which is what would stand in the link.

use magpie_domain::{Channel, ChannelId, DepartureHandle, Embedded, LoginAttempt, Way};
use magpie_oidc::paths;
use magpie_store::claims;
use magpie_wechat::authorize_url;
use magpie_wechat::user_agent::Agent;

use crate::authorize::LoginRefused;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// What a page needs to show WeChat's QR code.
#[derive(Clone, PartialEq, Eq)]
pub struct EmbeddedQr {
    /// The way that it takes.
    pub channel: ChannelId,
    /// The AppID.
    pub app_id: String,
    /// Our callback, percent-encoded once as the script wants it.
    pub callback: String,
    /// What comes back beside the code.
    pub state: String,
    /// Whether WeChat's program on the same computer may sign in by one click.
    pub quick_login: bool,
    /// Whether this is another departure than at the last look.
    pub is_new: bool,
}

impl std::fmt::Debug for EmbeddedQr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The state proves a callback.
        f.debug_struct("EmbeddedQr").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// How this browser may see the QR code in our page. Browsers on desktops alone: WeChat's own programs do what they
/// please with frames.
pub(crate) const fn here(channel: &Channel, agent: Agent) -> Option<Embedded> {
    match (&channel.way, agent) {
        (Way::Website { embedded }, Agent::Desktop) => *embedded,
        _ => None,
    }
}

/// Leaves for the code in our page. A page that is opened again goes on with the departure that it has, so that a phone
/// which has scanned already is not left with a void code; not once a callback has claimed it.
pub(crate) async fn leave(
    flows: &Flows,
    attempt: LoginAttempt,
    channel: &Channel,
    embedded: Embedded,
) -> Outcome<(LoginAttempt, EmbeddedQr), LoginRefused> {
    let callback = authorize_url::for_script(&flows.issuer().join(&paths::callback(&channel.id)));
    let qr = |state: &DepartureHandle, is_new| EmbeddedQr {
        channel: channel.id.clone(),
        app_id: channel.account.app_id.as_str().to_owned(),
        callback,
        state: state.as_str().to_owned(),
        quick_login: embedded.quick_login,
        is_new,
    };
    if let Some((_, handle, key)) = attempt.away().filter(|(by, ..)| **by == channel.id) {
        let mut tx = flows.store().read().await?;
        if claims::outcome_of(&mut tx, &key).await?.is_none() {
            let shown = qr(handle, false);
            return Ok((attempt, shown));
        }
    }
    let handle = DepartureHandle::generate(flows.entropy())?;
    let departed = attempt.depart(channel.id.clone(), handle.clone());
    let departed = departed.ok_or(Stop::Refused(LoginRefused::TooManyDepartures))?;
    Ok((departed, qr(&handle, true)))
}
