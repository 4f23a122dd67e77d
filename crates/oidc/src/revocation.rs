//! A token that an application hands back or asks about (RFC 7009 §2.1, RFC 7662 §2.1).
//! `token_type_hint` is not read: every kind of token is told by itself, so a wrong hint finds the token all the same.

use magpie_domain::TokenText;

use crate::error::OAuthError;
use crate::params::Params;

/// Takes the token out of the form.
///
/// # Errors
/// `invalid_request` when there is none. What is no token of ours is not an error (RFC 7009 §2.2).
pub fn token(form: &Params) -> Result<TokenText, OAuthError> {
    let token = form.get("token").ok_or(OAuthError::invalid_request("token is missing"))?;
    Ok(TokenText::new(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use crate::samples::params;

    /// R4, R6. Seen red with a missing token taken for an empty one and with unknown hints refused.
    #[test]
    fn a_token_is_needed_and_a_hint_is_not() {
        for form in ["", "token=", "token_type_hint=access_token"] {
            let error = token(&params(form)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{form}");
        }
        assert_eq!(token(&params("token=x&token_type_hint=zzz")).unwrap().expose(), "x");
    }
}
