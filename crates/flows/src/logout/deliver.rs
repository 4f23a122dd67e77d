//! The outbox of back-channel logout is emptied: messages that are due are leased, sent side by side, and taken out or put
//! back. Every replica does so; a lease keeps them off each other's messages, and one whose sender died is free again
//! when it has passed (CC-08). No transaction is open while an application is called (law 3).
//! A slow application holds up its own messages alone, and a crowd of strangers' ones those of strangers
//! ([decision 0051](../../../../docs/decisions/0051-everybody-waits-for-their-own.md)).

use std::collections::HashMap;
use std::time::Duration;

use magpie_domain::{
    Actor, AuditEvent, AuditFact, ClientId, LogoutDelivery, Timestamp, TokenText, entropy,
};
use magpie_oidc::logout::{LogoutTokenFacts, logout_token};
use magpie_store::logout_deliveries::{self, Whose};
use magpie_store::{Once, StoreError, audit, users};
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::clients;
use crate::context::Flows;
use crate::outcome::{Incident, Outcome, Stop};
use crate::pairwise::subject_for;
use crate::token::mint;

/// Most calls to one application at a time. Another message to it waits for one of them, and for nobody else.
const MOST_TO_ONE: usize = 4;
/// How often the outbox is looked into when nobody says that there is something: retries, and what a dead replica left.
const LOOK: Duration = Duration::from_secs(5);
/// Longest wait for an application.
const CALL: Duration = Duration::from_secs(5);

type Never = std::convert::Infallible;

/// What an application made of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// It has ended its session.
    Yes,
    /// It is gone, or wants no messages any more.
    Nobody,
    /// It did not take it; later it may.
    NotYet(&'static str),
    /// It refuses this message (Back-Channel Logout §2.8).
    Never,
}

/// Whose messages one of the two senders has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// Of applications that an operator stands for.
    Vouched,
    /// Of those that registered themselves.
    Strangers,
}

impl Lane {
    /// Most calls at a time: less than the guarded client makes for the lane, which fetches keys and pictures too.
    const fn most(self) -> usize {
        match self {
            Self::Vouched => 16,
            Self::Strangers => 8,
        }
    }
}

/// Told when there may be something in the outbox.
#[derive(Debug, Default)]
pub(crate) struct LogoutDue {
    vouched: Notify,
    strangers: Notify,
}

impl LogoutDue {
    /// Wakes both senders.
    pub(crate) fn notify_one(&self) {
        self.vouched.notify_one();
        self.strangers.notify_one();
    }

    async fn notified(&self, lane: Lane) {
        match lane {
            Lane::Vouched => self.vouched.notified().await,
            Lane::Strangers => self.strangers.notified().await,
        }
    }
}

/// Empties the outbox until `stop`; what is being sent then is still awaited.
pub(crate) async fn run(flows: Flows, stop: CancellationToken) {
    tokio::join!(empty(&flows, &stop, Lane::Vouched), empty(&flows, &stop, Lane::Strangers));
}

async fn empty(flows: &Flows, stop: &CancellationToken, lane: Lane) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = flows.logout_due().notified(lane) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        send_all(flows, stop, lane).await;
    }
}

/// Sends everything of a lane that is due, a bounded number at a time.
async fn send_all(flows: &Flows, stop: &CancellationToken, lane: Lane) {
    let mut sending = Sending::default();
    loop {
        if !stop.is_cancelled() {
            for delivery in due(flows, lane, &sending).await {
                sending.start(flows, delivery);
            }
        }
        if sending.calls.is_empty() {
            return;
        }
        tokio::select! {
            () = sending.one_ended() => {}
            () = flows.logout_due().notified(lane) => {}
        }
    }
}

/// The calls of one lane, and whom each is for.
#[derive(Debug, Default)]
struct Sending {
    calls: JoinSet<()>,
    to: HashMap<task::Id, ClientId>,
}

impl Sending {
    fn start(&mut self, flows: &Flows, delivery: LogoutDelivery) {
        let client = delivery.client_id.clone();
        let call = self.calls.spawn(send(flows.clone(), delivery)).id();
        self.to.insert(call, client);
    }

    async fn one_ended(&mut self) {
        let ended = self.calls.join_next_with_id().await;
        let call = ended.map(|ended| ended.map_or_else(|broken| broken.id(), |(call, ())| call));
        call.map(|call| self.to.remove(&call));
    }
}

/// The clients that are called often enough already, of those that have these calls.
fn have_enough<'a>(calls: impl Iterator<Item = &'a ClientId>) -> Vec<ClientId> {
    let mut counts: HashMap<&ClientId, usize> = HashMap::new();
    for client in calls {
        *counts.entry(client).or_default() += 1;
    }
    let enough = counts.into_iter().filter(|(_, calls)| *calls >= MOST_TO_ONE);
    enough.map(|(client, _)| client.clone()).collect()
}

/// What this replica may send now; nothing while the outbox cannot be read.
async fn due(flows: &Flows, lane: Lane, sending: &Sending) -> Vec<LogoutDelivery> {
    lease(flows, lane, sending).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the outbox of logout could not be read; trying again");
        Vec::new()
    })
}

/// Takes messages for this replica alone. Looks before it writes, so that waiting costs no commit.
async fn lease(
    flows: &Flows,
    lane: Lane,
    sending: &Sending,
) -> Result<Vec<LogoutDelivery>, StoreError> {
    let mut taken: Vec<LogoutDelivery> = Vec::new();
    let room = lane.most().saturating_sub(sending.calls.len());
    let registered = lane == Lane::Strangers;
    let (now, mut but) = (flows.now(), have_enough(sending.to.values()));
    let mut reader = flows.store().read().await?;
    if room == 0
        || !logout_deliveries::is_any_due(&mut reader, now, Whose { registered, but: &but }).await?
    {
        return Ok(taken);
    }
    drop(reader);
    let mut tx = flows.store().write().await?;
    let until = now.plus(LogoutDelivery::LEASE);
    while taken.len() < room {
        let whose = Whose { registered, but: &but };
        let leased = logout_deliveries::lease(&mut tx, now, until, whose).await?;
        let Some(delivery) = leased else { break };
        taken.push(delivery);
        let new = taken.iter().map(|delivery| &delivery.client_id);
        but = have_enough(sending.to.values().chain(new));
    }
    tx.commit().await?;
    Ok(taken)
}

async fn send(flows: Flows, delivery: LogoutDelivery) {
    let heard = match tell(&flows, &delivery).await {
        Ok(heard) => heard,
        Err(Stop::Broken(incident)) => unmade(&delivery, &incident),
    };
    if let Err(error) = note(&flows, &delivery, heard).await {
        // The lease passes and somebody sends it again: twice is better than never.
        tracing::warn!(client.id = %delivery.client_id, %error, "what came of a logout message could not be noted");
    }
}

fn unmade(delivery: &LogoutDelivery, incident: &Incident) -> Heard {
    tracing::error!(client.id = %delivery.client_id, causes = incident.causes(), place = %incident.place(), "a logout message could not be made");
    Heard::NotYet("broken")
}

/// Makes the token and posts it.
async fn tell(flows: &Flows, delivery: &LogoutDelivery) -> Outcome<Heard, Never> {
    let Some(client) = clients::find(flows, &delivery.client_id).await? else {
        return Ok(Heard::Nobody);
    };
    let Some(address) = client.policy().logout.backchannel_uri.clone() else {
        return Ok(Heard::Nobody);
    };
    let mut reader = flows.store().read().await?;
    let Some(user) = users::find(&mut reader, &delivery.user_id).await? else {
        return Ok(Heard::Nobody);
    };
    drop(reader);
    let jti = entropy::token(flows.entropy())?;
    let claims = logout_token(&LogoutTokenFacts {
        issuer: flows.issuer(),
        client: client.id(),
        subject: &subject_for(flows, &client, &user.subject),
        session: &delivery.session_id,
        now: flows.now(),
        jti: jti.expose(),
    });
    // The key and algorithm of its ID tokens (Back-Channel Logout §2.4).
    let algorithm = mint::id_token_algorithm(flows, &client);
    let token = TokenText::new(mint::sign(flows, algorithm, "logout+jwt", &claims)?);
    let form = [("logout_token", token.expose())];
    Ok(match flows.guarded(&client).post_form(&address, &form, CALL).await {
        Ok(status) => judge(status),
        Err(failed) => Heard::NotYet(failed.as_str()),
    })
}

/// 200 is the answer of the specification and 204 that of many; 400 says that the message itself is wrong, so saying it
/// again does not help (§2.8). Everything else may be a moment's trouble of the application.
const fn judge(status: u16) -> Heard {
    match status {
        200..=299 => Heard::Yes,
        400 => Heard::Never,
        _ => Heard::NotYet("status"),
    }
}

/// Takes the message out of the outbox, or puts it back for later. What is given up has an audit row.
async fn note(flows: &Flows, delivery: &LogoutDelivery, heard: Heard) -> Result<(), StoreError> {
    match heard {
        Heard::Yes => {
            flows.logout_messages().count_delivered();
            take_out(flows, delivery).await
        }
        Heard::Nobody => take_out(flows, delivery).await,
        Heard::NotYet(reason) => match delivery.retry_at(flows.now()) {
            Some(next) => postpone(flows, delivery, reason, next).await,
            None => give_up(flows, delivery, reason).await,
        },
        Heard::Never => give_up(flows, delivery, "refused").await,
    }
}

async fn take_out(flows: &Flows, delivery: &LogoutDelivery) -> Result<(), StoreError> {
    let mut tx = flows.store().write_single().await?;
    // Too late: somebody else has sent it as well.
    let _once = logout_deliveries::settle(&mut tx, delivery).await?;
    tx.commit().await
}

async fn postpone(
    flows: &Flows,
    delivery: &LogoutDelivery,
    reason: &str,
    next: Timestamp,
) -> Result<(), StoreError> {
    let (client, attempts) = (&delivery.client_id, delivery.attempts);
    flows.logout_messages().count_retried();
    tracing::warn!(client.id = %client, reason, attempts, "an application did not take a logout message; trying again later");
    let mut tx = flows.store().write_single().await?;
    let _once = logout_deliveries::postpone(&mut tx, delivery, next).await?;
    tx.commit().await
}

async fn give_up(flows: &Flows, delivery: &LogoutDelivery, reason: &str) -> Result<(), StoreError> {
    let (client, attempts) = (&delivery.client_id, delivery.attempts);
    flows.logout_messages().count_given_up();
    tracing::warn!(client.id = %client, reason, attempts, "a logout message was given up; the person may still be signed in at the application");
    let mut tx = flows.store().write().await?;
    if let Once::Won(()) = logout_deliveries::settle(&mut tx, delivery).await? {
        let fact = AuditFact::LogoutNotDelivered {
            user: delivery.user_id.clone(),
            client: delivery.client_id.clone(),
        };
        let event = AuditEvent { at: flows.now(), actor: Actor::System, fact };
        audit::append(&mut tx, &event).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L8, LO-06. Seen red with 204 taken for a failure, 500 for the last word, and 400 for a moment's trouble.
    #[test]
    fn only_a_refusal_of_the_message_itself_is_final() {
        for (status, expected) in [
            (200, Heard::Yes),
            (204, Heard::Yes),
            (400, Heard::Never),
            (401, Heard::NotYet("status")),
            (404, Heard::NotYet("status")),
            (429, Heard::NotYet("status")),
            (500, Heard::NotYet("status")),
            (503, Heard::NotYet("status")),
        ] {
            assert_eq!(judge(status), expected, "{status}");
        }
    }
}
