//! The life of the signing keys: load them, make the next in time, take away what no token needs (law 2 for replicas:
//! stages follow from the rows' times, so nobody has to agree on a moment).

use magpie_domain::{Actor, Algorithm, AuditEvent, AuditFact, KeyRecord, KeyStage, SigningKeyId};
use magpie_store::{Once, StoreError, Tx, audit, signing_keys};
use magpie_vault::rotation::{self, NewKey};
use magpie_vault::{PublishedKey, SigningKeyMaterial, VaultError};

use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome};

/// Keys never refuse anybody: what stops them is a breakage.
pub type Never = std::convert::Infallible;

/// Reads every key from the store into the key ring. Parsing happens here, never per request.
///
/// # Errors
/// Only incidents: the store is away, or a key does not open under the root key.
pub async fn load(flows: &Flows) -> Outcome<(), Never> {
    read(flows).await.map(drop)
}

/// As [`load`]; gives every stored key's record, those that the key ring leaves out because they are retired included.
async fn read(flows: &Flows) -> Outcome<Vec<KeyRecord>, Never> {
    let mut tx = flows.store().read().await?;
    let rows = signing_keys::list(&mut tx).await?;
    drop(tx);
    let stored: Vec<_> = rows.iter().map(|row| row.record.clone()).collect();
    let known = flows.keyring().listing(flows.now());
    let unchanged = known.len() == stored.len()
        && stored.iter().all(|row| known.iter().any(|(record, _)| record == row));
    if unchanged {
        return Ok(stored);
    }
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let material = SigningKeyMaterial::unseal(
            flows.vault(),
            row.record.algorithm,
            &row.record.kid,
            &row.sealed,
        )?;
        keys.push(PublishedKey { signer: material.signer()?, record: row.record });
    }
    flows.keyring().install(keys, flows.now())?;
    Ok(stored)
}

/// Makes the keys that are due, removes those no token can need, and loads the result. Called at the start and by a job.
///
/// # Errors
/// Only incidents.
pub async fn tend(flows: &Flows) -> Outcome<(), Never> {
    let records = read(flows).await?;
    let settings = rotation_settings(flows);
    for algorithm in &flows.settings().algorithms {
        let plan = rotation::plan(&records, *algorithm, flows.now(), &settings);
        if let Some(new) = plan.create {
            add(flows, new, Actor::System).await?;
        }
        for record in records.iter().filter(|record| plan.remove.contains(&record.id)) {
            remove(flows, record, Actor::System).await?;
        }
    }
    load(flows).await
}

/// Makes the next key now (`magpie key rotate`); it signs after the usual time in the JWKS.
///
/// # Errors
/// Only incidents.
pub async fn rotate(flows: &Flows, algorithm: Algorithm) -> Outcome<KeyRecord, Never> {
    tend(flows).await?;
    let new = rotation::rotate_now(algorithm, flows.now(), &rotation_settings(flows));
    let record = add(flows, new, Actor::Operator).await?;
    load(flows).await?;
    Ok(record.ok_or(Inconsistent(
        "another process made a key at this moment; look at `magpie key list`",
    ))?)
}

/// Replaces a key that somebody else may know (`magpie key rotate --emergency`, KY-05): the new one signs at once, and
/// the old ones of that algorithm are gone from the JWKS, so nothing they signed is believed any more.
/// Applications that cached the JWKS fetch it again when they meet the new `kid`.
///
/// # Errors
/// Only incidents.
pub async fn replace_compromised(flows: &Flows, algorithm: Algorithm) -> Outcome<KeyRecord, Never> {
    let former = read(flows).await?;
    let new = rotation::replace_compromised(algorithm, flows.now());
    let record = add(flows, new, Actor::Operator).await?.ok_or(Inconsistent(
        "another process made a key at this moment; look at `magpie key list`",
    ))?;
    for key in former.iter().filter(|key| key.algorithm == algorithm) {
        remove(flows, key, Actor::Operator).await?;
    }
    load(flows).await?;
    Ok(record)
}

/// Every key with its stage.
///
/// # Errors
/// Only incidents.
pub async fn list(flows: &Flows) -> Outcome<Vec<(KeyRecord, KeyStage)>, Never> {
    load(flows).await?;
    Ok(flows.keyring().listing(flows.now()))
}

/// The rotation times of the settings.
fn rotation_settings(flows: &Flows) -> rotation::Settings {
    let lifetimes = flows.settings().lifetimes;
    rotation::Settings {
        active_for: lifetimes.key_active,
        published_ahead: lifetimes.key_published,
        longest_token: lifetimes.id_token.max(lifetimes.access_token),
        ..rotation::Settings::default()
    }
}

/// The newest key of an algorithm, as this process knows it.
fn newest(flows: &Flows, algorithm: Algorithm) -> Option<SigningKeyId> {
    let known = flows.keyring().listing(flows.now()).into_iter().map(|(record, _)| record);
    known.filter(|record| record.algorithm == algorithm).map(|record| record.id).max()
}

/// Makes one key, unless another replica made it a moment ago (CC-05): generated off the async threads (an RSA key takes up to 300 ms), sealed, stored with its audit row.
async fn add(flows: &Flows, new: NewKey, actor: Actor) -> Outcome<Option<KeyRecord>, Never> {
    let algorithm = new.algorithm;
    let material = tokio::task::spawn_blocking(move || SigningKeyMaterial::generate(algorithm))
        .await
        .unwrap_or(Err(VaultError::KeyGeneration(algorithm)))?;
    let record = KeyRecord {
        id: SigningKeyId::generate(flows.now(), flows.entropy())?,
        kid: material.kid().to_owned(),
        algorithm,
        published_at: new.published_at,
        signs_from: new.signs_from,
    };
    let sealed = material.seal(flows.vault(), flows.entropy())?;
    let public = serde_json::to_string(material.public_jwk())
        .map_err(|_cannot_fail| Inconsistent("a public key has no JSON"))?;
    let newest = newest(flows, algorithm);
    let mut tx = flows.store().write().await?;
    match signing_keys::succeed(&mut tx, &record, &sealed, &public, newest.as_ref()).await? {
        Once::Won(()) => {
            note(flows, &mut tx, actor, AuditFact::KeyAdded { kid: record.kid.clone() }).await?;
            tx.commit().await?;
            Ok(Some(record))
        }
        Once::TooLate => Ok(None),
    }
}

async fn remove(flows: &Flows, record: &KeyRecord, actor: Actor) -> Outcome<(), Never> {
    let mut tx = flows.store().write().await?;
    if signing_keys::remove(&mut tx, &record.id).await? {
        let fact = AuditFact::KeyRemoved { kid: record.kid.clone() };
        note(flows, &mut tx, actor, fact).await?;
    }
    Ok(tx.commit().await?)
}

async fn note(flows: &Flows, tx: &mut Tx, actor: Actor, fact: AuditFact) -> Result<(), StoreError> {
    audit::append(tx, &AuditEvent { at: flows.now(), actor, fact }).await
}
