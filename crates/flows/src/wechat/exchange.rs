//! The exchange itself: ask WeChat, judge the reply, find the person, and settle the claim. No transaction is open
//! while WeChat is asked (law 3).

use magpie_domain::Scope;
use magpie_domain::{Channel, ChannelKind, Client, Locale, ReturnedAttempt, Way, WechatIdentity};
use magpie_oidc::authorize::{scopes_to_agree, start_over};
use magpie_oidc::error::OAuthError;
use magpie_outbound::CallFailed;
use magpie_store::claims;
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::errcode::{Effect, HelpKey, Meaning, WecomKey};
use magpie_wechat::judge::{self, JudgeRefusal};
use magpie_wechat::reply::WechatReply;
use magpie_wechat::reply::access_token::AccessTokenReply;
use magpie_wechat::reply::userinfo::UserinfoReply;
use magpie_wechat::user_agent::Agent;

use super::depart::{self, Leaver};
use super::landing::{Failure, Landing};
use super::member;
use crate::authorize::spend;
use crate::clients;
use crate::context::Flows;
use crate::identity::{self, Arrival};
use crate::outcome::{Incident, Stop};

/// One returned login with its code.
pub(super) struct Exchange {
    pub(super) flows: Flows,
    pub(super) returned: ReturnedAttempt,
    pub(super) code: CallbackCode,
    pub(super) session: Option<String>,
    pub(super) locale: Locale,
    pub(super) agent: Agent,
}

/// What the exchange came to before anything is written.
pub(super) enum Judged {
    /// Somebody came back, for this application.
    Somebody(Box<(WechatIdentity, Client)>),
    /// Nobody did, and this is what the browser gets.
    Nobody(Landing),
}

/// Exchanges the code, lands the person and settles the claim with the outcome.
pub(super) async fn exchange_and_settle(flight: Exchange) -> Result<Landing, Incident> {
    match ask(&flight).await? {
        Judged::Somebody(somebody) => {
            let (person, client) = *somebody;
            let arrival = Arrival {
                returned: &flight.returned,
                identity: &person,
                client: &client,
                former_session: flight.session.as_deref(),
            };
            identity::arrive(&flight.flows, arrival).await.map_err(unbroken)
        }
        Judged::Nobody(landing) => settle(&flight, landing).await,
    }
}

/// Writes the outcome into the claim, for those who arrive later with the cookie. Whoever tells the application
/// something spends its pushed request.
async fn settle(flight: &Exchange, landing: Landing) -> Result<Landing, Incident> {
    let flows = &flight.flows;
    let attempt = flight.returned.attempt();
    let mut tx = flows.store().write().await.map_err(broken)?;
    let landing = match landing {
        Landing::Answered { .. }
            if !spend(flows, &mut tx, attempt.request()).await.map_err(broken)?.is_won() =>
        {
            Landing::Spent { session: None }
        }
        other => other,
    };
    let sealed = landing.seal(flows, attempt).map_err(|cause| Incident::new(cause, false))?;
    let key = flight.returned.claim_key();
    // Nobody else settles a claim that is ours; if somebody did, theirs stands.
    let _settled_or_late =
        claims::settle(&mut tx, key, &sealed, flows.now()).await.map_err(broken)?;
    tx.commit().await.map_err(broken)?;
    Ok(landing)
}

fn broken(cause: magpie_store::StoreError) -> Incident {
    let passing = cause.is_unavailable();
    Incident::new(cause, passing)
}

/// Asks WeChat who came back.
async fn ask(flight: &Exchange) -> Result<Judged, Incident> {
    let flows = &flight.flows;
    let attempt = flight.returned.attempt();
    let answerable = clients::find_answerable(flows, attempt.request()).await.map_err(broken)?;
    let Some(client) = answerable else { return Ok(Judged::Nobody(Landing::Withdrawn)) };
    let Some(channel) = flows.settings().channel(flight.returned.channel()) else {
        // WX-33: the channel was taken out of the configuration while the person was at WeChat.
        let error = OAuthError::access_denied("this way to sign in is no longer available");
        let told = Landing::told(flows, &client, attempt, &error).map_err(unbroken)?;
        return Ok(Judged::Nobody(told));
    };
    if let Way::Wecom(app) = channel.way {
        return member::ask(flight, client, (channel, app)).await;
    }
    let token = match flows.sns().exchange(&channel.account, &flight.code).await {
        Ok(WechatReply::Ok(token)) => token,
        Ok(WechatReply::Refused(no)) => {
            return refused(flight, channel, &no, no.code.meaning()).map(Judged::Nobody);
        }
        Ok(WechatReply::Unreadable) => {
            return Ok(Judged::Nobody(failed(flight, HelpKey::Unreadable, None, 502)));
        }
        Err(failure) => {
            let landing = unreachable(flight, channel, failure, HelpKey::Unreachable);
            return Ok(Judged::Nobody(landing));
        }
    };
    let wanted = scopes_to_agree(attempt.request()).contains(Scope::Profile);
    let profile = profile(flows, channel, &token, (wanted, flight.locale)).await;
    match judge::identity(channel, &token, profile.as_ref(), flows.settings().avatars()) {
        Ok(identity) => Ok(Judged::Somebody(Box::new((identity, client)))),
        Err(JudgeRefusal::SnapshotUser) => {
            let again = start_over(&client, flight.returned.attempt().request());
            Ok(Judged::Nobody(Landing::Snapshot { again }))
        }
        Err(_contradiction) => Ok(Judged::Nobody(failed(flight, HelpKey::Unreadable, None, 502))),
    }
}

/// Fetches the profile where there is one to fetch. Who came back is known already, so a profile that cannot be had
/// does not stop the login: the person keeps the profile of last time.
pub(super) async fn profile(
    flows: &Flows,
    channel: &Channel,
    token: &AccessTokenReply,
    (wanted, locale): (bool, Locale),
) -> Option<UserinfoReply> {
    if !judge::wants_profile(channel, token, wanted) {
        return None;
    }
    let (why, errcode) = match flows.sns().userinfo(token, locale).await {
        Ok(WechatReply::Ok(profile)) => return Some(profile),
        Ok(WechatReply::Refused(no)) => ("refused", Some(no.code.number())),
        Ok(WechatReply::Unreadable) => ("unreadable", None),
        Err(failure) => (failure.as_str(), None),
    };
    tracing::warn!(
        channel.id = %channel.id, upstream.failure = why, wechat.errcode = errcode,
        "WeChat gave no profile; signing in without it"
    );
    None
}

/// WeChat said no. What that means stands in the error table, of which WeCom has its own.
pub(super) fn refused(
    flight: &Exchange,
    channel: &Channel,
    no: &magpie_wechat::reply::Refusal,
    meaning: Meaning,
) -> Result<Landing, Incident> {
    let landing = match meaning.effect {
        Effect::RestartOnce => restart_or_fail(flight, meaning.help, Some(no.code.number()))?,
        Effect::TryLater => failed(flight, meaning.help, Some(no.code.number()), 503),
        Effect::Misconfigured | Effect::Unexpected => {
            failed(flight, meaning.help, Some(no.code.number()), 502)
        }
        Effect::PersonRefused => failed(flight, meaning.help, Some(no.code.number()), 400),
    };
    let (reference, outcome) = (reference_of(&landing), landing.name());
    let seen_ip = no.seen_ip.map(|ip| ip.to_string());
    tracing::warn!(
        channel.id = %channel.id, wechat.errcode = no.code.number(), wechat.help = meaning.help.as_str(),
        wechat.rid = no.rid.as_deref(), wechat.seen_ip = seen_ip, turn = meaning.turn.as_str(), incident.id = reference,
        outcome, "WeChat refused the code exchange"
    );
    Ok(landing)
}

pub(super) fn reference_of(landing: &Landing) -> Option<&str> {
    match landing {
        Landing::Failed { failure, .. } => Some(&failure.reference),
        Landing::Answered { .. }
        | Landing::Arrived { .. }
        | Landing::Restarted { .. }
        | Landing::NotYetKnown { .. }
        | Landing::Withdrawn
        | Landing::Spent { .. }
        | Landing::Snapshot { .. } => None,
    }
}

/// No reply came. After a deadline nobody knows whether the code is used up, so it is not sent again.
pub(super) fn unreachable(
    flight: &Exchange,
    channel: &Channel,
    failure: CallFailed,
    help: HelpKey,
) -> Landing {
    let landing = failed(flight, help, None, 503);
    tracing::warn!(
        channel.id = %channel.id, upstream.failure = failure.as_str(), incident.id = reference_of(&landing),
        "WeChat gave no reply to the code exchange"
    );
    landing
}

/// The code is gone and nobody knows what it came to: as [`restart_or_fail`], in the words of a code that was used.
pub(super) fn restart_lost(flight: &Exchange) -> Result<Landing, Incident> {
    let channel = flight.flows.settings().channel(flight.returned.channel());
    let is_wecom = channel.is_some_and(|channel| channel.kind() == ChannelKind::Wecom);
    let help = if is_wecom { WecomKey::CodeInvalid.into() } else { HelpKey::CodeUsed };
    restart_or_fail(flight, help, None)
}

/// To WeChat once more, guarded by the attempt's own counter; else a page with this explanation.
fn restart_or_fail(
    flight: &Exchange,
    help: HelpKey,
    errcode: Option<i64>,
) -> Result<Landing, Incident> {
    let flows = &flight.flows;
    let attempt = flight.returned.attempt();
    if let Some(channel) = flows.settings().channel(flight.returned.channel()) {
        let leaver = Leaver { locale: flight.locale, agent: flight.agent };
        let again = depart::leave_again(flows, attempt.clone(), channel, leaver)
            .map_err(|cause| Incident::new(cause, false))?;
        if let Some(depart::Departure { location, cookie, .. }) = again {
            let cookie_value = cookie.value.unwrap_or_default();
            return Ok(Landing::Restarted {
                location,
                attempt: attempt.id().clone(),
                cookie: cookie_value,
            });
        }
    }
    Ok(failed(flight, help, errcode, 400))
}

pub(super) fn failed(
    flight: &Exchange,
    help: HelpKey,
    errcode: Option<i64>,
    status: u16,
) -> Landing {
    let failure = Failure { help, errcode, status, reference: flight.flows.incident_number() };
    Landing::Failed { failure, attempt: flight.returned.attempt().id().clone() }
}

fn unbroken(stop: Stop<std::convert::Infallible>) -> Incident {
    match stop {
        Stop::Broken(incident) => incident,
        Stop::Refused(never) => match never {},
    }
}
