//! The outbox of back-channel logout is emptied: messages that are due are leased, sent side by side, and taken out or put
//! back. Every replica does so; a lease keeps them off each other's messages, and one whose sender died is free again
//! when it has passed (CC-08). No transaction is open while an application is called (law 3).

use std::time::Duration;

use magpie_domain::{Actor, AuditEvent, AuditFact, LogoutDelivery, Timestamp, TokenText, entropy};
use magpie_oidc::logout::{LogoutTokenFacts, logout_token};
use magpie_store::{Once, StoreError, audit, logout_deliveries, users};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clients;
use crate::context::Flows;
use crate::outcome::{Incident, Outcome, Stop};
use crate::pairwise::subject_for;
use crate::token::mint;

/// Most applications that are called at a time.
const MOST_AT_A_TIME: usize = 16;
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

/// Empties the outbox until `stop`; what is being sent then is still awaited.
pub(crate) async fn run(flows: Flows, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = flows.logout_due().notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        send_all(&flows, &stop).await;
    }
}

/// Sends everything that is due, a bounded number at a time; one slow application holds up nobody else.
async fn send_all(flows: &Flows, stop: &CancellationToken) {
    let mut calls = JoinSet::new();
    loop {
        let room = MOST_AT_A_TIME.saturating_sub(calls.len());
        if room > 0 && !stop.is_cancelled() {
            for delivery in due(flows, room).await {
                calls.spawn(send(flows.clone(), delivery));
            }
        }
        if calls.is_empty() {
            return;
        }
        tokio::select! {
            _ended = calls.join_next() => {}
            () = flows.logout_due().notified() => {}
        }
    }
}

/// What this replica may send now; nothing while the outbox cannot be read.
async fn due(flows: &Flows, room: usize) -> Vec<LogoutDelivery> {
    lease(flows, room).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the outbox of logout could not be read; trying again");
        Vec::new()
    })
}

/// Takes messages for this replica alone. Looks before it writes, so that waiting costs no commit.
async fn lease(flows: &Flows, room: usize) -> Result<Vec<LogoutDelivery>, StoreError> {
    let now = flows.now();
    let mut reader = flows.store().read().await?;
    if !logout_deliveries::is_any_due(&mut reader, now).await? {
        return Ok(Vec::new());
    }
    drop(reader);
    let most = u32::try_from(room).unwrap_or(1);
    let mut tx = flows.store().write().await?;
    let until = now.plus(LogoutDelivery::LEASE);
    let leased = logout_deliveries::lease(&mut tx, now, until, most).await?;
    tx.commit().await?;
    Ok(leased)
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

    /// L8, LO-06.
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
