//! Whether an assertion proves the client it names (`private_key_jwt`, RFC 7523 §3): a key of the client signed it, it is
//! addressed to us, it is good now and for a short time, and nobody has shown it before, to whichever replica.

use magpie_domain::{Client, Timestamp};
use magpie_oidc::client_auth::assertion::{self, KINDS, SKEW};
use magpie_store::seen_once;
use magpie_vault::{Expected, Presence, Purpose, claims, peek};
use serde_json::{Map, Value};

use crate::budget::Kept;
use crate::client_call::{ClientCall, ClientRefused};
use crate::client_keys;
use crate::context::Flows;
use crate::outcome::Outcome;

/// What the remembered value was for; others that count once have other words.
const PURPOSE: &str = "client_assertion";

/// Whether the assertion holds; it is used up then. Hold no transaction: the client's keys may have to be fetched.
/// Where there is no client that could hold, a signature is checked all the same, so that the answer takes as long.
///
/// # Errors
/// `temporarily_unavailable` where too many were shown: one that holds is a row.
pub(crate) async fn holds(
    flows: &Flows,
    call: &ClientCall<'_>,
    text: &str,
    client: Option<&Client>,
) -> Outcome<bool, ClientRefused> {
    let Some(client) = client else {
        drop(flows.keyring().decoy().verify(text, &KINDS, |_any| true));
        return Ok(false);
    };
    // Cheap and without secrets, hence first: nothing is fetched for an assertion that could not hold.
    let may_hold =
        peek(text).ok().is_some_and(|seen| checked(flows, &seen.claims, client).is_some());
    if !may_hold {
        return Ok(false);
    }
    let may = |algorithm| assertion::may_use(client, algorithm);
    let proved = client_keys::verify(flows, client, text, &KINDS, may).await;
    let Ok(proved) = proved else { return Ok(false) };
    let Some((jti, expires)) = checked(flows, &proved, client) else { return Ok(false) };
    call.ask_for(client, Kept::Once)?;
    let mark = [PURPOSE, client.id().as_str(), jti].join("\0");
    let key = flows.vault().hash_handle(Purpose::SeenOnce, &mark);
    let mut tx = flows.store().write_single().await?;
    // Twice the skew: the row must outlive the assertion on a replica whose clock is behind.
    let seen = seen_once::mark(&mut tx, &key, expires.plus(SKEW).plus(SKEW)).await?;
    tx.commit().await?;
    Ok(seen.is_won())
}

/// The `jti` and the end of an assertion whose claims hold now.
fn checked<'a>(
    flows: &Flows,
    claims: &'a Map<String, Value>,
    client: &Client,
) -> Option<(&'a str, Timestamp)> {
    let audiences = assertion::audiences(client, flows.issuer());
    let audiences: Vec<_> = audiences.iter().map(String::as_str).collect();
    let expected = Expected {
        issuer: client.id().as_str(),
        audiences: &audiences,
        expiry: Presence::Required,
        not_before: Presence::Optional,
        issued_at: Presence::Optional,
        skew: SKEW,
    };
    let times = claims::check(claims, &expected, flows.now()).ok()?;
    let expires = times.expires_at?;
    let jti = assertion::once(claims, client, expires, flows.now())?;
    Some((jti, expires))
}
