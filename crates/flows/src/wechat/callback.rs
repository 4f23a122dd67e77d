//! Coming back from WeChat: whose login is this, and has its code been exchanged already.
//!
//! Cookie and state are checked before the code is touched, so that a scanner without the cookie burns nothing
//! (wechat.md §8). Then one exchange runs, however often the callback is called, and every caller that holds the
//! attempt's cookie gets the same landing (law 7).

use std::sync::Arc;
use std::time::Duration;

use magpie_domain::{ChannelId, Claimed, Locale, LoginAttempt, ReturnedAttempt};
use magpie_oidc::error::OAuthError;
use magpie_store::claims;
use magpie_wechat::callback::Callback;

use super::exchange::{self, Exchange};
use super::landing::Landing;
use crate::attempt_cookie::{self, PresentedAttempt};
use crate::authorize::refusal;
use crate::context::Flows;
use crate::outcome::{Incident, Outcome, Stop};

/// How often another replica's exchange is looked at, and how long in all: a little longer than an upstream call.
const LOOK_EVERY: Duration = Duration::from_millis(150);
const LOOKS: u32 = 80;

/// A call of a callback URL.
#[derive(Debug)]
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
    let Some(code) = code else { return Ok(denied(flows, returned.attempt())) };
    let flight = Exchange {
        flows: flows.clone(),
        returned: returned.clone(),
        code,
        session: arrival.session.map(str::to_owned),
        locale: arrival.locale,
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

/// A callback with a state and no code: the person said no (wechat.md §1.5). Nothing is written.
fn denied(flows: &Flows, attempt: &LoginAttempt) -> Landing {
    let error = OAuthError::access_denied("the person did not agree at WeChat");
    Landing::Answered {
        response: refusal(flows, attempt, &error),
        session: None,
        attempt: attempt.id().clone(),
    }
}

/// Claims the exchange and does it, or waits for whoever claimed it before; nothing for an answer of long ago.
async fn claim_and_land(flight: Exchange) -> Result<Option<Landing>, Incident> {
    let flows = flight.flows.clone();
    let key = flight.returned.claim_key().clone();
    let now = flows.now();
    let expires = flight.returned.attempt().expires().plus(flows.settings().lifetimes.outcome);
    let mut tx = flows.store().write().await.map_err(broken)?;
    let claimed = claims::claim(&mut tx, &key, now, expires).await.map_err(broken)?;
    tx.commit().await.map_err(broken)?;
    match claimed {
        Claimed::First => exchange::exchange_and_settle(flight).await.map(Some),
        Claimed::Settled(sealed) => replay(&flows, flight.returned.attempt(), &sealed),
        Claimed::Running => wait_for_other_replica(flight).await,
    }
}

fn replay(
    flows: &Flows,
    attempt: &LoginAttempt,
    sealed: &[u8],
) -> Result<Option<Landing>, Incident> {
    Landing::open(flows, attempt, sealed).map_err(|cause| Incident::new(cause, false))
}

/// Another replica exchanges; its outcome appears in the claim. When it never does, that replica is gone with the code
/// and the person goes to WeChat once more.
async fn wait_for_other_replica(flight: Exchange) -> Result<Option<Landing>, Incident> {
    let flows = flight.flows.clone();
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK_EVERY).await;
        let mut tx = flows.store().read().await.map_err(broken)?;
        match claims::outcome_of(&mut tx, flight.returned.claim_key()).await.map_err(broken)? {
            Some(Claimed::Settled(sealed)) => {
                return replay(&flows, flight.returned.attempt(), &sealed);
            }
            Some(Claimed::Running | Claimed::First) => {}
            None => break,
        }
    }
    exchange::restart_or_fail(&flight, None).map(Some)
}

fn broken(cause: magpie_store::StoreError) -> Incident {
    let passing = cause.is_unavailable();
    Incident::new(cause, passing)
}

/// An incident that several callers share: each answers with it, the first has logged its causes.
fn rethrow(shared: &Arc<Incident>) -> Incident {
    Incident::shared(shared)
}
