//! The door in the chat (channel kind `follow`): somebody scans the code of a service account, WeChat tells us who, and they
//! answer there with the number that the desktop shows. A scan binds the ticket to a person and signs nobody in; what
//! counts is the number, from that person, in time. Nothing here calls anybody, since WeChat waits five seconds for us.

use magpie_domain::relay::MOST_WRONG;
use magpie_domain::{
    Actor, AuditEvent, AuditFact, Channel, ChannelKind, Follower, MatchNumber, RelayAnswer,
    RelayId, RelayTicket, Timestamp, Typed,
};
use magpie_store::relay_tickets::{self, chat};
use magpie_store::{Once, StoreError, Tx, audit, identities, seen_once};
use magpie_vault::Purpose;
use magpie_wechat::push::harmless;

use crate::clients;
use crate::context::Flows;

/// Most characters of a name that is told in a chat: WeChat cuts a text at 2048 bytes, and all is said in two languages.
const LONGEST: usize = 40;
/// Longest address of version 6.
const LONGEST_ADDRESS: usize = 45;
/// What the mark of a message was for; others that count once have other words.
const PURPOSE: &str = "wechat_chat";

/// What is said to the person in the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatWord {
    /// Who asks, and what to do.
    Asked {
        /// The application's name.
        client: String,
        /// The desktop's browser; empty when it does not say.
        browser: String,
        /// The desktop's address.
        address: String,
    },
    /// Somebody else has scanned this code.
    Taken,
    /// The code is too old, or nobody's.
    Late,
    /// That was not the number.
    Wrong {
        /// How many tries are left.
        left: u8,
    },
    /// The desktop goes on.
    Done,
    /// Nobody is signed in: they said no, or the desktop gave up.
    Refused,
    /// Too many wrong numbers.
    WrongNumbers,
}

/// What became of something that was said in a chat.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) word: ChatWord,
    /// Whether it was heard before, here or at another replica.
    pub(crate) before: bool,
}

/// Somebody scanned a code of ours, at that moment of WeChat's.
///
/// # Errors
/// Only breakages.
pub(crate) async fn scanned(
    flows: &Flows,
    id: &RelayId,
    follower: &Follower,
    at: Timestamp,
) -> Result<Heard, StoreError> {
    let Some(ticket) = find(flows, id, follower).await? else {
        return Ok(Heard { word: ChatWord::Late, before: false });
    };
    let now = flows.now();
    let mut tx = flows.store().write_single().await?;
    let is_news = chat::scan(&mut tx, id, follower, (at, now)).await?.is_won();
    tx.commit().await?;
    // Read again: what came in between counts.
    let ticket = if is_news { ticket } else { find(flows, id, follower).await?.unwrap_or(ticket) };
    let is_theirs = is_news || is_scanned_by(&ticket, follower);
    let word = if is_theirs && ticket.is_waiting(now) {
        asked(flows, &ticket).await?
    } else {
        state(&ticket, follower, now)
    };
    Ok(Heard { word, before: !is_news })
}

/// Somebody wrote two digits, or that it was not them; nothing when no code of ours is meant.
///
/// # Errors
/// Only breakages.
pub(crate) async fn said(
    flows: &Flows,
    follower: &Follower,
    typed: Typed,
    (message, until): (&str, Timestamp),
) -> Result<Option<Heard>, StoreError> {
    let mut tx = flows.store().read().await?;
    let ticket = chat::find_scanned(&mut tx, follower).await?;
    drop(tx);
    let Some(ticket) = ticket.filter(|ticket| is_of(flows, ticket, follower)) else {
        return Ok(None);
    };
    let counted = count_once(flows, &ticket, follower, typed, (message, until)).await?;
    let ticket = again(flows, ticket).await?;
    if ticket.answer.is_some() {
        flows.waiting().wake(&ticket.id);
    }
    let now = flows.now();
    let untouched = ticket.is_waiting(now) && ticket.wrong_numbers == 0;
    let word = match counted {
        // Answered before this message, which is then somebody else's: a menu of the operator's may be answered with
        // numbers.
        Counted::No if is_over(&ticket) => return Ok(None),
        // They have scanned another code meanwhile.
        Counted::Before if untouched => asked(flows, &ticket).await?,
        Counted::Before | Counted::No | Counted::Yes => state(&ticket, follower, now),
    };
    Ok(Some(Heard { word, before: matches!(counted, Counted::Before) }))
}

/// What became of a message.
#[derive(Clone, Copy)]
enum Counted {
    /// It counted.
    Yes,
    /// It came too late for that.
    No,
    /// It was heard before, here or at another replica.
    Before,
}

/// Whether the person's own answer ended it, or the desktop did.
const fn is_over(ticket: &RelayTicket) -> bool {
    match ticket.answer {
        Some(
            RelayAnswer::Confirmed { .. } | RelayAnswer::Approved { .. } | RelayAnswer::Refused,
        ) => true,
        Some(RelayAnswer::WrongNumbers) | None => false,
    }
}

/// Takes what was typed, in one transaction with the mark that it was heard.
async fn count_once(
    flows: &Flows,
    ticket: &RelayTicket,
    follower: &Follower,
    typed: Typed,
    (message, until): (&str, Timestamp),
) -> Result<Counted, StoreError> {
    let mut tx = flows.store().write().await?;
    if !seen_once::mark(&mut tx, &mark(flows, follower, message), until).await?.is_won() {
        tx.rollback().await?;
        return Ok(Counted::Before);
    }
    let counts = match typed {
        Typed::No => refuse(flows, &mut tx, ticket, follower).await?,
        Typed::Number(number) => {
            is_right(flows, &mut tx, ticket, follower, number).await?
                || count_wrong(flows, &mut tx, ticket, follower).await?
        }
    };
    if counts {
        tx.commit().await?;
        return Ok(Counted::Yes);
    }
    tx.rollback().await?;
    Ok(Counted::No)
}

/// The number of the desktop, in time and first: the desktop may go on.
async fn is_right(
    flows: &Flows,
    tx: &mut Tx,
    ticket: &RelayTicket,
    follower: &Follower,
    number: Option<MatchNumber>,
) -> Result<bool, StoreError> {
    let Some(number) = number else { return Ok(false) };
    Ok(chat::confirm(tx, &ticket.id, follower, number, flows.now()).await?.is_won())
}

/// The person says that it was not them; whether that counted.
async fn refuse(
    flows: &Flows,
    tx: &mut Tx,
    ticket: &RelayTicket,
    follower: &Follower,
) -> Result<bool, StoreError> {
    if !relay_tickets::refuse(tx, &ticket.id, flows.now()).await?.is_won() {
        return Ok(false);
    }
    tracing::warn!("somebody in a chat says that they did not start a desktop's sign-in");
    note(flows, tx, ticket, follower).await.map(|()| true)
}

/// Another number; whether that counted.
async fn count_wrong(
    flows: &Flows,
    tx: &mut Tx,
    ticket: &RelayTicket,
    follower: &Follower,
) -> Result<bool, StoreError> {
    let counted = relay_tickets::wrong_number(tx, &ticket.id, flows.now()).await?;
    let Once::Won(wrong) = counted else { return Ok(false) };
    if wrong >= MOST_WRONG {
        tracing::warn!("a desktop's code was cancelled after too many wrong numbers");
        note(flows, tx, ticket, follower).await?;
    }
    Ok(true)
}

/// Of somebody who is known here.
async fn note(
    flows: &Flows,
    tx: &mut Tx,
    ticket: &RelayTicket,
    follower: &Follower,
) -> Result<(), StoreError> {
    let known = identities::find_by_openid(tx, &follower.app_id, &follower.openid).await?;
    let Some(user) = known else { return Ok(()) };
    let actor = Actor::Person(user.clone());
    let fact = AuditFact::RelayRefused { user, client: ticket.client_id.clone() };
    audit::append(tx, &AuditEvent { at: flows.now(), actor, fact }).await
}

/// A ticket of a code of this very account.
async fn find(
    flows: &Flows,
    id: &RelayId,
    follower: &Follower,
) -> Result<Option<RelayTicket>, StoreError> {
    let mut tx = flows.store().read().await?;
    let found = relay_tickets::find(&mut tx, id).await?;
    Ok(found.filter(|ticket| is_of(flows, ticket, follower)))
}

async fn again(flows: &Flows, ticket: RelayTicket) -> Result<RelayTicket, StoreError> {
    let mut tx = flows.store().read().await?;
    Ok(relay_tickets::find(&mut tx, &ticket.id).await?.unwrap_or(ticket))
}

fn is_of(flows: &Flows, ticket: &RelayTicket, follower: &Follower) -> bool {
    let is_this = |channel: &Channel| {
        channel.kind() == ChannelKind::Follow && channel.account.app_id == follower.app_id
    };
    ticket.chat.is_some() && flows.settings().channel(&ticket.channel).is_some_and(is_this)
}

fn is_scanned_by(ticket: &RelayTicket, follower: &Follower) -> bool {
    ticket.chat.as_ref().and_then(|chat| chat.scanned_by.as_ref()) == Some(follower)
}

/// Who asks, as far as known.
async fn asked(flows: &Flows, ticket: &RelayTicket) -> Result<ChatWord, StoreError> {
    let Some(client) = clients::find(flows, &ticket.client_id).await? else {
        return Ok(ChatWord::Late);
    };
    Ok(ChatWord::Asked {
        client: harmless(client.name(), LONGEST),
        browser: harmless(&ticket.browser, LONGEST),
        address: harmless(&ticket.address, LONGEST_ADDRESS),
    })
}

/// What a person hears of a ticket as it stands: the same however often they ask.
fn state(ticket: &RelayTicket, follower: &Follower, now: Timestamp) -> ChatWord {
    if !is_scanned_by(ticket, follower) {
        let is_open = ticket.is_waiting(now);
        return if is_open { ChatWord::Taken } else { ChatWord::Late };
    }
    match ticket.answer {
        Some(RelayAnswer::Confirmed { .. } | RelayAnswer::Approved { .. }) => ChatWord::Done,
        Some(RelayAnswer::Refused) => ChatWord::Refused,
        Some(RelayAnswer::WrongNumbers) => ChatWord::WrongNumbers,
        None if ticket.is_expired(now) => ChatWord::Late,
        None => ChatWord::Wrong { left: MOST_WRONG.saturating_sub(ticket.wrong_numbers) },
    }
}

/// WeChat says again what was not answered in time, perhaps at another replica: its number makes it count once.
fn mark(flows: &Flows, follower: &Follower, message: &str) -> magpie_domain::TokenHash {
    let parts = [PURPOSE, follower.app_id.as_str(), follower.openid.as_key(), message];
    flows.vault().hash_handle(Purpose::SeenOnce, &parts.join("\0"))
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::{SAMPLE_NOW, sample_ticket};
    use magpie_domain::{AppId, ChatDoor, OpenId};

    use super::*;

    fn of(openid: &str) -> Follower {
        let (app_id, openid) = (AppId::parse("wx2"), OpenId::parse(openid));
        Follower { app_id: app_id.unwrap(), openid: openid.unwrap() }
    }

    /// The answer to a push that comes again is that to the first, so it depends on the ticket alone.
    #[test]
    fn each_state_has_its_word_and_somebody_else_learns_nothing_of_it() {
        let (ann, ben) = (of("oAnn"), of("oBen"));
        let chat = ChatDoor { code: String::new(), scanned_by: Some(ann.clone()) };
        let ticket = RelayTicket { chat: Some(chat), ..sample_ticket(1) };
        let with = |answer, wrong_numbers| RelayTicket { answer, wrong_numbers, ..ticket.clone() };
        let confirmed = RelayAnswer::Confirmed { follower: ann.clone(), at: SAMPLE_NOW };
        let over = ticket.expires_at;
        for (ticket, now, hers, his) in [
            (with(None, 1), SAMPLE_NOW, ChatWord::Wrong { left: 2 }, ChatWord::Taken),
            (with(None, 0), over, ChatWord::Late, ChatWord::Late),
            (with(Some(confirmed), 0), SAMPLE_NOW, ChatWord::Done, ChatWord::Late),
            (with(Some(RelayAnswer::Refused), 0), over, ChatWord::Refused, ChatWord::Late),
            (
                with(Some(RelayAnswer::WrongNumbers), 3),
                over,
                ChatWord::WrongNumbers,
                ChatWord::Late,
            ),
        ] {
            assert_eq!(state(&ticket, &ann, now), hers, "{ticket:?}");
            assert_eq!(state(&ticket, &ben, now), his, "{ticket:?}");
        }
    }
}
