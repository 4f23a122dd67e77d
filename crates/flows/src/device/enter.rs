//! A person brings the code that a device shows: from here on it is a login like any other, but for its end.
//! Reads and seals; writes nothing, whoever calls (law 1).

use magpie_domain::{LoginAttempt, RedirectUri, UserCode};
use magpie_oidc::authorize::PageRefusal;
use magpie_oidc::device::to_answer;
use magpie_oidc::paths;
use magpie_store::devices;

use super::user_code_hash;
use crate::authorize::{LoginRefused, Step, Visitor, Wish, step};
use crate::clients;
use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome, Stop};

/// A person with a code.
pub struct Entry<'a> {
    /// The code, as typed.
    pub code: &'a str,
    /// Who calls.
    pub visitor: Visitor<'a>,
    /// Whether the person comes from WeChat's snapshot page and needs its explanation.
    pub from_snapshot: bool,
}

/// Whoever has the code can answer for the device.
impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("visitor", &self.visitor).finish_non_exhaustive()
    }
}

/// Why no login began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryRefused {
    /// No device waits with that code: mistyped, expired, answered or invented, which is one answer.
    UnknownCode,
    /// A device waits, and its login cannot go on.
    Login(LoginRefused),
}

/// Finds the device, begins an attempt for it and takes its first step.
///
/// # Errors
/// [`EntryRefused`]: shown on a page.
pub async fn enter(flows: &Flows, entry: Entry<'_>) -> Outcome<Step, EntryRefused> {
    let unknown = || Stop::Refused(EntryRefused::UnknownCode);
    let code = UserCode::read(entry.code).ok_or_else(unknown)?;
    let now = flows.now();
    let mut tx = flows.store().read().await?;
    let found = devices::find_waiting(&mut tx, &user_code_hash(flows, &code), now).await?;
    drop(tx);
    let device = found.ok_or_else(unknown)?;
    let gone = LoginRefused::Request(PageRefusal::UnknownClient);
    let client = clients::find(flows, &device.client_id).await?;
    let client = client.ok_or(Stop::Refused(EntryRefused::Login(gone)))?;
    let page = RedirectUri::register(&flows.issuer().join(paths::DEVICE))
        .map_err(|_issuer_is_too_long| Inconsistent("our own address is no address"))?;
    let request = to_answer(&device, code, &client, page);
    let lifetime = flows.settings().lifetimes.attempt;
    let attempt = LoginAttempt::start(request, now, lifetime, flows.entropy())?;
    let wish = Wish { snapshot: entry.from_snapshot, ..Wish::default() };
    step(flows, attempt, &entry.visitor, wish).await.map_err(|stop| match stop {
        Stop::Refused(refusal) => Stop::Refused(EntryRefused::Login(refusal)),
        Stop::Broken(incident) => Stop::Broken(incident),
    })
}
