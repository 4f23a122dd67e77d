//! The signing keys in use: which one signs now, which one a token names, and the JWKS as bytes.
//! Nothing is parsed or serialized per request: signers and the JWKS are built when the keys change and swapped whole.
//! Flows ask for signers and verifiers, web serves the bytes, the rotation job installs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use magpie_domain::signing_key::KeyRecord;
use magpie_domain::{Algorithm, KeyStage, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::client_keys::ClientKeySet;
use crate::error::VaultError;
use crate::rotation::{Settings, stages};
use crate::sign::Signer;
use crate::verify::Verifier;

/// A key of the store made ready: its times and its signer.
#[derive(Debug, Clone)]
pub struct PublishedKey {
    /// The row's times.
    pub record: KeyRecord,
    /// The signer of the same key.
    pub signer: Signer,
}

/// The JWKS document as it goes over the wire (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwks {
    /// `{"keys":[…]}`
    pub body: Arc<[u8]>,
    /// A strong entity tag with its quotation marks (RFC 9110 §8.8.3); changes exactly when the body does.
    pub etag: Arc<str>,
}

/// One consistent set of keys.
#[derive(Debug)]
struct Ring {
    /// By algorithm, then in the order in which they sign.
    records: Vec<KeyRecord>,
    signers: BTreeMap<String, Signer>,
    jwks: Jwks,
}

/// The keys in use. Readers never wait for a writer longer than a pointer takes to swap.
#[derive(Debug)]
pub struct Keyring {
    settings: Settings,
    ring: RwLock<Arc<Ring>>,
    /// Outlives the keys, which come and go.
    signed: Arc<AtomicU64>,
}

impl Keyring {
    /// An empty key ring, with an empty JWKS.
    ///
    /// # Errors
    /// As [`Keyring::install`].
    pub fn new(settings: Settings) -> Result<Self, VaultError> {
        let ring = RwLock::new(Arc::new(Ring::build(Vec::new())?));
        Ok(Self { settings, ring, signed: Arc::default() })
    }

    /// Puts `keys` in place of whatever was there, all at once; retired ones are left out of everything.
    ///
    /// # Errors
    /// [`VaultError::KidTwice`] when two keys bear one `kid`, [`VaultError::KeyUnusable`] when a signer is not its record's.
    pub fn install(&self, keys: Vec<PublishedKey>, now: Timestamp) -> Result<(), VaultError> {
        let records: Vec<_> = keys.iter().map(|key| key.record.clone()).collect();
        let mut ordered = Vec::new();
        for algorithm in Algorithm::ALL {
            for (record, stage) in stages(&records, algorithm, now, &self.settings) {
                let key = keys.iter().find(|key| key.record.id == record.id);
                if let (Some(key), true) = (key, stage != KeyStage::Retired) {
                    ordered.push(key.clone());
                }
            }
        }
        let ring = Arc::new(Ring::build(ordered)?);
        // A poisoned lock still holds a whole ring: it is only ever replaced, never changed in place.
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The signer of an algorithm at `now`, or `None` when there is no key for it.
    #[must_use]
    pub fn signer(&self, algorithm: Algorithm, now: Timestamp) -> Option<Signer> {
        let ring = self.ring();
        let stages = stages(&ring.records, algorithm, now, &self.settings);
        let (active, _) = stages.iter().find(|(_, stage)| *stage == KeyStage::Active)?;
        let signer = ring.signers.get(&active.kid)?.clone();
        Some(signer.counted_in(Arc::clone(&self.signed)))
    }

    /// How many signatures the signers of this ring have made since it was made.
    #[must_use]
    pub fn signatures(&self) -> u64 {
        self.signed.load(Ordering::Relaxed)
    }

    /// The verifier of one of our keys by its `kid`; the key, not the token, says which algorithm it checks.
    #[must_use]
    pub fn verifier(&self, kid: &str) -> Option<Verifier> {
        self.ring().signers.get(kid).map(|signer| signer.verifier().clone())
    }

    /// Our own keys as if they were a client's: checking a token against them costs what a client's would, and none
    /// that was not made by us holds.
    #[must_use]
    pub fn decoy(&self) -> ClientKeySet {
        let ring = self.ring();
        ClientKeySet::of(ring.signers.values().map(|signer| signer.verifier().nameless()).collect())
    }

    /// The JWKS, ready to send.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.ring().jwks.clone()
    }

    /// Every key in the ring with its stage at `now`, for `magpie key list` and the console.
    #[must_use]
    pub fn listing(&self, now: Timestamp) -> Vec<(KeyRecord, KeyStage)> {
        let ring = self.ring();
        let of = |algorithm| stages(&ring.records, algorithm, now, &self.settings);
        let all = Algorithm::ALL.into_iter().flat_map(of);
        all.map(|(record, stage)| (record.clone(), stage)).collect()
    }
}

impl Ring {
    fn build(keys: Vec<PublishedKey>) -> Result<Self, VaultError> {
        let jwks = jwks(&keys.iter().map(|key| key.signer.public_jwk()).collect::<Vec<_>>())?;
        let mut records = Vec::with_capacity(keys.len());
        let mut signers = BTreeMap::new();
        for PublishedKey { record, signer } in keys {
            if (signer.kid(), signer.algorithm()) != (record.kid.as_str(), record.algorithm) {
                return Err(VaultError::KeyUnusable(record.algorithm));
            }
            if signers.insert(record.kid.clone(), signer).is_some() {
                return Err(VaultError::KidTwice);
            }
            records.push(record);
        }
        Ok(Self { records, signers, jwks })
    }
}

fn jwks(keys: &[&Map<String, Value>]) -> Result<Jwks, VaultError> {
    let document = BTreeMap::from([("keys", keys)]);
    let body = serde_json::to_vec(&document).map_err(|_never| VaultError::ClaimsUnwritable)?;
    let mut etag = String::from("\"");
    for byte in Sha256::digest(&body).iter().take(16) {
        // Writing into a String cannot fail.
        write!(etag, "{byte:02x}").map_err(|_never| VaultError::ClaimsUnwritable)?;
    }
    etag.push('"');
    Ok(Jwks { body: body.into(), etag: etag.into() })
}
