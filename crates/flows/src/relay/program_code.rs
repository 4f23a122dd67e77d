//! The mini program's code on a desktop: fetched for whoever holds the desktop's cookie, never kept, and never waited for
//! by the page, which has our own code.

use magpie_domain::{AttemptId, Channel, ChannelId, ChannelKind, Lifetime, ProgramDoor, Way};
use magpie_oidc::authorize::PageRefusal;
use magpie_wechat::reply::program_code::ProgramCodeReply;

use super::desktop::{held, opened};
use crate::attempt_cookie::PresentedAttempt;
use crate::authorize::LoginRefused;
use crate::budget::{Budget, Kept};
use crate::clients;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};
use crate::wechat::program_code::draw;

/// A code that was drawn.
#[derive(Debug)]
pub struct ProgramCode {
    /// The picture.
    pub picture: ProgramCodeReply,
    /// How long it leads somewhere.
    pub left: Lifetime,
}

/// The mini program that may answer for desktops of a channel, if one may.
pub(super) fn door<'a>(
    flows: &'a Flows,
    channel: &ChannelId,
) -> Option<(&'a Channel, &'a ProgramDoor)> {
    let settings = flows.settings();
    let Way::Relay { program: Some(program), .. } = &settings.channel(channel)?.way else {
        return None;
    };
    let account = settings.channel(&program.channel)?;
    (account.kind() == ChannelKind::MiniProgram).then_some((account, program))
}

/// Fetches the code of the ticket that a desktop shows; nothing when there is none to be had.
///
/// # Errors
/// [`LoginRefused::NotFound`] without the live cookie of an attempt that waits, [`LoginRefused::TooOften`] when too many
/// are asked for from its address.
pub async fn program_code(
    flows: &Flows,
    id: &AttemptId,
    cookie: Option<PresentedAttempt<'_>>,
    budget: &dyn Budget,
) -> Outcome<Option<ProgramCode>, LoginRefused> {
    let attempt = opened(flows, id, cookie)?;
    let (wait, _) = attempt.waits().ok_or(Stop::Refused(LoginRefused::NotFound))?;
    let ticket = held(flows, &attempt, wait).await?;
    let ticket = ticket.filter(|ticket| ticket.is_waiting(flows.now()));
    let ticket = ticket.ok_or(Stop::Refused(LoginRefused::NotFound))?;
    let Some((account, program)) = door(flows, &ticket.channel) else { return Ok(None) };
    let Some(client) = clients::find(flows, &ticket.client_id).await? else {
        return Err(Stop::Refused(LoginRefused::Request(PageRefusal::UnknownClient)));
    };
    if !budget.allows(&client, Kept::ProgramCode) {
        return Err(Stop::Refused(LoginRefused::TooOften));
    }
    let picture = draw(flows, account, &program.page, &ticket.id).await;
    let left = ticket.expires_at.since(flows.now());
    Ok(picture.map(|picture| ProgramCode { picture, left }))
}
