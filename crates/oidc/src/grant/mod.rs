//! What an application asks of the token endpoint, by grant type (RFC 6749 §4 and §6).
//! One variant per grant type that this version serves; the password and implicit grants will never be here
//! (RFC 9700 §2.4). Fields that no grant type knows are ignored, since real clients send some (`scope`).

pub mod authorization_code;
pub mod refresh_token;

use magpie_domain::{Client, GrantType};

use crate::error::OAuthError;
use crate::params::Params;

pub use authorization_code::CodeRequest;
pub use refresh_token::RefreshRequest;

/// The grant types that this version serves, for discovery too.
pub const SERVED: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::RefreshToken];

/// A readable token request.
#[derive(Debug, Clone)]
pub enum GrantRequest {
    /// A code is to be redeemed (RFC 6749 §4.1.3).
    AuthorizationCode(CodeRequest),
    /// A refresh token is to be used (RFC 6749 §6).
    RefreshToken(RefreshRequest),
}

impl GrantRequest {
    /// Reads the form of a client's token request.
    ///
    /// # Errors
    /// `invalid_request` for a repeated or missing parameter, `unsupported_grant_type` for an unknown grant type,
    /// `unauthorized_client` for one that the client is not registered for (RFC 6749 §5.2).
    pub fn read(form: &Params, client: &Client) -> Result<Self, OAuthError> {
        if form.first_repeated().is_some() {
            return Err(OAuthError::invalid_request("a parameter was sent more than once"));
        }
        let named =
            form.get("grant_type").ok_or(OAuthError::invalid_request("grant_type is missing"))?;
        let unsupported = OAuthError::unsupported_grant_type("this grant_type is not supported");
        let grant_type = GrantType::parse(named).ok_or(unsupported)?;
        let may_use = || {
            let refused = "the client may not use this grant_type";
            let registered = client.policy().grant_types.contains(&grant_type);
            registered.then_some(()).ok_or(OAuthError::unauthorized_client(refused))
        };
        match grant_type {
            GrantType::AuthorizationCode => {
                may_use()?;
                CodeRequest::read(form).map(Self::AuthorizationCode)
            }
            GrantType::RefreshToken => {
                may_use()?;
                RefreshRequest::read(form).map(Self::RefreshToken)
            }
            GrantType::ClientCredentials | GrantType::DeviceCode | GrantType::TokenExchange => {
                Err(unsupported)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use crate::samples::{client, client_with, params};

    /// T9, T10.
    #[test]
    fn a_client_uses_the_grants_it_is_registered_for() {
        use GrantType::{AuthorizationCode, DeviceCode, RefreshToken};
        let only =
            |grants: &[GrantType]| client_with(|policy| policy.grant_types = grants.to_vec());
        for (form, client, expected) in [
            ("code=x", client(), Some(ErrorCode::InvalidRequest)),
            ("grant_type=password", client(), Some(ErrorCode::UnsupportedGrantType)),
            ("grant_type=AUTHORIZATION_CODE", client(), Some(ErrorCode::UnsupportedGrantType)),
            ("grant_type=client_credentials", client(), Some(ErrorCode::UnsupportedGrantType)),
            ("grant_type=authorization_code&code=x", client(), None),
            ("grant_type=refresh_token&refresh_token=x", client(), None),
            (
                "grant_type=authorization_code&code=x",
                only(&[RefreshToken, DeviceCode]),
                Some(ErrorCode::UnauthorizedClient),
            ),
            (
                "grant_type=refresh_token&refresh_token=x",
                only(&[AuthorizationCode]),
                Some(ErrorCode::UnauthorizedClient),
            ),
            (
                "grant_type=refresh_token",
                only(&[AuthorizationCode]),
                Some(ErrorCode::UnauthorizedClient),
            ),
        ] {
            let read = GrantRequest::read(&params(form), &client);
            assert_eq!(read.err().map(|error| error.code), expected, "{form}");
        }
    }
}
