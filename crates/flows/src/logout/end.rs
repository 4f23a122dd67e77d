//! The end of a session, in one transaction: the session itself, what it gave, the audit row, and a message in the outbox
//! for every application that wants to be told. Whoever loses the race for the end writes nothing (law 2).

use magpie_domain::{
    Actor, AuditEvent, AuditFact, Client, ClientId, DeliveryId, LogoutDelivery, Timestamp,
};
use magpie_oidc::logout::frontchannel_address;
use magpie_store::{
    Once, StoreError, Tx, audit, clients, logout_deliveries, session_grants, sessions,
};

use crate::browser_session::SignedIn;
use crate::context::Flows;
use crate::outcome::Outcome;

/// Ends the session of somebody who is signed in, and gives the addresses that their browser should open in frames.
/// `asking` is the application that sent the browser here, if any; it is told after the others.
pub(crate) async fn end_session<R>(
    flows: &Flows,
    person: &SignedIn,
    asking: Option<&ClientId>,
) -> Outcome<Vec<String>, R> {
    let mut tx = flows.store().write().await?;
    let Some(frames) = end_within(flows, &mut tx, person, asking).await? else {
        tx.rollback().await?;
        return Ok(Vec::new());
    };
    tx.commit().await?;
    flows.logout_due().notify_one();
    Ok(frames)
}

/// The same as part of the caller's transaction; nothing when the session has ended already. After the commit the caller
/// says that there may be something to send ([`Flows::logout_due`]).
pub(crate) async fn end_within<R>(
    flows: &Flows,
    tx: &mut Tx,
    person: &SignedIn,
    asking: Option<&ClientId>,
) -> Outcome<Option<Vec<String>>, R> {
    let (now, session) = (flows.now(), &person.session.id);
    let Once::Won(()) = sessions::end(tx, session, now).await? else { return Ok(None) };
    // First: whoever redeems a code from now on is refused, and whoever did before is found below.
    session_grants::revoke_online(tx, session, now).await?;
    let mut frames = Vec::new();
    for id in session_grants::clients_of(tx, session).await? {
        let Some(client) = find(flows, tx, &id).await? else { continue };
        let rules = &client.policy().logout;
        if rules.backchannel_uri.is_some() {
            let is_asking = asking == Some(&id);
            let due_at = if is_asking { now.plus(LogoutDelivery::HEAD_START) } else { now };
            queue(flows, tx, person, id, due_at).await?;
        }
        if let Some(address) = &rules.frontchannel_uri {
            frames.push(frontchannel_address(address, flows.issuer(), session));
        }
    }
    let (actor, user) = (Actor::Person(person.user.id.clone()), person.user.id.clone());
    let fact = AuditFact::SignedOut { user };
    audit::append(tx, &AuditEvent { at: now, actor, fact }).await?;
    Ok(Some(frames))
}

async fn queue<R>(
    flows: &Flows,
    tx: &mut Tx,
    person: &SignedIn,
    client_id: ClientId,
    due_at: Timestamp,
) -> Outcome<(), R> {
    let now = flows.now();
    let delivery = LogoutDelivery {
        id: DeliveryId::generate(now, flows.entropy())?,
        client_id,
        user_id: person.user.id.clone(),
        session_id: person.session.id.clone(),
        due_at,
        attempts: 0,
        gives_up_at: now.plus(LogoutDelivery::PATIENCE),
    };
    Ok(logout_deliveries::queue(tx, &delivery).await?)
}

/// The client, read within the transaction: a second connection must not be waited for while one is held.
async fn find(flows: &Flows, tx: &mut Tx, id: &ClientId) -> Result<Option<Client>, StoreError> {
    match flows.settings().declared_client(id) {
        Some(declared) => Ok(Some(declared.clone())),
        None => clients::find(tx, id).await,
    }
}
