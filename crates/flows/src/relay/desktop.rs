//! The desktop's side: a ticket and its page, what the page hears, and what becomes of it. The answer goes to whoever
//! holds the attempt's cookie and to nobody else; the name of the ticket, which anybody can photograph, opens nothing.

use std::time::Duration;

use magpie_domain::relay::TICKET;
use magpie_domain::{
    Actor, AttemptId, AuditEvent, AuditFact, Channel, ChatDoor, Claimed, Client, Follower,
    LoginAttempt, MatchNumber, RelayAnswer, RelayId, RelayTicket, RelayWait, Timestamp, User, Way,
};
use magpie_oidc::authorize::{PageRefusal, scopes_to_agree};
use magpie_oidc::paths;
use magpie_store::relay_tickets::chat;
use magpie_store::{Once, Tx, audit, claims, relay_tickets, users};

use super::{Woken, held_hash, program_code};
use crate::attempt_cookie::{self, PresentedAttempt};
use crate::authorize::{LoginRefused, Page, RelayCode, RelayLost, Step, Visitor, show};
use crate::budget::Kept;
use crate::clients;
use crate::context::Flows;
use crate::identity::{self, Known, Resolved};
use crate::outcome::{Inconsistent, Outcome, Stop};
use crate::wechat::{Landing, follower, replay};

/// How often, and how long in all, a second window looks for the answer that the first one is getting.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 20;

/// How often a lost race with another replica is run again.
const TRIES: u32 = 4;

/// Shows a new QR code. An older one of this attempt is void, since nothing holds it any more.
pub(crate) async fn offer(
    flows: &Flows,
    attempt: LoginAttempt,
    client: &Client,
    channel: &Channel,
    visitor: &Visitor<'_>,
) -> Outcome<Step, LoginRefused> {
    let now = flows.now();
    let mut ticket = RelayTicket {
        id: RelayId::draw(flows.entropy())?,
        client_id: client.id().clone(),
        channel: channel.id.clone(),
        chat: None,
        scopes: scopes_to_agree(attempt.request()),
        number: MatchNumber::draw(flows.entropy())?,
        address: visitor.address.to_string(),
        browser: magpie_wechat::browser_name::read(visitor.user_agent),
        created_at: now,
        expires_at: now.plus(TICKET),
        wrong_numbers: 0,
        answer: None,
        taken: false,
    };
    let wait = RelayWait {
        channel: channel.id.clone(),
        ticket: ticket.id.clone(),
        number: ticket.number,
        until: ticket.expires_at,
    };
    let hash = held_hash(flows, &attempt, &ticket.id);
    let Some(waits) = attempt.clone().relay(wait) else {
        return Err(Stop::Refused(LoginRefused::TooManyDepartures));
    };
    // The last thing before the row: who is refused for another reason has spent nothing.
    if !visitor.budget.allows(client, Kept::Relay) {
        return Err(Stop::Refused(LoginRefused::TooOften));
    }
    if matches!(channel.way, Way::Follow { .. }) {
        // Counted before, since each code counts at WeChat too.
        match follower::scene_code(flows, channel, &ticket.id).await.map_err(Stop::Broken)? {
            Ok(code) => ticket.chat = Some(ChatDoor { code, scanned_by: None }),
            Err(failure) => return show(flows, &attempt, client, Page::Failed(failure)),
        }
    }
    abandon(flows, &attempt).await?;
    let mut tx = flows.store().write_single().await?;
    relay_tickets::insert(&mut tx, &ticket, &hash).await?;
    tx.commit().await?;
    code(flows, &waits, client, ticket)
}

/// The page with the code that the attempt waits for.
fn code(
    flows: &Flows,
    attempt: &LoginAttempt,
    client: &Client,
    ticket: RelayTicket,
) -> Outcome<Step, LoginRefused> {
    let Some((wait, _)) = attempt.waits() else {
        return Err(Stop::Refused(LoginRefused::NotFound));
    };
    let in_chat = ticket.chat.is_some();
    let page = Page::RelayCode(RelayCode {
        address: ticket
            .chat
            .map_or_else(|| flows.issuer().join(&paths::relay(&wait.ticket)), |chat| chat.code),
        in_chat,
        has_program: program_code::door(flows, &wait.channel).is_some(),
        number: wait.number,
        left: wait.until.since(flows.now()),
    });
    show(flows, attempt, client, page)
}

/// The desktop gives its code up, if it has one: nobody is to be asked for it any more.
pub(crate) async fn abandon(
    flows: &Flows,
    attempt: &LoginAttempt,
) -> Result<(), Stop<LoginRefused>> {
    let Some((wait, _)) = attempt.waits() else { return Ok(()) };
    let hash = held_hash(flows, attempt, &wait.ticket);
    let mut tx = flows.store().write_single().await?;
    let _answered_before = relay_tickets::abandon(&mut tx, &wait.ticket, &hash).await?;
    tx.commit().await?;
    Ok(())
}

/// The desktop looks what has become of its code; nothing for an attempt that shows none.
pub(crate) async fn again(
    flows: &Flows,
    attempt: &LoginAttempt,
    visitor: &Visitor<'_>,
) -> Outcome<Option<Step>, LoginRefused> {
    let Some((wait, _)) = attempt.waits() else { return Ok(None) };
    let Some(client) = clients::find_answerable(flows, attempt.request()).await? else {
        return Err(Stop::Refused(LoginRefused::Request(PageRefusal::UnknownClient)));
    };
    let lost = |why| show(flows, attempt, &client, Page::RelayLost(why));
    let step = match held(flows, attempt, wait).await? {
        Some(ticket) if ticket.taken => taken_before(flows, attempt).await?,
        Some(ticket) if ticket.is_waiting(flows.now()) => code(flows, attempt, &client, ticket)?,
        Some(RelayTicket { answer: Some(RelayAnswer::Approved { .. }), .. }) => {
            take(flows, attempt, &client, visitor).await?
        }
        Some(RelayTicket { answer: Some(RelayAnswer::Confirmed { follower, .. }), .. }) => {
            take_confirmed(flows, attempt, &client, (visitor, &follower)).await?
        }
        Some(RelayTicket { answer: Some(RelayAnswer::Refused), .. }) => lost(RelayLost::Refused)?,
        Some(RelayTicket { answer: Some(RelayAnswer::WrongNumbers), .. }) => {
            lost(RelayLost::WrongNumbers)?
        }
        Some(RelayTicket { answer: None, .. }) | None => lost(RelayLost::Expired)?,
    };
    Ok(Some(step))
}

/// The row, for the desktop that shows it.
pub(super) async fn held(
    flows: &Flows,
    attempt: &LoginAttempt,
    wait: &RelayWait,
) -> Result<Option<RelayTicket>, magpie_store::StoreError> {
    let hash = held_hash(flows, attempt, &wait.ticket);
    let mut tx = flows.store().read().await?;
    relay_tickets::find_held(&mut tx, &wait.ticket, &hash).await
}

/// Takes the phone's yes and signs this browser in, in one commit with everything that follows.
async fn take(
    flows: &Flows,
    attempt: &LoginAttempt,
    client: &Client,
    visitor: &Visitor<'_>,
) -> Outcome<Step, LoginRefused> {
    let Some((wait, _)) = attempt.waits() else {
        return Err(Stop::Refused(LoginRefused::NotFound));
    };
    let now = flows.now();
    let hash = held_hash(flows, attempt, &wait.ticket);
    let mut tx = flows.store().write().await?;
    let taken = relay_tickets::take(&mut tx, &wait.ticket, &hash, now).await?;
    let Once::Won((user, auth_time)) = taken else {
        tx.rollback().await?;
        // Another window of this browser was first, or the last half minute went by.
        return taken_before(flows, attempt).await;
    };
    let user = users::find(&mut tx, &user).await?;
    let user = user.ok_or(Inconsistent("a ticket names nobody"))?;
    finish(flows, tx, attempt, client, (visitor, Taken { user, auth_time })).await
}

/// Takes the yes of a chat: finds out who that is, and signs this browser in as them, in one commit with everything that
/// follows. WeChat is asked before, and may be asked by two windows at once: it only tells.
async fn take_confirmed(
    flows: &Flows,
    attempt: &LoginAttempt,
    client: &Client,
    (visitor, follower): (&Visitor<'_>, &Follower),
) -> Outcome<Step, LoginRefused> {
    let Some((wait, _)) = attempt.waits() else {
        return Err(Stop::Refused(LoginRefused::NotFound));
    };
    // Taken out of the configuration, or given another account, while the person was in the chat.
    let channel = flows.settings().channel(&wait.channel);
    let Some(channel) = channel.filter(|channel| channel.account.app_id == follower.app_id) else {
        return show(flows, attempt, client, Page::RelayLost(RelayLost::Expired));
    };
    let who = follower::identity(flows, channel, follower).await.map_err(Stop::Broken)?;
    let identity = match who {
        Ok(identity) => identity,
        Err(failure) => return show(flows, attempt, client, Page::Failed(failure)),
    };
    let hash = held_hash(flows, attempt, &wait.ticket);
    for _ in 0..TRIES {
        let now = flows.now();
        let mut tx = flows.store().write().await?;
        let taken = chat::take(&mut tx, &wait.ticket, &hash, now).await?;
        let Once::Won((_follower, auth_time)) = taken else {
            tx.rollback().await?;
            return taken_before(flows, attempt).await;
        };
        let resolved =
            identity::resolve(flows, &mut tx, &identity).await.map_err(Stop::unrefused)?;
        let Resolved::Person(user) = resolved else {
            tx.rollback().await?;
            continue;
        };
        let actor = Actor::Person(user.id.clone());
        let fact = AuditFact::RelayApproved { user: user.id.clone(), client: client.id().clone() };
        audit::append(&mut tx, &AuditEvent { at: now, actor, fact }).await?;
        let someone = Taken { user, auth_time };
        return finish(flows, tx, attempt, client, (visitor, someone)).await;
    }
    Err(Inconsistent("a first sign-in kept losing its race").into())
}

/// Whose yes was taken.
struct Taken {
    user: User,
    auth_time: Timestamp,
}

/// Signs this browser in and keeps the answer for its other windows.
async fn finish(
    flows: &Flows,
    mut tx: Tx,
    attempt: &LoginAttempt,
    client: &Client,
    (visitor, taken): (&Visitor<'_>, Taken),
) -> Outcome<Step, LoginRefused> {
    let Some((wait, key)) = attempt.waits() else {
        return Err(Stop::Refused(LoginRefused::NotFound));
    };
    let (channel, former_session, now) = (&wait.channel, visitor.session, flows.now());
    let auth_time = taken.auth_time;
    let known = Known { attempt, channel, client, former_session, auth_time };
    let landing =
        identity::land(flows, &mut tx, known, taken.user).await.map_err(Stop::unrefused)?;
    let expires = attempt.expires().plus(flows.settings().lifetimes.outcome);
    let sealed = landing.seal(flows, attempt)?;
    if claims::begin(&mut tx, &key, now, expires).await?.is_won() {
        let _first = claims::settle(&mut tx, &key, &sealed, now).await?;
    }
    tx.commit().await?;
    if visitor.session.is_some() {
        flows.logout_due().notify_one();
    }
    Ok(Step::Landed(Box::new(landing)))
}

/// The very same answer once more for who holds the cookie, as after a callback (law 7).
async fn taken_before(flows: &Flows, attempt: &LoginAttempt) -> Outcome<Step, LoginRefused> {
    let gone = || Stop::Refused(LoginRefused::AlreadyUsed);
    let (_, key) = attempt.waits().ok_or_else(gone)?;
    for _ in 0..LOOKS {
        let mut tx = flows.store().read().await?;
        let kept = claims::outcome_of(&mut tx, &key).await?;
        drop(tx);
        if let Some(Claimed::Settled(sealed)) = kept {
            let landing: Option<Landing> =
                replay(flows, attempt, &sealed).await.map_err(Stop::Broken)?;
            return landing.map(|landing| Step::Landed(Box::new(landing))).ok_or_else(gone);
        }
        // Whoever was first may be about to commit.
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(gone())
}

/// What a desktop that listens is to do.
#[derive(Debug)]
pub enum Watch {
    /// Look at once: there is news.
    Look,
    /// Wait until woken, or until then at the latest.
    Wait {
        /// Tells when.
        woken: Woken,
        /// When the code is over.
        until: Timestamp,
    },
    /// Ask from time to time: too many wait already.
    Crowded,
}

/// Begins to wait for the answer.
///
/// # Errors
/// [`LoginRefused::NotFound`] without the live cookie of an attempt that shows a code.
pub async fn watch(
    flows: &Flows,
    id: &AttemptId,
    cookie: Option<PresentedAttempt<'_>>,
) -> Outcome<Watch, LoginRefused> {
    let attempt = opened(flows, id, cookie)?;
    let (wait, _) = attempt.waits().ok_or(Stop::Refused(LoginRefused::NotFound))?;
    // Before the row is read, so that no answer falls in between.
    let woken = flows.waiting().join(&wait.ticket);
    if !is_waiting(flows, &attempt, wait).await? {
        return Ok(Watch::Look);
    }
    Ok(woken.map_or(Watch::Crowded, |woken| Watch::Wait { woken, until: wait.until }))
}

/// Whether there is something to look at.
///
/// # Errors
/// As [`watch`].
pub async fn has_news(
    flows: &Flows,
    id: &AttemptId,
    cookie: Option<PresentedAttempt<'_>>,
) -> Outcome<bool, LoginRefused> {
    let attempt = opened(flows, id, cookie)?;
    let (wait, _) = attempt.waits().ok_or(Stop::Refused(LoginRefused::NotFound))?;
    Ok(!is_waiting(flows, &attempt, wait).await?)
}

/// The live attempt of this id whose cookie came.
pub(super) fn opened(
    flows: &Flows,
    id: &AttemptId,
    cookie: Option<PresentedAttempt<'_>>,
) -> Result<LoginAttempt, Stop<LoginRefused>> {
    cookie
        .and_then(|cookie| attempt_cookie::open(flows.vault(), cookie, flows.now()))
        .filter(|attempt| attempt.id() == id)
        .ok_or(Stop::Refused(LoginRefused::NotFound))
}

async fn is_waiting(
    flows: &Flows,
    attempt: &LoginAttempt,
    wait: &RelayWait,
) -> Result<bool, magpie_store::StoreError> {
    let ticket = held(flows, attempt, wait).await?;
    Ok(ticket.is_some_and(|ticket| ticket.is_waiting(flows.now())))
}
