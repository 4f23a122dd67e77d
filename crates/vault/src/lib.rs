//! Keys, hashes and seals: everything in Magpie that touches key material.
//!
//! One root key opens the vault; every other key is derived from it, one per [`Purpose`].
//! The vault signs and verifies ([`Signer`], [`Verifier`], [`Keyring`]), seals and opens ([`Vault`]), hashes handles and
//! client secrets, and hashes what a human chose ([`Passwords`]).
//! It opens no file, asks no clock and stores no row: the server reads the root key, the store keeps what is sealed,
//! flows bring the moment and the entropy.
//! Its errors name what happened and never what it happened to.
#![deny(missing_docs)]

mod border;
pub mod cbc;
pub mod claims;
pub mod client_keys;
mod derive;
mod error;
pub mod generate;
mod hash;
pub mod jwk;
pub mod keyring;
pub mod password;
pub mod proof;
pub mod refresh_chain;
mod root_key;
pub mod rotation;
mod seal;
pub mod sign;
pub mod strict_json;
pub mod verify;

pub use claims::{ClaimRefused, Expected, Presence, Times};
pub use client_keys::ClientKeySet;
pub use derive::Vault;
pub use error::VaultError;
pub use hash::Fingerprint;
pub use keyring::{Jwks, Keyring, PublishedKey};
pub use password::{PasswordRefused, Passwords};
pub use proof::Proof;
pub use refresh_chain::RefreshLink;
pub use root_key::{Purpose, RootKey};
pub use seal::{SealBroken, bound};
pub use sign::{Signer, SigningKeyMaterial};
pub use verify::{Refused, Unproven, Verifier, peek};
