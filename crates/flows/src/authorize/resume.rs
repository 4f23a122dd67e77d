//! The resume URL: where every page of an attempt leads back to. The attempt's own cookie is the way in.

use magpie_domain::{AttemptId, ChannelId, MatchNumber};
use magpie_oidc::authorize::PageRefusal;
use magpie_oidc::error::OAuthError;

use super::next::{Step, Visitor};
use super::step::{self, Go, Place, Wish};
use super::{LoginRefused, answer};
use crate::attempt_cookie::{self, PresentedAttempt};
use crate::clients;
use crate::context::Flows;
use crate::device;
use crate::outcome::{Outcome, Stop};
use crate::relay;

/// A call of the resume URL.
pub struct Resumption<'a> {
    /// The attempt's cookie.
    pub cookie: Option<PresentedAttempt<'a>>,
    /// Who calls.
    pub visitor: Visitor<'a>,
    /// What the person said on the page.
    pub said: Said,
    /// The token of our own form, where the page had one.
    pub form_token: Option<&'a str>,
}

/// The token is a secret of the person's page.
impl std::fmt::Debug for Resumption<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resumption").field("said", &self.said).finish_non_exhaustive()
    }
}

/// What a person can say on a page of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing: the page is opened or reloaded.
    Nothing,
    /// Go on to WeChat, through this channel if one was chosen.
    Continue(Option<ChannelId>),
    /// Go on to WeChat's own page, not to its code in one of ours.
    FullPage,
    /// Give the application what it asks for.
    Allow,
    /// Do not, or do not sign in at all.
    Deny,
    /// This is the number that the desktop shows.
    Number(MatchNumber),
}

/// Opens the attempt and takes its next step.
///
/// # Errors
/// [`LoginRefused`] without the attempt's live cookie.
pub async fn resume(
    flows: &Flows,
    id: &AttemptId,
    resumption: Resumption<'_>,
) -> Outcome<Step, LoginRefused> {
    let attempt = resumption
        .cookie
        .and_then(|cookie| attempt_cookie::open(flows.vault(), cookie, flows.now()))
        .filter(|attempt| attempt.id() == id)
        .ok_or(Stop::Refused(LoginRefused::NotFound))?;
    if let Some(handle) = attempt.request().relay.clone() {
        match resumption.said {
            Said::Number(number) => {
                return relay::choose(flows, attempt, &handle, number, &resumption).await;
            }
            Said::Deny => return relay::refuse(flows, &attempt, &handle, &resumption).await,
            Said::Nothing | Said::Continue(_) | Said::FullPage | Said::Allow => {}
        }
    }
    let unsaid = Wish { place: Place::Resume, ..Wish::default() };
    let wish = match &resumption.said {
        Said::Nothing => match relay::again(flows, &attempt, &resumption.visitor).await? {
            Some(step) => return Ok(step),
            None => unsaid,
        },
        // A number is nothing to an application's own attempt.
        Said::Number(_) => unsaid,
        Said::Continue(channel) => Wish { go: Go::Tapped, channel: channel.clone(), ..unsaid },
        Said::FullPage => {
            let channel = attempt.away().map(|(channel, ..)| channel.clone());
            Wish { go: Go::FullPage, channel, ..unsaid }
        }
        Said::Allow => {
            let consented = device::is_own_form(flows, &attempt, resumption.form_token);
            Wish { consented, ..unsaid }
        }
        Said::Deny if attempt.request().device.is_some() => {
            return device::refuse(flows, &attempt, &resumption).await;
        }
        Said::Deny => {
            relay::abandon(flows, &attempt).await?;
            let Some(client) = clients::find_answerable(flows, attempt.request()).await? else {
                let refused = LoginRefused::Request(PageRefusal::UnknownClient);
                return Err(Stop::Refused(refused));
            };
            let error = OAuthError::access_denied("the person did not sign in or did not agree");
            return answer::refuse(flows, &client, &attempt, &error).await;
        }
    };
    step::next(flows, attempt, &resumption.visitor, wish).await
}
