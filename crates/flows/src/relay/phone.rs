//! The phone's side: the code is opened in WeChat, and from there on it is a login like any other but for its end, always
//! by way of WeChat, and with a question at the end that no session and no earlier yes can answer.

use magpie_domain::{
    Client, Lifetime, LoginAttempt, MatchNumber, RedirectUri, RelayHandle, RelayId, RelayTicket,
    TokenText, Way,
};
use magpie_oidc::authorize::PageRefusal;
use magpie_oidc::paths::{self, RelayEnd};
use magpie_oidc::relay::to_confirm;
use magpie_store::relay_tickets;
use magpie_wechat::user_agent::Agent;

use super::answer::over;
use super::choices;
use crate::authorize::{LoginRefused, Page, Step, Visitor, Wish, show, step};
use crate::browser_session::SignedIn;
use crate::clients;
use crate::context::Flows;
use crate::form_token::Form;
use crate::outcome::{Inconsistent, Outcome, Stop};

/// A phone that opened a code.
#[derive(Debug)]
pub struct Scan<'a> {
    /// The ticket, as in the path.
    pub ticket: &'a str,
    /// Who calls.
    pub visitor: Visitor<'a>,
    /// Whether the person comes from WeChat's snapshot page and needs its explanation.
    pub from_snapshot: bool,
}

/// Why no login began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanRefused {
    /// No desktop waits with that code: expired, answered or invented, which is one answer.
    Unknown,
    /// A desktop waits, and this is not WeChat on a phone.
    NotWechat,
    /// Its login cannot go on.
    Login(LoginRefused),
}

/// The question on the phone.
#[derive(Debug)]
pub struct RelayQuestion {
    /// Who is signed in on the phone, as they call themselves.
    pub person: Option<String>,
    /// The desktop's address.
    pub address: String,
    /// The desktop's browser; empty when it does not say.
    pub browser: String,
    /// How long ago the desktop asked.
    pub ago: Lifetime,
    /// What to choose from.
    pub choices: Vec<MatchNumber>,
    /// How many wrong numbers were chosen.
    pub wrong: u8,
    /// Has to come back with the answer.
    pub form_token: TokenText,
}

/// Finds the desktop, begins an attempt for it and takes its first step. Reads and seals, and writes nothing.
///
/// # Errors
/// [`ScanRefused`]: shown on a page.
pub async fn scan(flows: &Flows, scan: Scan<'_>) -> Outcome<Step, ScanRefused> {
    let unknown = || Stop::Refused(ScanRefused::Unknown);
    let ticket = waiting(flows, scan.ticket).await?.ok_or_else(unknown)?;
    // A link to this page that is sent to somebody opens elsewhere: what is meant is a camera before a screen. The header
    // chooses a page here and proves nothing (WX-36).
    if scan.visitor.agent != Agent::PhoneWechat {
        return Err(Stop::Refused(ScanRefused::NotWechat));
    }
    let gone = LoginRefused::Request(PageRefusal::UnknownClient);
    let channel = flows.settings().channel(&ticket.channel);
    let Some(Way::Relay { through, .. }) = channel.map(|channel| &channel.way) else {
        return Err(unknown());
    };
    let page = RedirectUri::register(&flows.issuer().join(&paths::relay(&ticket.id)))
        .map_err(|_issuer_is_too_long| Inconsistent("our own address is no address"))?;
    let request = to_confirm(&ticket, through.clone(), page);
    if clients::find_answerable(flows, &request).await?.is_none() {
        return Err(Stop::Refused(ScanRefused::Login(gone)));
    }
    let lifetime = flows.settings().lifetimes.attempt;
    let attempt = LoginAttempt::start(request, flows.now(), lifetime, flows.entropy())?;
    let wish = Wish { snapshot: scan.from_snapshot, ..Wish::default() };
    step(flows, attempt, &scan.visitor, wish).await.map_err(|stop| match stop {
        Stop::Refused(refusal) => Stop::Refused(ScanRefused::Login(refusal)),
        Stop::Broken(incident) => Stop::Broken(incident),
    })
}

/// The ticket of this name, while it can be answered.
pub(super) async fn waiting(
    flows: &Flows,
    text: &str,
) -> Result<Option<RelayTicket>, magpie_store::StoreError> {
    let Some(id) = RelayId::parse(text) else { return Ok(None) };
    let mut tx = flows.store().read().await?;
    let found = relay_tickets::find(&mut tx, &id).await?;
    Ok(found.filter(|ticket| ticket.is_waiting(flows.now())))
}

/// Asks the person who came back from WeChat for the number; their session is remembered by the attempt.
pub(crate) async fn question(
    flows: &Flows,
    attempt: LoginAttempt,
    handle: &RelayHandle,
    client: &Client,
    person: SignedIn,
) -> Outcome<Step, LoginRefused> {
    let Some(ticket) = waiting(flows, handle.ticket.as_str()).await? else {
        return Ok(over(flows, &attempt, RelayEnd::Late));
    };
    let page = Page::RelayQuestion(RelayQuestion {
        person: person.user.profile.name,
        address: ticket.address,
        browser: ticket.browser,
        ago: flows.now().since(ticket.created_at),
        choices: choices(flows, &ticket.id, ticket.number),
        wrong: ticket.wrong_numbers,
        form_token: Form::Relay.token(flows.vault(), &person.session.id),
    });
    show(flows, &attempt.ask(person.session.id), client, page)
}
