//! A proved request written back as a query, so that a person whose attempt ended can begin again without the
//! application. [`super::check`] reads it to the same result; it is checked again, never trusted.

use magpie_domain::{AuthorizationRequest, Client, ResponseMode};

use super::asked_claims;
use crate::encoding::query;
use crate::{paths, pushed};

/// A scope that no client is ever granted: it keeps "more was asked than granted" true the second time.
const DROPPED_SCOPE: &str = "urn:magpie:scope:dropped";

/// Where the person begins again: the path below the issuer, with a query. For a device it is the page that takes its
/// code, with the code filled in; for a phone it is what the QR code says.
/// Nowhere if the client promised to sign its requests (RFC 9101 §10.5): what it signed is not kept, what we write is not
/// signed, and the other browser would only be refused. A pushed request can be named all the same.
#[must_use]
pub fn start_over(client: &Client, request: &AuthorizationRequest) -> Option<String> {
    if let Some(device) = &request.device {
        return Some(paths::device_with(&device.user_code));
    }
    if let Some(relay) = &request.relay {
        return Some(paths::relay_again(&relay.ticket));
    }
    let must_sign = client.policy().requests.require_signed && request.pushed.is_none();
    (!must_sign).then(|| format!("{}?{}", paths::AUTHORIZE, to_query(request)))
}

/// The request as a query string without `?`. The person whom `id_token_hint` named is asked for by the `claims`
/// parameter, which means the same and needs no signature.
/// A pushed request is named again rather than told to the browser; it leads nowhere once its time is over.
#[must_use]
pub(crate) fn to_query(request: &AuthorizationRequest) -> String {
    if let Some(handle) = &request.pushed {
        let uri = pushed::request_uri(handle);
        return query([("client_id", request.client_id.as_str()), ("request_uri", &uri)]);
    }
    let mut scope = request.scopes.to_string();
    if request.scopes_narrowed {
        scope.push(' ');
        scope.push_str(DROPPED_SCOPE);
    }
    let prompt = request.prompt.to_text();
    let max_age = request.max_age.map(|seconds| seconds.to_string());
    let claims = asked_claims::write(request);
    let named_mode = request.response_mode != ResponseMode::Query;
    let challenge = request.code_challenge.as_deref();
    let pairs = [
        ("client_id", Some(request.client_id.as_str())),
        ("redirect_uri", Some(request.redirect_uri.as_str())),
        ("response_type", Some("code")),
        ("response_mode", named_mode.then(|| request.response_mode.as_str())),
        ("scope", Some(scope.as_str())),
        ("state", request.state.as_deref()),
        ("nonce", request.nonce.as_deref()),
        ("code_challenge", challenge),
        ("code_challenge_method", challenge.map(|_| "S256")),
        ("prompt", (!prompt.is_empty()).then_some(prompt.as_str())),
        ("max_age", max_age.as_deref()),
        ("ui_locales", request.ui_locales.as_deref()),
        ("claims", claims.as_deref()),
        ("dpop_jkt", request.dpop_jkt.as_deref()),
    ];
    let resources = request.resources.iter().map(|resource| ("resource", resource.as_str()));
    let pairs = pairs.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    query(pairs.chain(resources))
}
