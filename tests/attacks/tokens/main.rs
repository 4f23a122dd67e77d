//! What the token endpoint, userinfo, discovery and the key set answer to attackers and to unlucky people.
//! One file per family; every file speaks to the real server as a stranger would, and looks into its database to see
//! that a refusal changed nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken fixture should fail loudly, and a fixture writes SQL of its own"
)]

mod announced;
mod assertions;
mod bodies;
mod channel_gone;
mod client_assertions;
mod client_authentication;
mod client_jwks_uri;
mod code_reuse;
mod codes;
mod cors;
mod database;
mod database_faults;
mod device;
mod device_person;
mod device_races;
mod device_scene;
mod discovery;
mod dpop;
mod exchange;
mod expiry;
mod fapi;
mod guessing;
mod handles;
mod hints;
mod id_token;
mod introspection;
mod jws;
mod key_set;
mod phone_codes;
mod phone_encrypted;
mod phone_numbers;
mod phone_races;
mod phone_scene;
mod place;
mod proofs;
mod proxied;
mod races;
mod refresh;
mod refresh_races;
mod refresh_scopes;
mod registered;
mod resources;
mod revocation;
mod rows;
mod secret_rotation;
mod signing;
mod twin;
mod userinfo;
