//! An application registers itself (RFC 7591) and manages what it registered (RFC 7592): prove who asks, let the rules
//! judge, fetch what has to be fetched while no transaction is open, then write the client and its audit row in one.

mod manage;
mod sector;
mod unused;

use magpie_domain::{
    Actor, AuditEvent, AuditFact, Client, ClientId, ClientSecrets, Timestamp, TokenHash,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::registration::{self, RegistrationFacts, RegistrationRules};
use magpie_store::registrations::{NewRegistration, Registered};
use magpie_store::{Once, Tx, audit, registrations};
use magpie_vault::{Purpose, generate};
use serde_json::{Map, Value};

use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

pub use manage::{remove, replace, show};
pub(crate) use unused::{note_use, sweep};

/// Who may register an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Nobody: there is no such endpoint.
    Closed,
    /// Whoever shows the initial access token, of which this is the keyed hash.
    Token(TokenHash),
    /// Anybody.
    Open {
        /// Most applications at a time that have signed nobody in.
        most_unused: u32,
    },
}

/// `[registration]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationSettings {
    /// Who may.
    pub mode: RegistrationMode,
    /// Most applications that registered themselves.
    pub most_clients: u32,
}

impl RegistrationSettings {
    /// Whether the endpoints are there.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        self.mode != RegistrationMode::Closed
    }
}

/// Why an application was not registered, shown, changed or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationRefused {
    /// No token was shown.
    NoToken,
    /// The token is not the right one, or the client is not there: nobody learns which.
    WrongToken,
    /// What it says of itself cannot be, or there is no room.
    Refused(OAuthError),
}

/// What it says cannot be.
const fn refuse(error: OAuthError) -> Stop<RegistrationRefused> {
    Stop::Refused(RegistrationRefused::Refused(error))
}

/// The keyed hash of a token that registers or manages.
fn token_hash(flows: &Flows, token: &str) -> TokenHash {
    flows.vault().hash_handle(Purpose::RegistrationToken, token)
}

/// Whether that is the token behind the hash, under the present or a former root key.
fn is_token(flows: &Flows, token: &str, stored: &TokenHash) -> bool {
    let former = flows.vault().former_hashes(Purpose::RegistrationToken, token);
    let is_present = token_hash(flows, token) == *stored;
    former.iter().fold(is_present, |found, hash| found | (hash == stored))
}

fn rules(flows: &Flows) -> RegistrationRules<'_> {
    let settings = flows.settings();
    RegistrationRules {
        algorithms: &settings.algorithms,
        default_algorithm: settings.algorithm,
        email: settings.email_domain.is_some(),
        development: settings.development,
    }
}

/// Registers an application and gives what it is told.
///
/// # Errors
/// [`RegistrationRefused`]; nothing was written then.
pub async fn register(
    flows: &Flows,
    authorization: Option<&str>,
    body: &Map<String, Value>,
) -> Outcome<Map<String, Value>, RegistrationRefused> {
    may_register(flows, authorization).map_err(Stop::Refused)?;
    let metadata = registration::read(body, &rules(flows), None).map_err(refuse)?;
    // Asked before anything is fetched, and again where it counts.
    let mut tx = flows.store().read().await?;
    room(flows, &mut tx).await?;
    drop(tx);
    sector::check(flows, &metadata).await?;
    let secret = if metadata.needs_secret() {
        Some(generate::client_secret(flows.entropy())?)
    } else {
        None
    };
    let hash = secret.as_ref().map(|secret| flows.vault().hash_client_secret(secret.expose()));
    let now = flows.now();
    let id = ClientId::generate(now, flows.entropy())?;
    let client = metadata.client(id, ClientSecrets::of(hash)).map_err(refuse)?;
    let token = generate::handle(flows.entropy())?;
    admit(flows, &client, &token_hash(flows, token.expose()), now).await?;
    tracing::info!(client.id = %client.id(), "an application registered itself");
    let facts = RegistrationFacts {
        issuer: flows.issuer(),
        default_algorithm: flows.settings().algorithm,
        since: now,
        token: token.expose(),
        secret: secret.as_ref().map(|secret| secret.expose()),
    };
    Ok(registration::document(&client, &facts))
}

/// Writes the client down, if there is room, with its audit row.
async fn admit(
    flows: &Flows,
    client: &Client,
    token: &TokenHash,
    now: Timestamp,
) -> Outcome<(), RegistrationRefused> {
    let unused_until = match flows.settings().registration.mode {
        RegistrationMode::Open { .. } => Some(now.plus(registrations::UNUSED_FOR)),
        RegistrationMode::Token(_) | RegistrationMode::Closed => None,
    };
    let mut tx = flows.store().write().await?;
    room(flows, &mut tx).await?;
    let new = NewRegistration { client, token, now, unused_until };
    if let Once::TooLate = registrations::insert(&mut tx, &new).await? {
        return Err(refuse(OAuthError::temporarily_unavailable("the id is taken; try again")));
    }
    let (actor, client) = (Actor::Client(client.id().clone()), client.id().clone());
    let event = AuditEvent { at: now, actor, fact: AuditFact::ClientAdded { client } };
    audit::append(&mut tx, &event).await?;
    Ok(tx.commit().await?)
}

/// Whether whoever asks may register at all (RFC 7591 §3).
fn may_register(flows: &Flows, authorization: Option<&str>) -> Result<(), RegistrationRefused> {
    match flows.settings().registration.mode {
        RegistrationMode::Open { .. } => Ok(()),
        RegistrationMode::Token(stored) => match registration::presented(authorization) {
            None => Err(RegistrationRefused::NoToken),
            Some(token) if is_token(flows, token, &stored) => Ok(()),
            Some(_) => Err(RegistrationRefused::WrongToken),
        },
        RegistrationMode::Closed => Err(RegistrationRefused::WrongToken),
    }
}

/// Whether there is room for one more. On PostgreSQL replicas that ask at the very same moment may all hear yes.
async fn room(flows: &Flows, tx: &mut Tx) -> Outcome<(), RegistrationRefused> {
    let settings = flows.settings().registration;
    let Registered { all, unused } = registrations::count(tx).await?;
    let too_many_unused = match settings.mode {
        RegistrationMode::Open { most_unused } => unused >= u64::from(most_unused),
        RegistrationMode::Token(_) | RegistrationMode::Closed => false,
    };
    if all >= u64::from(settings.most_clients) || too_many_unused {
        tracing::warn!(all, unused, "an application could not register: there is no room");
        let full = "there is no room for another application at present";
        return Err(refuse(OAuthError::temporarily_unavailable(full)));
    }
    Ok(())
}
