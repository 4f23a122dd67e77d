//! A client that speaks for itself (RFC 6749 §4.4): an access token for a named resource server, and nothing else.
//! There is no person, so there is no refresh token, no ID token and none of our scopes (T21).

use magpie_domain::Client;

use crate::error::OAuthError;
use crate::params::Params;
use crate::resource;

/// For which of the client's resource servers the token is to be. A client with one need not name it.
///
/// # Errors
/// `invalid_target` for a resource of somebody else's, or when none of several is named.
pub fn audience(form: &Params, client: &Client) -> Result<Vec<String>, OAuthError> {
    let named = resource::of_client(form, client)?;
    match (named.is_empty(), client.policy().tokens.resources.as_slice()) {
        (false, _) => Ok(named),
        (true, [only]) => Ok(vec![only.clone()]),
        (true, _) => Err(OAuthError::invalid_target("resource must name what the token is for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{client_with, params};

    #[test]
    fn one_resource_goes_without_saying_and_several_do_not() {
        let with = |resources: &[&str]| {
            let resources: Vec<_> = resources.iter().map(|one| (*one).to_owned()).collect();
            client_with(|policy| policy.tokens.resources = resources)
        };
        let (a, b) = ("https://a.example", "https://b.example");
        assert_eq!(audience(&params(""), &with(&[a])).unwrap(), [a]);
        assert!(audience(&params(""), &with(&[a, b])).is_err());
        assert!(audience(&params(""), &with(&[])).is_err());
        assert_eq!(audience(&params("resource=https://b.example"), &with(&[a, b])).unwrap(), [b]);
        assert!(audience(&params("resource=https://c.example"), &with(&[a, b])).is_err());
    }
}
