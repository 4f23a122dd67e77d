//! What an administrator can do to stored clients. Each change has its audit row in the same transaction (law 11).

use magpie_domain::client::ClientDraft;
use magpie_domain::{
    Actor, AuditEvent, AuditFact, Client, ClientId, ClientInvalid, ClientSecrets, Secret, TokenText,
};
use magpie_store::{Once, audit, clients, grants};
use magpie_vault::generate;

use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// Why a client was not added or removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefused {
    /// The description contradicts itself.
    #[error(transparent)]
    Invalid(#[from] ClientInvalid),
    /// The id is taken.
    #[error("a client of that id exists already")]
    Exists,
    /// The client stands in the configuration file and is changed there.
    #[error("the client is declared in the configuration file; change it there")]
    Declared,
    /// There is no such client.
    #[error("there is no client of that id")]
    Unknown,
}

/// Where a new client's secret comes from.
#[derive(Debug, Clone)]
pub enum NewSecret {
    /// Nowhere: a public client.
    None,
    /// From us: 256 bits.
    Generated,
    /// From the operator, who has it from somewhere else.
    Given(Secret<String>),
}

/// Adds a client. A secret of our making is given back, shown this once; every secret is kept as a keyed hash.
///
/// # Errors
/// [`ClientRefused`] when it contradicts itself or exists.
pub async fn add_client(
    flows: &Flows,
    mut draft: ClientDraft,
    secret: NewSecret,
) -> Outcome<(Client, Option<TokenText>), ClientRefused> {
    let hash = |text: &str| flows.vault().hash_client_secret(text);
    let (kept, shown) = match secret {
        NewSecret::None => (None, None),
        NewSecret::Generated => {
            let made = generate::client_secret(flows.entropy())?;
            (Some(hash(made.expose())), Some(made))
        }
        NewSecret::Given(given) => (Some(hash(given.expose())), None),
    };
    draft.secrets = ClientSecrets::of(kept);
    let client = Client::new(draft).map_err(|invalid| Stop::Refused(invalid.into()))?;
    if flows.settings().declared_client(client.id()).is_some() {
        return Err(Stop::Refused(ClientRefused::Declared));
    }
    let mut tx = flows.store().write().await?;
    if let Once::TooLate = clients::insert(&mut tx, &client, flows.now()).await? {
        return Err(Stop::Refused(ClientRefused::Exists));
    }
    let fact = AuditFact::ClientAdded { client: client.id().clone() };
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor: Actor::Operator, fact }).await?;
    tx.commit().await?;
    Ok((client, shown))
}

/// Removes a stored client and ends everything it was granted, so that another client of the same id inherits nothing.
///
/// # Errors
/// [`ClientRefused`] when it is declared or unknown.
pub async fn remove_client(flows: &Flows, id: &ClientId) -> Outcome<(), ClientRefused> {
    if flows.settings().declared_client(id).is_some() {
        return Err(Stop::Refused(ClientRefused::Declared));
    }
    let mut tx = flows.store().write().await?;
    if !clients::remove(&mut tx, id).await? {
        return Err(Stop::Refused(ClientRefused::Unknown));
    }
    grants::revoke_of_client(&mut tx, id, flows.now()).await?;
    let fact = AuditFact::ClientRemoved { client: id.clone() };
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor: Actor::Operator, fact }).await?;
    Ok(tx.commit().await?)
}

/// Every client: the declared ones first, then the stored ones that they do not hide. True marks a declared one.
///
/// # Errors
/// Only incidents.
pub async fn list_clients(flows: &Flows) -> Outcome<Vec<(Client, bool)>, ClientRefused> {
    let mut tx = flows.store().read().await?;
    let stored = clients::list(&mut tx).await?;
    let declared = flows.settings().clients.iter().cloned().map(|client| (client, true));
    let visible =
        stored.into_iter().filter(|client| flows.settings().declared_client(client.id()).is_none());
    Ok(declared.chain(visible.map(|client| (client, false))).collect())
}

/// One client, and whether it is declared.
///
/// # Errors
/// [`ClientRefused::Unknown`].
pub async fn show_client(flows: &Flows, id: &ClientId) -> Outcome<(Client, bool), ClientRefused> {
    let found =
        crate::clients::find(flows, id).await?.ok_or(Stop::Refused(ClientRefused::Unknown))?;
    let declared = flows.settings().declared_client(id).is_some();
    Ok((found, declared))
}
