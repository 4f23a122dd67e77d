//! The ways OAuth says no, with the names of the registry and a sentence for the developer who reads it.
//! Descriptions are constants in plain ASCII: nothing a browser, WeChat or a library said is ever repeated in one,
//! since a client may show it to people and a conformance test refuses anything else (RFC 6749 §5.2).

use serde::Serialize;

/// An error code as registered (RFC 6749 §4.1.2.1 and §5.2, OIDC Core §3.1.2.6, RFC 6750 §3.1, RFC 8628 §3.5,
/// RFC 8693 §2.2.2, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 9449 §12.2; RFC 9126 adds none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Something is missing, repeated or malformed.
    InvalidRequest,
    /// The client may not use this way.
    UnauthorizedClient,
    /// The person or the server said no.
    AccessDenied,
    /// The response type is not offered.
    UnsupportedResponseType,
    /// The scope is unusable.
    InvalidScope,
    /// Something of ours broke.
    ServerError,
    /// We cannot answer now.
    TemporarilyUnavailable,
    /// The client did not prove itself.
    InvalidClient,
    /// The code or token is unknown, used, expired or somebody else's.
    InvalidGrant,
    /// The grant type is not offered.
    UnsupportedGrantType,
    /// Some page would have to be shown.
    InteractionRequired,
    /// The person would have to sign in.
    LoginRequired,
    /// The person would have to choose an account.
    AccountSelectionRequired,
    /// The person would have to be asked.
    ConsentRequired,
    /// The `request_uri` is unusable.
    InvalidRequestUri,
    /// The request object is unusable.
    InvalidRequestObject,
    /// `request` is not offered.
    RequestNotSupported,
    /// `request_uri` is not offered.
    RequestUriNotSupported,
    /// `registration` is not offered.
    RegistrationNotSupported,
    /// The access token is unknown, expired or revoked.
    InvalidToken,
    /// The access token does not allow this.
    InsufficientScope,
    /// The person has not finished yet.
    AuthorizationPending,
    /// The client asks too often.
    SlowDown,
    /// The device code has ended.
    ExpiredToken,
    /// The resource or audience is unknown.
    InvalidTarget,
    /// The person cannot be authenticated the way the application insists on (OpenID Connect Core Error Code
    /// `unmet_authentication_requirements` §2).
    UnmetAuthenticationRequirements,
    /// A token of this kind cannot be handed back (RFC 7009 §2.2.1).
    UnsupportedTokenType,
    /// The proof of possession does not hold (RFC 9449 §5).
    InvalidDpopProof,
    /// The proof has to repeat the nonce that comes with the answer (RFC 9449 §8).
    UseDpopNonce,
    /// A redirect URI cannot be registered (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// Something that a client says of itself cannot be.
    InvalidClientMetadata,
    /// The software statement is not accepted.
    InvalidSoftwareStatement,
}

impl ErrorCode {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InteractionRequired => "interaction_required",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::InvalidTarget => "invalid_target",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidSoftwareStatement => "invalid_software_statement",
        }
    }
}

/// A refusal in OAuth's dialect. Serializes to the JSON body of RFC 6749 §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct OAuthError {
    /// Which one.
    #[serde(rename = "error")]
    pub code: ErrorCode,
    /// A sentence for the developer of the application: a constant, ASCII without `"` and `\`.
    #[serde(rename = "error_description")]
    pub description: &'static str,
}

/// One constructor per code.
macro_rules! constructors {
    ($($name:ident => $code:ident),+ $(,)?) => {
        impl OAuthError {
            $(
                #[doc = concat!("`", stringify!($name), "`, with a constant sentence for the developer.")]
                #[must_use]
                pub const fn $name(description: &'static str) -> Self {
                    Self::new(ErrorCode::$code, description)
                }
            )+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code),+];
        }
    };
}

constructors! {
    invalid_request => InvalidRequest,
    unauthorized_client => UnauthorizedClient,
    access_denied => AccessDenied,
    unsupported_response_type => UnsupportedResponseType,
    invalid_scope => InvalidScope,
    server_error => ServerError,
    temporarily_unavailable => TemporarilyUnavailable,
    invalid_client => InvalidClient,
    invalid_grant => InvalidGrant,
    unsupported_grant_type => UnsupportedGrantType,
    interaction_required => InteractionRequired,
    login_required => LoginRequired,
    account_selection_required => AccountSelectionRequired,
    consent_required => ConsentRequired,
    invalid_request_uri => InvalidRequestUri,
    invalid_request_object => InvalidRequestObject,
    request_not_supported => RequestNotSupported,
    request_uri_not_supported => RequestUriNotSupported,
    registration_not_supported => RegistrationNotSupported,
    invalid_token => InvalidToken,
    insufficient_scope => InsufficientScope,
    authorization_pending => AuthorizationPending,
    slow_down => SlowDown,
    expired_token => ExpiredToken,
    invalid_target => InvalidTarget,
    unmet_authentication_requirements => UnmetAuthenticationRequirements,
    unsupported_token_type => UnsupportedTokenType,
    invalid_dpop_proof => InvalidDpopProof,
    use_dpop_nonce => UseDpopNonce,
    invalid_redirect_uri => InvalidRedirectUri,
    invalid_client_metadata => InvalidClientMetadata,
    invalid_software_statement => InvalidSoftwareStatement,
}

impl OAuthError {
    /// Any code with its sentence. In debug builds a sentence outside RFC 6749 §5.2 fails at once, so that every
    /// test that meets a refusal also proves its sentence; a release has only sentences that tests have met.
    #[must_use]
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        debug_assert!(is_plain(description), "an error description must be plain ASCII");
        Self { code, description }
    }

    /// The HTTP status at the token endpoint (RFC 6749 §5.2): 401 for a client that did not prove itself,
    /// 503 while we cannot answer, 400 for everything else.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.code {
            ErrorCode::InvalidClient => 401,
            ErrorCode::TemporarilyUnavailable => 503,
            ErrorCode::InvalidRequest
            | ErrorCode::UnauthorizedClient
            | ErrorCode::AccessDenied
            | ErrorCode::UnsupportedResponseType
            | ErrorCode::InvalidScope
            | ErrorCode::ServerError
            | ErrorCode::InvalidGrant
            | ErrorCode::UnsupportedGrantType
            | ErrorCode::InteractionRequired
            | ErrorCode::LoginRequired
            | ErrorCode::AccountSelectionRequired
            | ErrorCode::ConsentRequired
            | ErrorCode::InvalidRequestUri
            | ErrorCode::InvalidRequestObject
            | ErrorCode::RequestNotSupported
            | ErrorCode::RequestUriNotSupported
            | ErrorCode::RegistrationNotSupported
            | ErrorCode::InvalidToken
            | ErrorCode::InsufficientScope
            | ErrorCode::AuthorizationPending
            | ErrorCode::SlowDown
            | ErrorCode::ExpiredToken
            | ErrorCode::InvalidTarget
            | ErrorCode::UnmetAuthenticationRequirements
            | ErrorCode::UnsupportedTokenType
            | ErrorCode::InvalidDpopProof
            | ErrorCode::UseDpopNonce
            | ErrorCode::InvalidRedirectUri
            | ErrorCode::InvalidClientMetadata
            | ErrorCode::InvalidSoftwareStatement => 400,
        }
    }
}

/// Whether the text keeps to `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 §5.2).
const fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        if !matches!(*first, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = others;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_names_code_and_description_and_the_name_is_the_registered_one() {
        for code in ErrorCode::ALL {
            let body = serde_json::to_value(OAuthError::new(*code, "why")).unwrap();
            let expected = serde_json::json!({"error": code.as_str(), "error_description": "why"});
            assert_eq!(body, expected);
        }
        assert_eq!(ErrorCode::ALL.len(), 32);
    }

    /// T22. Seen red with 401 for a wrong code, and with 400 for a client without proof.
    #[test]
    fn only_a_client_without_proof_is_told_401() {
        for code in ErrorCode::ALL {
            let expected = match code.as_str() {
                "invalid_client" => 401,
                "temporarily_unavailable" => 503,
                _ => 400,
            };
            assert_eq!(OAuthError::new(*code, "why").status(), expected, "{code:?}");
        }
    }

    /// G3.
    #[test]
    fn a_description_outside_the_charset_is_noticed() {
        for bad in ["\"", "\\", "昵称", "a\nb", "a\tb", "\u{7f}"] {
            assert!(!is_plain(bad), "{bad}");
            let made = std::panic::catch_unwind(|| OAuthError::invalid_request(bad));
            assert_eq!(made.is_err(), cfg!(debug_assertions), "{bad}");
        }
        assert!(is_plain("It's [fine] ~ !#"));
    }
}
