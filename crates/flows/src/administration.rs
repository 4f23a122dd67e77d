//! What an administrator can do to stored clients. Each change has its audit row in the same transaction (law 11).

use magpie_domain::client::ClientDraft;
use magpie_domain::{
    Actor, AuditEvent, AuditFact, AuthMethod, Client, ClientId, ClientInvalid, ClientSecrets,
    EmailPolicy, Lifetime, Secret, Timestamp, TokenText,
};
use magpie_store::{Once, audit, clients, consents, grants, registrations};
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
    /// Its people's addresses are to be made up on a domain that nobody configured.
    #[error(
        "synthetic e-mail addresses need a domain; set `email_domain` in [claims] to a domain of your own"
    )]
    NoEmailDomain,
    /// Its people's corporate addresses are wanted, and no channel tells them.
    #[error(
        "no channel tells the corporate addresses of its members; give one of kind \"wecom\" scope = \"snsapi_privateinfo\""
    )]
    NoCorporateMail,
    /// The client stands in the configuration file and is changed there.
    #[error("the client is declared in the configuration file; change it there")]
    Declared,
    /// The change cannot be read; in words for the operator.
    #[error("{0}")]
    Change(String),
    /// There is no secret that could be replaced.
    #[error("the client has no secret")]
    NoSecret,
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
    let client = consistent(flows, draft)?;
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

/// Changes a stored client. `change` is handed its description and gives the new one, which is checked like that of a
/// new client. A client that no longer authenticates by a secret loses its secrets.
///
/// # Errors
/// [`ClientRefused`] when it is declared or unknown, or the change contradicts itself.
pub async fn update_client(
    flows: &Flows,
    id: &ClientId,
    change: impl FnOnce(ClientDraft) -> Result<ClientDraft, String>,
) -> Outcome<Client, ClientRefused> {
    if flows.settings().declared_client(id).is_some() {
        return Err(Stop::Refused(ClientRefused::Declared));
    }
    let mut tx = flows.store().write().await?;
    let found = clients::find_to_change(&mut tx, id).await?;
    let found = found.ok_or(Stop::Refused(ClientRefused::Unknown))?;
    let mut draft = change(found.to_draft())
        .map_err(|problem| Stop::Refused(ClientRefused::Change(problem)))?;
    draft.id = found.id().clone();
    let uses_secret = draft.policy.auth_methods.iter().copied().any(AuthMethod::needs_secret);
    draft.secrets = if uses_secret { *found.secrets() } else { ClientSecrets::default() };
    let client = consistent(flows, draft)?;
    clients::update(&mut tx, &client).await?;
    if client.is_enabled() {
        // Whoever registered itself unasked has somebody now who stands for it.
        registrations::vouch(&mut tx, id).await.map(drop)?;
    }
    let fact = AuditFact::ClientChanged { client: client.id().clone() };
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor: Actor::Operator, fact }).await?;
    tx.commit().await?;
    Ok(client)
}

/// A client that contradicts neither itself nor the configuration, as one in the file is held to it.
fn consistent(flows: &Flows, draft: ClientDraft) -> Outcome<Client, ClientRefused> {
    let client = Client::new(draft).map_err(|invalid| Stop::Refused(invalid.into()))?;
    let settings = flows.settings();
    match client.policy().email {
        EmailPolicy::Synthetic if settings.email_domain.is_none() => {
            Err(Stop::Refused(ClientRefused::NoEmailDomain))
        }
        EmailPolicy::Corporate if !settings.knows_corporate_mail() => {
            Err(Stop::Refused(ClientRefused::NoCorporateMail))
        }
        EmailPolicy::None | EmailPolicy::Synthetic | EmailPolicy::Corporate => Ok(client),
    }
}

/// Gives a stored client a new secret of our making, shown this once. The one before counts for `keep` longer.
/// Gives the secret and when the one before stops counting.
///
/// # Errors
/// [`ClientRefused`] when it is declared, unknown or has no secret.
pub async fn rotate_secret(
    flows: &Flows,
    id: &ClientId,
    keep: Option<Lifetime>,
) -> Outcome<(TokenText, Option<Timestamp>), ClientRefused> {
    if flows.settings().declared_client(id).is_some() {
        return Err(Stop::Refused(ClientRefused::Declared));
    }
    let made = generate::client_secret(flows.entropy())?;
    let hash = flows.vault().hash_client_secret(made.expose());
    let previous_until = keep.map(|keep| flows.now().plus(keep));
    let mut tx = flows.store().write().await?;
    if !clients::rotate_secret(&mut tx, id, &hash, previous_until).await? {
        let known = clients::find(&mut tx, id).await?.is_some();
        let refused = if known { ClientRefused::NoSecret } else { ClientRefused::Unknown };
        return Err(Stop::Refused(refused));
    }
    let fact = AuditFact::ClientSecretRotated { client: id.clone(), previous_until };
    audit::append(&mut tx, &AuditEvent { at: flows.now(), actor: Actor::Operator, fact }).await?;
    tx.commit().await?;
    Ok((made, previous_until))
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
    consents::forget_client(&mut tx, id).await?;
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
