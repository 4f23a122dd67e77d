//! Coming back from WeChat: whose login is this, and has its code been exchanged already.
//!
//! Cookie and state are checked before the code is touched, so that a scanner without the cookie burns nothing
//! (wechat.md §8). Then one exchange runs, however often the callback is called, and every caller that holds the
//! attempt's cookie gets the same landing (law 7).

use std::sync::Arc;
use std::time::Duration;

use magpie_domain::{ChannelId, Claimed, GrantId, Locale, LoginAttempt, ReturnedAttempt};
use magpie_oidc::error::OAuthError;
use magpie_store::{StoreError, Tx, claims, grants};
use magpie_wechat::callback::Callback;
use magpie_wechat::user_agent::Agent;

use super::exchange::{self, Exchange};
use super::landing::Landing;
use crate::attempt_cookie::{self, PresentedAttempt};
use crate::authorize::spend_alone;
use crate::browser_session::{self, PresentedSession};
use crate::clients;
use crate::context::Flows;
use crate::outcome::{Incident, Outcome, Stop};

/// How often another replica's exchange is looked at, and how long in all: a little longer than an upstream call.
const LOOK_EVERY: Duration = Duration::from_millis(150);
const LOOKS: u32 = 80;

/// A call of a callback URL.
pub struct CallbackArrival<'a> {
    /// The channel in the path.
    pub channel: ChannelId,
    /// `code` and `state`, as sent.
    pub callback: Callback,
    /// Every attempt cookie of this browser.
    pub cookies: &'a [PresentedAttempt<'a>],
    /// The session cookie from before, if any; its session ends when a new one begins.
    pub session: Option<&'a str>,
    /// The language of WeChat's page, should the person be sent there again.
    pub locale: Locale,
    /// The user agent, already read: which of WeCom's pages opens, should the person be sent there again.
    pub agent: Agent,
}

impl std::fmt::Debug for CallbackArrival<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallbackArrival").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// Why a callback is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackRefused {
    /// No cookie of this browser belongs to it: a scanner, another browser, or too late.
    NotFound,
    /// It was answered, and the answer is no longer repeated.
    AlreadyUsed,
}

/// Lands a callback.
///
/// # Errors
/// [`CallbackRefused`] without the attempt's cookie; WeChat is not called then.
pub async fn callback(
    flows: &Flows,
    arrival: CallbackArrival<'_>,
) -> Outcome<Landing, CallbackRefused> {
    let (code, state) = match arrival.callback {
        Callback::Code { code, state } => (Some(code), state),
        Callback::OnlyState(state) => (None, state),
        Callback::Nothing => return Err(Stop::Refused(CallbackRefused::NotFound)),
    };
    let returned = whose(flows, arrival.cookies, &state, &arrival.channel)
        .ok_or(Stop::Refused(CallbackRefused::NotFound))?;
    let Some(code) = code else { return denied(flows, returned.attempt()).await };
    let flight = Exchange {
        flows: flows.clone(),
        returned: returned.clone(),
        code,
        session: arrival.session.map(str::to_owned),
        locale: arrival.locale,
        agent: arrival.agent,
    };
    let key = returned.claim_key().clone();
    let flown = flows.flights().join(flows.tasks(), key, || claim_and_land(flight)).await;
    match flown {
        Ok(Some(landing)) => Ok(landing),
        Ok(None) => Err(Stop::Refused(CallbackRefused::AlreadyUsed)),
        Err(shared) => Err(Stop::Broken(rethrow(&shared))),
    }
}

/// The attempt that this callback belongs to, if one of the browser's cookies proves it.
fn whose(
    flows: &Flows,
    cookies: &[PresentedAttempt<'_>],
    state: &str,
    channel: &ChannelId,
) -> Option<ReturnedAttempt> {
    let now = flows.now();
    cookies.iter().find_map(|cookie| {
        let attempt = attempt_cookie::open(flows.vault(), *cookie, now)?;
        attempt.returned(state, channel, now).ok()
    })
}

/// A callback with a state and no code: the person said no (wechat.md §1.5). Nothing is written, but that a pushed
/// request has been answered.
async fn denied(flows: &Flows, attempt: &LoginAttempt) -> Outcome<Landing, CallbackRefused> {
    let Some(client) = clients::find_answerable(flows, attempt.request()).await? else {
        return Ok(Landing::Withdrawn);
    };
    let error = OAuthError::access_denied("the person did not agree at WeChat");
    let landing = Landing::told(flows, &client, attempt, &error)?;
    let spent = spend_alone(flows, attempt.request()).await?;
    Ok(if spent.is_won() { landing } else { Landing::Spent { session: None } })
}

/// Claims the exchange and does it, or waits for whoever claimed it before; nothing for an answer of long ago.
async fn claim_and_land(flight: Exchange) -> Result<Option<Landing>, Incident> {
    let flows = flight.flows.clone();
    let key = flight.returned.claim_key().clone();
    let now = flows.now();
    let expires = flight.returned.attempt().expires().plus(flows.settings().lifetimes.outcome);
    let mut tx = flows.store().write_single().await.map_err(broken)?;
    if claims::begin(&mut tx, &key, now, expires).await.map_err(broken)?.is_won() {
        tx.commit().await.map_err(broken)?;
        return exchange::exchange_and_settle(flight).await.map(Some);
    }
    drop(tx);
    wait_for_outcome(flight).await
}

/// The kept outcome, unless it is too old or what it gives is spent: then repeating it would put an ended session
/// back, or show the application a code twice, which it must take for theft (RFC 6749 §4.1.2).
pub(crate) async fn replay(
    flows: &Flows,
    attempt: &LoginAttempt,
    sealed: &[u8],
) -> Result<Option<Landing>, Incident> {
    let opened = Landing::open(flows, attempt, sealed);
    let landing = opened.map_err(|cause| Incident::new(cause, false))?;
    let Some(landing) = landing else { return Ok(None) };
    let mut tx = flows.store().read().await.map_err(broken)?;
    let is_good = match &landing {
        Landing::Answered { session: Some(session), grant, .. } => {
            is_live(flows, &mut tx, session).await.map_err(broken)?
                && is_unspent(flows, &mut tx, grant.as_ref()).await.map_err(broken)?
        }
        Landing::Arrived { session, .. } | Landing::Spent { session: Some(session) } => {
            is_live(flows, &mut tx, session).await.map_err(broken)?
        }
        Landing::Answered { session: None, .. }
        | Landing::Restarted { .. }
        | Landing::NotYetKnown { .. }
        | Landing::Snapshot { .. }
        | Landing::Withdrawn
        | Landing::Spent { session: None }
        | Landing::Failed { .. } => true,
    };
    Ok(is_good.then_some(landing))
}

async fn is_live(flows: &Flows, tx: &mut Tx, cookie: &str) -> Result<bool, StoreError> {
    let Some(presented) = PresentedSession::read(flows.vault(), Some(cookie)) else {
        return Ok(false);
    };
    Ok(browser_session::find(flows, tx, &presented).await?.is_some())
}

async fn is_unspent(
    flows: &Flows,
    tx: &mut Tx,
    grant: Option<&GrantId>,
) -> Result<bool, StoreError> {
    let Some(id) = grant else { return Ok(true) };
    let grant = grants::find(tx, id).await?;
    Ok(grant
        .is_some_and(|grant| grant.code_used_at.is_none() && flows.now() < grant.code_expires_at))
}

/// Somebody exchanged before, or another replica exchanges now: the outcome is in the claim, or appears there. When it
/// never does, that replica is gone with the code and the person goes to WeChat once more.
async fn wait_for_outcome(flight: Exchange) -> Result<Option<Landing>, Incident> {
    let flows = flight.flows.clone();
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let mut tx = flows.store().read().await.map_err(broken)?;
        match claims::outcome_of(&mut tx, flight.returned.claim_key()).await.map_err(broken)? {
            Some(Claimed::Settled(sealed)) => {
                drop(tx);
                return replay(&flows, flight.returned.attempt(), &sealed).await;
            }
            Some(Claimed::Running | Claimed::First) => {}
            None => break,
        }
    }
    exchange::restart_lost(&flight).map(Some)
}

fn broken(cause: StoreError) -> Incident {
    let passing = cause.is_unavailable();
    Incident::new(cause, passing)
}

/// An incident that several callers share: each answers with it, the first has logged its causes.
fn rethrow(shared: &Arc<Incident>) -> Incident {
    Incident::shared(shared)
}
