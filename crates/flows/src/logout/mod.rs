//! Signing out: an application asks for it, the person confirms where nothing proves that they want it, the session ends,
//! and the applications it led to are told (OIDC RP-Initiated, Back- and Front-Channel Logout 1.0).
//!
//! [`begin`] takes an application's request and [`confirm`] the person's answer; both come to a [`LogoutStep`].
//! [`end`] ends a session for whoever has proved the wish; [`deliver`] empties the outbox that this fills.

mod deliver;
mod end;
mod messages;

use std::fmt;

use magpie_domain::{Client, ClientId, Subject, TokenText, User};
use magpie_oidc::logout::{
    HintFacts, LogoutDecision, LogoutRefusal, LogoutRequest, SessionFacts, WayBack, decide,
};
use magpie_oidc::params::Params;

use crate::browser_session::{self, PresentedSession, SignedIn};
use crate::clients;
use crate::context::Flows;
use crate::form_token::Form;
use crate::id_token_hint;
use crate::outcome::{Outcome, Stop};
use crate::pairwise::subject_for;

pub(crate) use deliver::{LogoutDue, run as run_deliveries};
pub(crate) use end::{end_session, end_within};
pub use messages::LogoutMessages;

/// What comes of a request to sign out.
#[derive(Debug)]
pub enum LogoutStep {
    /// The person is asked.
    Ask(Question),
    /// Nobody is signed in here any more.
    Done(SignedOut),
}

/// The question.
pub struct Question {
    /// The application that asks, where it is identified.
    pub client_name: Option<String>,
    /// Where the browser goes after a yes.
    pub way_back: Option<WayBack>,
    /// Has to come back with the yes.
    pub form_token: TokenText,
}

/// The end of a session, or of none.
pub struct SignedOut {
    /// Where the browser goes.
    pub way_back: Option<WayBack>,
    /// Addresses to open in frames first (Front-Channel Logout §2).
    pub frames: Vec<String>,
}

/// Why an answer to the question is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmRefused {
    /// It did not come from our page in this session.
    Forged,
    /// What it carries is not in order.
    Request(LogoutRefusal),
}

impl SignedOut {
    /// Of a browser in which nobody was signed in.
    const fn nobody(way_back: Option<WayBack>) -> Self {
        Self { way_back, frames: Vec::new() }
    }
}

/// A request of an application at the end-session endpoint.
///
/// # Errors
/// [`LogoutRefusal`]: shown on a page, and nothing has ended.
pub async fn begin(
    flows: &Flows,
    params: &Params,
    session: Option<&str>,
) -> Outcome<LogoutStep, LogoutRefusal> {
    let request = LogoutRequest::read(params).map_err(Stop::Refused)?;
    let hint = hint_facts(flows, &request);
    let (client, way_back) = who_asks(flows, &request, &hint).await?;
    let person = signed_in(flows, session).await?;
    let facts = person.as_ref().map(|signed_in| SessionFacts {
        id: signed_in.session.id.clone(),
        subject: subject_of(flows, client.as_ref(), &signed_in.user),
    });
    Ok(match (decide(&hint, facts.as_ref()), person) {
        (LogoutDecision::End, Some(signed_in)) => {
            let frames = end_session(flows, &signed_in, client.as_ref().map(Client::id)).await?;
            LogoutStep::Done(SignedOut { way_back, frames })
        }
        (LogoutDecision::Ask, Some(signed_in)) => LogoutStep::Ask(Question {
            client_name: client.map(|client| client.name().to_owned()),
            way_back,
            form_token: Form::SignOut.token(flows.vault(), &signed_in.session.id),
        }),
        (LogoutDecision::End | LogoutDecision::Ask | LogoutDecision::Nobody, _) => {
            LogoutStep::Done(SignedOut::nobody(way_back))
        }
    })
}

/// The person's yes, from the page that [`begin`] had shown. What the page carried is checked like a request without a
/// hint, for it has been in the browser.
///
/// # Errors
/// [`ConfirmRefused`]: nothing has ended.
pub async fn confirm(
    flows: &Flows,
    params: &Params,
    session: Option<&str>,
) -> Outcome<SignedOut, ConfirmRefused> {
    let refused = |refusal| Stop::Refused(ConfirmRefused::Request(refusal));
    let request = LogoutRequest::read(params).map_err(refused)?;
    let person = signed_in(flows, session).await?;
    if let Some(signed_in) = &person {
        let presented = params.get("form_token");
        if !Form::SignOut.is_shown(flows.vault(), &signed_in.session.id, presented) {
            return Err(Stop::Refused(ConfirmRefused::Forged));
        }
    }
    let (client, way_back) = match who_asks(flows, &request, &HintFacts::NotSent).await {
        Ok(found) => found,
        Err(Stop::Refused(refusal)) => return Err(refused(refusal)),
        Err(Stop::Broken(incident)) => return Err(Stop::Broken(incident)),
    };
    let Some(signed_in) = person else { return Ok(SignedOut::nobody(way_back)) };
    let frames = end_session(flows, &signed_in, client.as_ref().map(Client::id)).await?;
    Ok(SignedOut { way_back, frames })
}

/// The session behind a cookie; without one nothing is read.
pub(crate) async fn signed_in<R>(
    flows: &Flows,
    cookie: Option<&str>,
) -> Outcome<Option<SignedIn>, R> {
    let Some(presented) = PresentedSession::read(flows.vault(), cookie) else { return Ok(None) };
    let mut tx = flows.store().read().await?;
    Ok(browser_session::find(flows, &mut tx, &presented).await?)
}

fn hint_facts(flows: &Flows, request: &LogoutRequest<'_>) -> HintFacts {
    match request.hint {
        None => HintFacts::NotSent,
        Some(token) => {
            id_token_hint::of_logout(flows, token).map_or(HintFacts::Unverifiable, HintFacts::Of)
        }
    }
}

/// The application that is identified, and where the browser may go; a disabled one is like an unknown one.
async fn who_asks(
    flows: &Flows,
    request: &LogoutRequest<'_>,
    hint: &HintFacts,
) -> Outcome<(Option<Client>, Option<WayBack>), LogoutRefusal> {
    let named: Option<ClientId> = request.client(hint).map_err(Stop::Refused)?;
    let client = match &named {
        Some(id) => clients::find(flows, id).await?.filter(Client::is_enabled),
        None => None,
    };
    let way_back = request.way_back(named.as_ref(), client.as_ref()).map_err(Stop::Refused)?;
    Ok((client, way_back))
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("client_name", &self.client_name).finish_non_exhaustive()
    }
}

/// The addresses name a session.
impl fmt::Debug for SignedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedOut").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

/// Who the person is to the application that asks; without an application, the person's own `sub`.
fn subject_of(flows: &Flows, client: Option<&Client>, user: &User) -> Subject {
    let own = || user.subject.clone();
    client.map_or_else(own, |client| subject_for(flows, client, &user.subject))
}
