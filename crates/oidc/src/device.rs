//! The device authorization request (RFC 8628 §3.1 and §3.2): which clients may ask, for what, and what they are given;
//! and the request that the person's sign-in then answers. What the device is told later is in [`crate::grant`].

use std::fmt;

use magpie_domain::{
    AskedClaims, AuthorizationRequest, Client, Device, DeviceHandle, GrantType, Issuer, Lifetime,
    PromptSet, RedirectUri, ResponseMode, ScopeSet, TokenText, UserCode,
};
use serde::{Serialize, Serializer};

use crate::authorize::granted;
use crate::error::OAuthError;
use crate::params::Params;
use crate::{paths, resource};

/// How long a device waits between two questions (RFC 8628 §3.2 `interval`).
pub const INTERVAL: Lifetime = Lifetime::from_seconds(5);

/// What a device may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The scopes, unknown ones and those of others dropped (design §6).
    pub scopes: ScopeSet,
    /// The resource servers that its tokens may be for (RFC 8707).
    pub resources: Vec<String>,
}

impl DeviceRequest {
    /// Reads the form of an authenticated client. Without `scope`, which RFC 8628 leaves optional, it asks for `openid`.
    ///
    /// # Errors
    /// `unauthorized_client` for a client that is not registered for the grant, `invalid_scope` without `openid`,
    /// `invalid_target` for a resource that is not the client's.
    pub fn read(form: &Params, client: &Client) -> Result<Self, OAuthError> {
        if !client.policy().grant_types.contains(&GrantType::DeviceCode) {
            return Err(OAuthError::unauthorized_client("the client may not use the device grant"));
        }
        let scopes = granted(form.get("scope").unwrap_or("openid"), client)?.scopes;
        Ok(Self { scopes, resources: resource::of_client(form, client)? })
    }
}

/// The request that a person answers for a device: always asked, whatever the client's policy is, since a code can be
/// handed to a person by anybody (RFC 8628 §5.4). `page` is our own page for devices.
#[must_use]
pub fn to_answer(
    device: &Device,
    user_code: UserCode,
    client: &Client,
    page: RedirectUri,
) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: device.client_id.clone(),
        redirect_uri: page,
        response_mode: ResponseMode::Query,
        // A scope that the client has lost meanwhile is not asked for any more.
        scopes: device.scopes.intersection(client.scopes()),
        scopes_narrowed: true,
        state: None,
        nonce: None,
        code_challenge: None,
        prompt: PromptSet { consent: true, ..PromptSet::default() },
        max_age: client.policy().default_max_age,
        ui_locales: None,
        hinted_subject: None,
        // What the row says is given; the attempt need not carry it.
        resources: Vec::new(),
        asked_claims: AskedClaims::default(),
        dpop_jkt: None,
        pushed: None,
        device: Some(DeviceHandle { id: device.id.clone(), user_code }),
        relay: None,
    }
}

/// The answer to a device: 200, not to be stored (RFC 8628 §3.2).
#[derive(Clone, Serialize)]
pub struct DeviceResponse {
    /// What the device shows us again.
    #[serde(serialize_with = "in_the_clear")]
    pub device_code: TokenText,
    /// What the device shows its person.
    pub user_code: String,
    /// Where the person goes.
    pub verification_uri: String,
    /// The same with the code, for a QR code.
    pub verification_uri_complete: String,
    /// Seconds until both codes end.
    pub expires_in: i64,
    /// Seconds between two questions.
    pub interval: i64,
}

impl DeviceResponse {
    /// Writes the answer.
    #[must_use]
    pub fn new(issuer: &Issuer, code: TokenText, user_code: &UserCode, lifetime: Lifetime) -> Self {
        Self {
            device_code: code,
            user_code: user_code.to_string(),
            verification_uri: issuer.join(paths::DEVICE),
            verification_uri_complete: issuer.join(&paths::device_with(user_code)),
            expires_in: lifetime.as_seconds(),
            interval: INTERVAL.as_seconds(),
        }
    }
}

fn in_the_clear<S: Serializer>(token: &TokenText, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(token.expose())
}

impl fmt::Debug for DeviceResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceResponse")
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
