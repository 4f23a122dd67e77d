//! A request that the client signed (RFC 9101, OIDC Core §6.1): is it the client's, for us, and in its time.
//! What it asks is proved like any other request afterwards. An object by reference is never fetched (AZ-20).

use magpie_domain::{Client, ClientKeys};
use magpie_oidc::authorize::{AuthorizeRefusal, PageRefusal, refusal_of_all};
use magpie_oidc::error::OAuthError;
use magpie_oidc::params::Params;
use magpie_oidc::request_object::{self, KINDS, REFUSED, SKEW};
use magpie_vault::{Expected, Presence, claims};
use serde_json::{Map, Value};

use crate::client_keys;
use crate::context::Flows;

/// The parameters inside the object of a call, if it has one and this client has keys to sign with; otherwise the call
/// is judged by its other parameters, and `request` is told to be unsupported.
///
/// # Errors
/// `invalid_request_object`, to the application where a redirect URI is proved outside or inside, else on a page.
pub(super) async fn inside(
    flows: &Flows,
    client: &Client,
    params: &Params,
) -> Result<Option<Params>, AuthorizeRefusal> {
    let has_keys = client.policy().keys != ClientKeys::None;
    let alone = !params.is_repeated("request") && !params.is_sent("request_uri");
    let Some(jwt) = params.get("request").filter(|_| has_keys && alone) else {
        return Ok(None);
    };
    let refuse = |error| refusal_of_all(params, client, PageRefusal::RequestObjectUnusable, error);
    let may = |algorithm| request_object::may_use(client, algorithm);
    let signed = client_keys::verify(flows, client, jwt, &KINDS, may).await;
    let signed = signed.map_err(|_one_answer_for_all| refuse(REFUSED))?;
    let inner = request_object::parameters(&signed, client).map_err(refuse)?;
    if !is_for_us_now(flows, client, &signed) {
        return Err(outside_or_inside(refuse(REFUSED), &inner, client, REFUSED));
    }
    Ok(Some(inner))
}

/// Where an object was signed by the client, its own redirect URI is as good as one outside.
fn outside_or_inside(
    outside: AuthorizeRefusal,
    inner: &Params,
    client: &Client,
    error: OAuthError,
) -> AuthorizeRefusal {
    match outside {
        AuthorizeRefusal::ToClient { .. } => outside,
        AuthorizeRefusal::OnPage(page) => refusal_of_all(inner, client, page, error),
    }
}

fn is_for_us_now(flows: &Flows, client: &Client, signed: &Map<String, Value>) -> bool {
    let expected = Expected {
        issuer: client.id().as_str(),
        audiences: &[flows.issuer().as_str()],
        expiry: Presence::Optional,
        not_before: Presence::Optional,
        issued_at: Presence::Optional,
        skew: SKEW,
    };
    claims::check(signed, &expected, flows.now()).is_ok_and(|times| {
        let profile = client.policy().profile;
        request_object::keeps_to(profile, times.not_before, times.expires_at, flows.now())
    })
}
