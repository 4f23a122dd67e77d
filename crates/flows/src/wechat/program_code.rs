//! A mini program's code for a desktop that waits (小程序码). The desktop has a code of ours in any case, so whoever is
//! refused here is told nothing: the operator finds the reason in the log.

use magpie_domain::{Channel, ProgramPage, RelayId};
use magpie_wechat::reply::program_code::ProgramCodeReply;
use magpie_wechat::reply::{Refusal, WechatReply};

use super::app_token::{self, NoAppToken};
use crate::context::Flows;

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
enum NoCode {
    #[error(transparent)]
    Token(#[from] NoAppToken),
    #[error("WeChat refused the code with errcode {}", .0.code)]
    Refused(Refusal),
    #[error("WeChat's answer is no picture of a code")]
    Unusable,
}

/// The code that opens a page of the mini program with this ticket, if it can be had. Hold no transaction.
pub(crate) async fn draw(
    flows: &Flows,
    channel: &Channel,
    page: &ProgramPage,
    ticket: &RelayId,
) -> Option<ProgramCodeReply> {
    match ask(flows, channel, page, ticket).await {
        Ok(picture) => Some(picture),
        Err(why) => {
            let no = match &why {
                NoCode::Refused(no) | NoCode::Token(NoAppToken::Refused(no)) => Some(no),
                NoCode::Token(_) | NoCode::Unusable => None,
            };
            let seen_ip = no.and_then(|no| no.seen_ip).map(|ip| ip.to_string());
            tracing::warn!(
                channel.id = %channel.id, reason = %why, wechat.errcode = no.map(|no| no.code.number()),
                wechat.rid = no.and_then(|no| no.rid.as_deref()), wechat.seen_ip = seen_ip,
                "no code of the mini program came; the desktop shows ours alone"
            );
            None
        }
    }
}

async fn ask(
    flows: &Flows,
    channel: &Channel,
    page: &ProgramPage,
    ticket: &RelayId,
) -> Result<ProgramCodeReply, NoCode> {
    let sns = flows.sns();
    let call = |token| async move { sns.program_code(&token, ticket, page).await };
    match app_token::speak(flows, channel, call).await? {
        WechatReply::Ok(picture) => Ok(picture),
        WechatReply::Refused(no) => Err(NoCode::Refused(no)),
        WechatReply::Unreadable => Err(NoCode::Unusable),
    }
}
