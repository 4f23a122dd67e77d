//! What an application asks of the token endpoint, by grant type (RFC 6749 §4).
//! One variant per grant type that this version serves; the password and implicit grants will never be here
//! (RFC 9700 §2.4). Fields that no grant type knows are ignored, since real clients send some (`scope`).

pub mod authorization_code;

use crate::error::OAuthError;
use crate::params::Params;

pub use authorization_code::CodeRequest;

/// The name of the authorization code grant, for discovery too.
pub const AUTHORIZATION_CODE: &str = "authorization_code";

/// A readable token request.
#[derive(Debug, Clone)]
pub enum GrantRequest {
    /// A code is to be redeemed (RFC 6749 §4.1.3).
    AuthorizationCode(CodeRequest),
}

impl GrantRequest {
    /// Reads the form of a token request.
    ///
    /// # Errors
    /// `invalid_request` for a repeated or missing parameter, `unsupported_grant_type` for an unknown grant type.
    pub fn read(form: &Params) -> Result<Self, OAuthError> {
        if form.first_repeated().is_some() {
            return Err(OAuthError::invalid_request("a parameter was sent more than once"));
        }
        match form.get("grant_type") {
            Some(AUTHORIZATION_CODE) => CodeRequest::read(form).map(Self::AuthorizationCode),
            Some(_) => Err(OAuthError::unsupported_grant_type("this grant_type is not supported")),
            None => Err(OAuthError::invalid_request("grant_type is missing")),
        }
    }
}
