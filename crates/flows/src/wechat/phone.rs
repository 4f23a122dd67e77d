//! Asking WeChat whose code a mini program or an app has brought. No browser is there to be shown a page: what WeChat
//! refuses is said in the dialect of the token endpoint, and what the operator has to mend is an incident.

use magpie_domain::{
    Actor, AuditEvent, AuditFact, Channel, ChannelKind, ClaimKey, Client, ClientId, Lifetime,
    Locale, PhoneNumber, Profile, WechatIdentity,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::WechatCodeRequest;
use magpie_outbound::CallFailed;
use magpie_store::{audit, claims};
use magpie_vault::Purpose;
use magpie_vault::cbc::open_aes_128_cbc;
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::errcode::{Effect, ErrCode};
use magpie_wechat::judge::{self, JudgeRefusal};
use magpie_wechat::reply::code_session::CodeSessionReply;
use magpie_wechat::reply::encrypted::{self, Envelope};
use magpie_wechat::reply::{Refusal, WechatReply};

use super::exchange::profile;
use crate::budget::{Budget, Kept, USED_UP};
use crate::context::Flows;
use crate::outcome::{Incident, Outcome, Stop};

/// How long a code that was shown is remembered: longer than WeChat takes it (five minutes), and refuses it by itself.
const REMEMBERED: Lifetime = Lifetime::from_minutes(10);

/// WeChat's answer is one that the operator, or we, have to do something about.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    /// WeChat refused for a reason that is not the person's.
    #[error("WeChat refused the exchange of channel {channel} with errcode {errcode} ({help})")]
    Refused { channel: String, errcode: ErrCode, help: &'static str },
    /// The reply is not what the documentation describes, or names two people.
    #[error("WeChat's answer to the exchange of channel {0} cannot be used")]
    Unreadable(String),
}

/// A code that an application brought for a channel.
pub(crate) struct Brought<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) code: &'a CallbackCode,
    pub(crate) client: &'a ClientId,
    /// Whether the profile is wanted, where the channel has one.
    pub(crate) wants_profile: bool,
    /// What a mini program had encrypted for the session of this code.
    pub(crate) envelope: Option<&'a Envelope>,
}

/// Who a code stands for, and what came with it.
#[derive(Debug)]
pub(crate) struct Brings {
    pub(crate) identity: WechatIdentity,
    /// A phone number out of encrypted data.
    pub(crate) phone: Option<PhoneNumber>,
}

/// Makes the code count once, whichever replica it is shown to, before WeChat hears of it (law 7). Shown again it is
/// refused, by whomever: nothing is kept from which the first answer could be given to somebody else (decision 0039).
///
/// # Errors
/// `invalid_grant` for a code that was shown before, `temporarily_unavailable` for a client whose share is used up.
pub(crate) async fn claim(
    flows: &Flows,
    (client, budget): (&Client, &dyn Budget),
    channel: &Channel,
    code: &CallbackCode,
) -> Outcome<(), OAuthError> {
    if !budget.allows(client, Kept::Once) {
        return Err(Stop::Refused(USED_UP));
    }
    // No part holds a control character.
    let mark = ["wechat_code", channel.account.app_id.as_str(), code.expose()].join("\0");
    let key = ClaimKey::of_brought_code(&flows.vault().hash_handle(Purpose::SeenOnce, &mark));
    let now = flows.now();
    let mut tx = flows.store().write_single().await?;
    let claimed = claims::begin(&mut tx, &key, now, now.plus(REMEMBERED)).await?;
    tx.commit().await?;
    if claimed.is_won() { Ok(()) } else { Err(Stop::Refused(WechatCodeRequest::refused())) }
}

/// Who the code stands for. Asked once per code; hold no transaction (law 3).
///
/// # Errors
/// `invalid_grant` for a code that is no good, `access_denied` for a person whom WeChat keeps out,
/// `temporarily_unavailable` while it does not answer; an incident for whatever the person cannot help.
pub(crate) async fn who(flows: &Flows, brought: &Brought<'_>) -> Outcome<Brings, OAuthError> {
    let Brought { channel, code, .. } = *brought;
    match channel.kind() {
        ChannelKind::MiniProgram => {
            let asked = flows.sns().code_session(&channel.account, code).await;
            let session = answered(flows, brought, asked).await?;
            let identity = judged(channel, judge::mini_program_identity(channel, &session))?;
            match brought.envelope {
                Some(envelope) => opened(flows, brought, &session, envelope, identity),
                None => Ok(Brings { identity, phone: None }),
            }
        }
        // An app has no session that anything could be encrypted for.
        ChannelKind::MobileApp if brought.envelope.is_some() => {
            Err(Stop::Refused(WechatCodeRequest::unopened()))
        }
        ChannelKind::MobileApp => {
            let asked = flows.sns().exchange(&channel.account, code).await;
            let token = answered(flows, brought, asked).await?;
            let wish = (brought.wants_profile, Locale::ZhCn);
            let profile = profile(flows, channel, &token, wish).await;
            let avatars = flows.settings().avatars();
            let identity =
                judged(channel, judge::identity(channel, &token, profile.as_ref(), avatars))?;
            Ok(Brings { identity, phone: None })
        }
        // A code of these comes back through a browser and belongs to its attempt (law 7).
        ChannelKind::Website
        | ChannelKind::ServiceAccount
        | ChannelKind::Relay
        | ChannelKind::Follow
        | ChannelKind::Wecom => Err(Stop::Refused(WechatCodeRequest::unknown_channel())),
    }
}

/// Adds what was encrypted for this session. The key is the session's own, fresh from WeChat, and dies here.
fn opened(
    flows: &Flows,
    brought: &Brought<'_>,
    session: &CodeSessionReply,
    envelope: &Envelope,
    identity: WechatIdentity,
) -> Outcome<Brings, OAuthError> {
    let channel = brought.channel;
    let plain = session
        .session_key
        .as_ref()
        .and_then(|key| open_aes_128_cbc(key.expose(), &envelope.iv, &envelope.sealed));
    let avatars = flows.settings().avatars();
    let read =
        |plain: &[u8]| encrypted::read(plain, channel, &session.openid, avatars, flows.now());
    let opened = plain.as_deref().and_then(|plain| read(plain));
    let opened = opened.ok_or(Stop::Refused(WechatCodeRequest::unopened()))?;
    // Two unionids: whoever made this up is told no more than anybody else.
    let identity = judge::with_opened(channel, identity, &opened)
        .map_err(|_contradiction| Stop::Refused(WechatCodeRequest::unopened()))?;
    let identity = if brought.wants_profile {
        identity
    } else {
        WechatIdentity { profile: Profile::default(), ..identity }
    };
    Ok(Brings { identity, phone: opened.phone })
}

/// The reply, or what follows from there being none that helps.
async fn answered<T>(
    flows: &Flows,
    brought: &Brought<'_>,
    asked: Result<WechatReply<T>, CallFailed>,
) -> Outcome<T, OAuthError> {
    let channel = brought.channel;
    match asked {
        Ok(WechatReply::Ok(reply)) => Ok(reply),
        Ok(WechatReply::Refused(no)) => refused(flows, brought, &no).await,
        Ok(WechatReply::Unreadable) => Err(unreadable(channel)),
        Err(failure) => {
            tracing::warn!(
                channel.id = %channel.id, upstream.failure = failure.as_str(),
                "WeChat gave no reply to the exchange of a code that an application brought"
            );
            Err(LATER)
        }
    }
}

const LATER: Stop<OAuthError> = Stop::Refused(OAuthError::temporarily_unavailable(
    "WeChat does not answer now; try again with a new code",
));

/// WeChat said no. What that means stands in the error table.
async fn refused<T>(flows: &Flows, brought: &Brought<'_>, no: &Refusal) -> Outcome<T, OAuthError> {
    let (channel, meaning) = (brought.channel, no.code.meaning());
    let seen_ip = no.seen_ip.map(|ip| ip.to_string());
    tracing::warn!(
        channel.id = %channel.id, wechat.errcode = no.code.number(), wechat.help = meaning.help.as_str(),
        wechat.rid = no.rid.as_deref(), wechat.seen_ip = seen_ip, turn = meaning.turn.as_str(),
        "WeChat refused the exchange of a code that an application brought"
    );
    match meaning.effect {
        Effect::RestartOnce => Err(Stop::Refused(WechatCodeRequest::refused())),
        Effect::TryLater => Err(LATER),
        Effect::PersonRefused => {
            note_refusal(flows, brought, no.code).await?;
            Err(Stop::Refused(OAuthError::access_denied("WeChat does not let this person sign in")))
        }
        Effect::Misconfigured | Effect::Unexpected => {
            let (channel, help) = (channel.id.to_string(), meaning.help.as_str());
            let cause = Unusable::Refused { channel, errcode: no.code, help };
            Err(Stop::Broken(Incident::new(cause, false)))
        }
    }
}

/// Somebody was kept out (case WX-32): WeChat does not say who, so the line names the client and the reason.
async fn note_refusal(
    flows: &Flows,
    brought: &Brought<'_>,
    code: ErrCode,
) -> Outcome<(), OAuthError> {
    let fact = AuditFact::SignInRefused {
        client: brought.client.clone(),
        channel: brought.channel.id.as_str().to_owned(),
        errcode: code.number(),
    };
    let actor = Actor::Client(brought.client.clone());
    let mut tx = flows.store().write().await?;
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor, fact }).await?;
    tx.commit().await?;
    Ok(())
}

/// Who came, or what becomes of replies that make nobody.
fn judged(
    channel: &Channel,
    judged: Result<WechatIdentity, JudgeRefusal>,
) -> Outcome<WechatIdentity, OAuthError> {
    judged.map_err(|refusal| match refusal {
        JudgeRefusal::SnapshotUser => {
            Stop::Refused(OAuthError::access_denied("WeChat names nobody real here"))
        }
        JudgeRefusal::OpenIdsDiffer | JudgeRefusal::UnionIdsDiffer => unreadable(channel),
    })
}

#[track_caller]
fn unreadable(channel: &Channel) -> Stop<OAuthError> {
    let cause = Unusable::Unreadable(channel.id.to_string());
    Stop::Broken(Incident::new(cause, false))
}
