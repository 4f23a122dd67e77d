//! What a service account that is followed is asked for (wechat.md §11): a QR code for a desktop, and who a follower is.
//! Both need the account's app-level token, and both are asked for a browser that waits, never while WeChat waits for us.

use magpie_domain::relay::TICKET;
use magpie_domain::{Channel, Follower, RelayId, WechatIdentity};
use magpie_store::identities;
use magpie_wechat::errcode::Effect;
use magpie_wechat::reply::{Refusal, WechatReply};
use magpie_wechat::{HelpKey, judge};

use super::Failure;
use super::app_token::{self, NoAppToken};
use crate::context::Flows;
use crate::outcome::Incident;

/// What the account gave, or a page for the person.
pub(crate) type Given<T> = Result<Result<T, Failure>, Incident>;

/// Why it gave nothing.
enum Nothing {
    NoToken(NoAppToken),
    Refused(Refusal),
    Unusable,
}

/// What a QR code says whose scan comes back as a push that names this ticket.
pub(crate) async fn scene_code(
    flows: &Flows,
    channel: &Channel,
    ticket: &RelayId,
) -> Given<String> {
    let (sns, scene) = (flows.sns(), ticket.scene());
    let scene = scene.as_str();
    let call = |token| async move { sns.scene_code(&token, scene, TICKET).await };
    let nothing = match app_token::speak(flows, channel, call).await {
        Ok(WechatReply::Ok(reply)) => return Ok(Ok(reply.address)),
        Ok(WechatReply::Refused(no)) => Nothing::Refused(no),
        Ok(WechatReply::Unreadable) => Nothing::Unusable,
        Err(no) => Nothing::NoToken(no),
    };
    explained(flows, channel, nothing, "WeChat gave no QR code").map(Err)
}

/// Who somebody is who answered in the chat. The openid is proved by the push; the unionid, without which the same person
/// would be another one here, is asked for where the channel names its platform. Whoever is known by the openid signs in
/// also while WeChat does not answer.
pub(crate) async fn identity(
    flows: &Flows,
    channel: &Channel,
    follower: &Follower,
) -> Given<WechatIdentity> {
    if channel.platform.is_none() {
        return judged(flows, channel, follower, None);
    }
    let (sns, openid) = (flows.sns(), &follower.openid);
    let call = |token| async move { sns.follower(&token, openid).await };
    let nothing = match app_token::speak(flows, channel, call).await {
        Ok(WechatReply::Ok(info)) => return judged(flows, channel, follower, Some(&info)),
        Ok(WechatReply::Refused(no)) => Nothing::Refused(no),
        Ok(WechatReply::Unreadable) => Nothing::Unusable,
        Err(no) => Nothing::NoToken(no),
    };
    let failure = explained(flows, channel, nothing, "WeChat did not say who a follower is")?;
    let mut tx = flows.store().read().await.map_err(broken)?;
    let known = identities::find_by_openid(&mut tx, &follower.app_id, openid).await;
    drop(tx);
    match known.map_err(broken)? {
        Some(_user) => judged(flows, channel, follower, None),
        None => Ok(Err(failure)),
    }
}

fn judged(
    flows: &Flows,
    channel: &Channel,
    follower: &Follower,
    info: Option<&magpie_wechat::reply::follower::FollowerReply>,
) -> Given<WechatIdentity> {
    match judge::follower_identity(channel, &follower.openid, info) {
        Ok(identity) => Ok(Ok(identity)),
        Err(_somebody_else) => {
            let what = "WeChat did not say who a follower is";
            explained(flows, channel, Nothing::Unusable, what).map(Err)
        }
    }
}

/// Logs it once, with what an operator needs, and says what the person sees.
fn explained(
    flows: &Flows,
    channel: &Channel,
    nothing: Nothing,
    what: &'static str,
) -> Result<Failure, Incident> {
    let (no, reason) = match nothing {
        Nothing::NoToken(NoAppToken::Store(cause)) => return Err(broken(cause)),
        Nothing::NoToken(NoAppToken::Vault(cause)) => return Err(Incident::new(cause, false)),
        Nothing::NoToken(NoAppToken::Refused(no)) => (Some(no), "app_token"),
        Nothing::Refused(no) => (Some(no), "refused"),
        Nothing::Unusable | Nothing::NoToken(NoAppToken::Unreadable) => (None, "unreadable"),
        Nothing::NoToken(NoAppToken::Unreachable(failed)) => (None, failed.as_str()),
        Nothing::NoToken(NoAppToken::NotNow) => (None, "not_now"),
    };
    let (help, status) = match (&no, reason) {
        (Some(no), _) => {
            let meaning = no.code.meaning();
            let status = match meaning.effect {
                Effect::TryLater => 503,
                Effect::PersonRefused => 400,
                Effect::RestartOnce | Effect::Misconfigured | Effect::Unexpected => 502,
            };
            (meaning.help, status)
        }
        (None, "unreadable") => (HelpKey::Unreadable, 502),
        (None, _) => (HelpKey::Unreachable, 503),
    };
    let errcode = no.as_ref().map(|no| no.code.number());
    let failure = Failure { help, errcode, status, reference: flows.incident_number() };
    let seen_ip = no.as_ref().and_then(|no| no.seen_ip).map(|ip| ip.to_string());
    let turn = no.as_ref().map(|no| no.code.meaning().turn.as_str());
    tracing::warn!(
        channel.id = %channel.id, upstream.failure = reason, wechat.errcode = errcode, wechat.help = help.as_str(),
        wechat.rid = no.as_ref().and_then(|no| no.rid.as_deref()), wechat.seen_ip = seen_ip, turn,
        incident.id = failure.reference, "{what}"
    );
    Ok(failure)
}

fn broken(cause: magpie_store::StoreError) -> Incident {
    let passing = cause.is_unavailable();
    Incident::new(cause, passing)
}
