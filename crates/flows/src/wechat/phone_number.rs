//! The phone number behind a code of the person's own tap (wechat.md §5.4). Who signs in is known already, so a number
//! that cannot be had does not stop the sign-in: the scope `phone` is left out of what is granted, and the client sees it.

use magpie_domain::{Channel, ChannelKind, PhoneNumber};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::judge;
use magpie_wechat::reply::{Refusal, WechatReply};

use super::app_token::{self, NoAppToken};
use crate::context::Flows;

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
enum NoNumber {
    #[error(transparent)]
    Token(#[from] NoAppToken),
    #[error("WeChat refused the phone number with errcode {}", .0.code)]
    Refused(Refusal),
    #[error("the phone number is another account's, or cannot be read")]
    Unusable,
    #[error("only a mini program has phone numbers to give")]
    Kind,
}

/// The number, if it can be had. Asked once per code; hold no transaction.
pub(crate) async fn behind(
    flows: &Flows,
    channel: &Channel,
    code: &CallbackCode,
) -> Option<PhoneNumber> {
    match ask(flows, channel, code).await {
        Ok(number) => Some(number),
        Err(why) => {
            let no = match &why {
                NoNumber::Refused(no) | NoNumber::Token(NoAppToken::Refused(no)) => Some(no),
                NoNumber::Token(_) | NoNumber::Unusable | NoNumber::Kind => None,
            };
            let seen_ip = no.and_then(|no| no.seen_ip).map(|ip| ip.to_string());
            tracing::warn!(
                channel.id = %channel.id, reason = %why, wechat.errcode = no.map(|no| no.code.number()),
                wechat.rid = no.and_then(|no| no.rid.as_deref()), wechat.seen_ip = seen_ip,
                "no phone number came; signing in without it"
            );
            None
        }
    }
}

async fn ask(
    flows: &Flows,
    channel: &Channel,
    code: &CallbackCode,
) -> Result<PhoneNumber, NoNumber> {
    if channel.kind() != ChannelKind::MiniProgram {
        return Err(NoNumber::Kind);
    }
    let sns = flows.sns();
    let call = |token| async move { sns.phone_number(&token, code).await };
    match app_token::speak(flows, channel, call).await? {
        WechatReply::Ok(reply) => judge::phone_number(channel, &reply).ok_or(NoNumber::Unusable),
        WechatReply::Refused(no) => Err(NoNumber::Refused(no)),
        WechatReply::Unreadable => Err(NoNumber::Unusable),
    }
}
