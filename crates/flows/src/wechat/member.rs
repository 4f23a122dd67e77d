//! The exchange at WeCom (企业微信): ask who showed the code, ask for what they let us read, judge both.
//! No transaction is open meanwhile (law 3).

use magpie_domain::{Channel, Client, Scope, WecomApp};
use magpie_oidc::authorize::scopes_to_agree;
use magpie_wechat::errcode::{Effect, Meaning, WecomKey, wecom as errcode};
use magpie_wechat::reply::WechatReply;
use magpie_wechat::reply::wecom::{MemberDetail, WhoCame};
use magpie_wechat::wecom as rules;

use super::exchange::{Exchange, Judged, failed, reference_of, refused, unreachable};
use super::landing::Landing;
use crate::outcome::Incident;

/// Asks WeCom who came back.
pub(super) async fn ask(
    flight: &Exchange,
    client: Client,
    (channel, app): (&Channel, WecomApp),
) -> Result<Judged, Incident> {
    let flows = &flight.flows;
    let came = match flows.wecom().who_came(channel, &flight.code).await {
        Ok(WechatReply::Ok(came)) => came,
        Ok(WechatReply::Refused(no)) => {
            return refused(flight, channel, &no, errcode::meaning(no.code)).map(Judged::Nobody);
        }
        Ok(WechatReply::Unreadable) => {
            return Ok(Judged::Nobody(failed(flight, WecomKey::Unreadable.into(), None, 502)));
        }
        Err(failure) => {
            let help = WecomKey::Unreachable.into();
            return Ok(Judged::Nobody(unreachable(flight, channel, failure, help)));
        }
    };
    let detail = detail(flight, (channel, app), &came).await;
    match rules::identity((channel, app), &came, detail.as_ref(), flows.settings().avatars()) {
        Ok(identity) => Ok(Judged::Somebody(Box::new((identity, client)))),
        Err(refusal) => Ok(Judged::Nobody(judged(flight, channel, refusal.meaning()))),
    }
}

/// Fetches the details where there are any. Who came back is known already, so details that cannot be had do not stop
/// the login: the person keeps those of last time (decision 0012).
async fn detail(
    flight: &Exchange,
    (channel, app): (&Channel, WecomApp),
    came: &WhoCame,
) -> Option<MemberDetail> {
    let scopes = scopes_to_agree(flight.returned.attempt().request());
    let wanted = scopes.contains(Scope::Profile) || scopes.contains(Scope::Email);
    let WhoCame::Member { ticket: Some(ticket), .. } = came else { return None };
    if !rules::wants_detail(app, came, wanted) {
        return None;
    }
    let (why, errcode) = match flight.flows.wecom().detail(channel, ticket).await {
        Ok(WechatReply::Ok(detail)) => return Some(detail),
        Ok(WechatReply::Refused(no)) => ("refused", Some(no.code.number())),
        Ok(WechatReply::Unreadable) => ("unreadable", None),
        Err(failure) => (failure.as_str(), None),
    };
    tracing::warn!(
        channel.id = %channel.id, upstream.failure = why, wechat.errcode = errcode,
        "WeCom gave no details; signing in without them"
    );
    None
}

/// Our rules said no to what WeCom answered.
fn judged(flight: &Exchange, channel: &Channel, meaning: Meaning) -> Landing {
    let status = match meaning.effect {
        Effect::PersonRefused => 400,
        Effect::RestartOnce | Effect::TryLater | Effect::Misconfigured | Effect::Unexpected => 502,
    };
    let landing = failed(flight, meaning.help, None, status);
    tracing::warn!(
        channel.id = %channel.id, wechat.help = meaning.help.as_str(), turn = meaning.turn.as_str(),
        incident.id = reference_of(&landing), "whoever came back by WeCom is not signed in"
    );
    landing
}
