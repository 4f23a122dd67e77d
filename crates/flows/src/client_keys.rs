//! The keys of a client, and what it signed with them. A signature counts under a key that was registered before,
//! with the algorithm of that key; a token chooses nothing but which of the registered keys is meant.

use magpie_domain::{Algorithm, Client, ClientKeys, SecurityProfile};
use magpie_vault::{Verifier, peek};
use serde_json::{Map, Value};

/// Most keys that are tried for a token that names none.
const MOST_TRIED: usize = 8;

/// The claims of a token that this client signed; nothing for any other. `kinds` is what its `typ` may be, `pinned`
/// the only algorithm it may use, if the client registered one.
pub(crate) fn verify(
    client: &Client,
    jwt: &str,
    kinds: &[&str],
    pinned: Option<Algorithm>,
) -> Option<Map<String, Value>> {
    let shown = peek(jwt).ok()?;
    let algorithm = shown.algorithm()?;
    let is_forbidden = match client.policy().profile {
        SecurityProfile::Standard => false,
        SecurityProfile::Fapi2 => algorithm == Algorithm::Rs256,
    };
    if is_forbidden || pinned.is_some_and(|only| only != algorithm) {
        return None;
    }
    let set = match &client.policy().keys {
        ClientKeys::Jwks(text) => serde_json::from_str::<Value>(text).ok()?,
        ClientKeys::JwksUri(_) | ClientKeys::None => return None,
    };
    let keys = set.get("keys")?.as_array()?.iter().filter_map(Value::as_object);
    let is_meant = |key: &&Map<String, Value>| {
        shown.kid().is_none_or(|kid| key.get("kid").is_none_or(|known| known == kid))
    };
    keys.filter(is_meant).take(MOST_TRIED).find_map(|key| {
        Verifier::of_public_jwk(algorithm, key).ok()?.verify_from_client(jwt, kinds).ok()
    })
}
