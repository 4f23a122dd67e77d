//! What an assertion must say to prove a client (`private_key_jwt`: RFC 7523 §3, OIDC Core §9, FAPI 2.0 §5.3.2.1).
//! The signature is the vault's question, the times and the issuer are checked by the vault's claim rules, and that an
//! assertion counts once is the store's promise; here is the rest. Everybody who fails hears the same sentence.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use magpie_domain::{Algorithm, Client, ClientId, Issuer, Lifetime, SecurityProfile, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::paths;

/// The only `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What `typ` may be, if it is there at all.
pub const KINDS: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// How far the client's clock may be from ours: FAPI 2.0 wants 10 s in the future accepted and more than 60 s refused.
pub const SKEW: Lifetime = Lifetime::from_seconds(30);

/// How far ahead `exp` may lie: a stolen assertion must not be good for long, and every `jti` is remembered until then.
const LONGEST: Lifetime = Lifetime::from_hours(1);

/// The longest assertion that is looked at, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// The members that say who made it. Each may be there once: a derived reader refuses a second one.
#[derive(Deserialize)]
struct Maker {
    iss: String,
    sub: String,
}

/// Who an assertion says made it: `iss` and `sub`, which must be one. Nothing of it is proved.
pub(super) fn maker(text: &str) -> Option<ClientId> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let payload = text.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let maker: Maker = serde_json::from_slice(&payload).ok()?;
    if maker.iss != maker.sub {
        return None;
    }
    ClientId::parse(&maker.sub)
}

/// Whether the client may sign its assertions with that algorithm: the one it registered, or any of ours; never RS256
/// under FAPI 2.0 (§5.4).
#[must_use]
pub fn may_use(client: &Client, algorithm: Algorithm) -> bool {
    let policy = client.policy();
    let is_registered = policy.algorithms.assertion.is_none_or(|only| only == algorithm);
    let is_strong = match policy.profile {
        SecurityProfile::Standard => true,
        SecurityProfile::Fapi2 => algorithm != Algorithm::Rs256,
    };
    is_registered && is_strong
}

/// The names by which an assertion may address us. The issuer, and for clients of the older rules the address that
/// OIDC Core §9 recommended and the one that RFC 9126 §2 allows besides. All of them are ours, and an assertion counts
/// once, so nobody gains by one that was meant for our other endpoint.
#[must_use]
pub fn audiences(client: &Client, issuer: &Issuer) -> Vec<String> {
    let ourselves = issuer.as_str().to_owned();
    match client.policy().profile {
        SecurityProfile::Standard => {
            vec![ourselves, issuer.join(paths::TOKEN), issuer.join(paths::PUSHED)]
        }
        SecurityProfile::Fapi2 => vec![ourselves],
    }
}

/// Checks what the vault's rules do not know: `sub`, the form of `aud`, how far ahead `exp` lies, and `jti`, which is given
/// back so that it can be remembered.
#[must_use]
pub fn once<'a>(
    claims: &'a Map<String, Value>,
    client: &Client,
    expires: Timestamp,
    now: Timestamp,
) -> Option<&'a str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let is_single = claims.get("aud").is_some_and(Value::is_string);
    let addressed = match client.policy().profile {
        SecurityProfile::Standard => true,
        SecurityProfile::Fapi2 => is_single,
    };
    let is_short = expires <= now.plus(LONGEST).plus(SKEW);
    let jti = text("jti").filter(|jti| !jti.is_empty())?;
    (addressed && is_short && text("sub") == Some(client.id().as_str())).then_some(jti)
}

#[cfg(test)]
mod tests;
