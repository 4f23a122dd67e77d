//! What an application asks of the token endpoint, by grant type (RFC 6749 §4 and §6).
//! One variant per grant type that this version serves; the password and implicit grants will never be here
//! (RFC 9700 §2.4). Fields that no grant type knows are ignored, since real clients send some (`scope`).

pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod refresh_token;
pub mod token_exchange;
pub mod wechat_code;

use magpie_domain::{Client, GrantType};

use crate::error::OAuthError;
use crate::params::Params;

pub use authorization_code::CodeRequest;
pub use device_code::DeviceCodeRequest;
pub use refresh_token::RefreshRequest;
pub use token_exchange::ExchangeRequest;
pub use wechat_code::WechatCodeRequest;

/// The grant types that this version serves, for discovery too.
pub const SERVED: [GrantType; 5] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
];

/// A readable token request.
#[derive(Debug, Clone)]
pub enum GrantRequest {
    /// A code is to be redeemed (RFC 6749 §4.1.3).
    AuthorizationCode(CodeRequest),
    /// A refresh token is to be used (RFC 6749 §6).
    RefreshToken(RefreshRequest),
    /// A client speaks for itself (RFC 6749 §4.4); for these resource servers.
    ClientCredentials(Vec<String>),
    /// A device asks whether its person has answered (RFC 8628 §3.4).
    DeviceCode(DeviceCodeRequest),
    /// An access token is to be narrowed (RFC 8693).
    TokenExchange(ExchangeRequest),
    /// A code of WeChat's is to become tokens of ours (RFC 8693 with a token type of our own).
    WechatCode(WechatCodeRequest),
}

impl GrantRequest {
    /// Reads the form of a token request of this client.
    ///
    /// # Errors
    /// `invalid_request` for a repeated or missing parameter, `unsupported_grant_type` for an unknown grant type,
    /// `unauthorized_client` for one that is not the client's (T10).
    pub fn read(form: &Params, client: &Client) -> Result<Self, OAuthError> {
        if form.first_repeated().is_some() {
            return Err(OAuthError::invalid_request("a parameter was sent more than once"));
        }
        let name =
            form.get("grant_type").ok_or(OAuthError::invalid_request("grant_type is missing"))?;
        let wanted = SERVED.into_iter().find(|grant| grant.as_str() == name);
        let wanted =
            wanted.ok_or(OAuthError::unsupported_grant_type("this grant_type is not supported"))?;
        if !client.policy().grant_types.contains(&wanted) {
            return Err(OAuthError::unauthorized_client("the client may not use this grant_type"));
        }
        match wanted {
            GrantType::AuthorizationCode => CodeRequest::read(form).map(Self::AuthorizationCode),
            GrantType::ClientCredentials => {
                client_credentials::audience(form, client).map(Self::ClientCredentials)
            }
            GrantType::TokenExchange
                if form.get("subject_token_type") == Some(wechat_code::WECHAT_CODE) =>
            {
                WechatCodeRequest::read(form, client).map(Self::WechatCode)
            }
            GrantType::TokenExchange => ExchangeRequest::read(form).map(Self::TokenExchange),
            GrantType::RefreshToken => RefreshRequest::read(form).map(Self::RefreshToken),
            GrantType::DeviceCode => DeviceCodeRequest::read(form).map(Self::DeviceCode),
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
            ("grant_type=client_credentials", client(), Some(ErrorCode::UnauthorizedClient)),
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
                "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=x",
                only(&[AuthorizationCode, RefreshToken]),
                Some(ErrorCode::UnauthorizedClient),
            ),
            (
                "grant_type=urn:ietf:params:oauth:grant-type:device_code",
                only(&[DeviceCode]),
                Some(ErrorCode::InvalidRequest),
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
