//! Resource indicators (RFC 8707): for which resource servers a token is wanted, and which of them may be had.
//! A client may name the resources that it is registered for, byte for byte; anything else is `invalid_target`.
//! What was named at the authorization endpoint bounds what a token request may name later.

use magpie_domain::{Client, Grant, WebUrl};

use crate::error::OAuthError;
use crate::params::Params;

/// Most resources in one request.
const MOST: usize = 10;

/// The resources that a request names.
///
/// # Errors
/// `invalid_target` for one that is no absolute URL, has a fragment (RFC 8707 §2), or for more than ten.
pub fn named(params: &Params) -> Result<Vec<String>, OAuthError> {
    let mut named: Vec<String> = params.all("resource").map(str::to_owned).collect();
    if named.len() > MOST || named.iter().any(|resource| WebUrl::parse(resource).is_err()) {
        return Err(OAuthError::invalid_target(
            "resource must be an absolute URL without fragment",
        ));
    }
    named.sort();
    named.dedup();
    Ok(named)
}

/// The resources that a request names, if the client is registered for each of them.
///
/// # Errors
/// `invalid_target`.
pub fn of_client(params: &Params, client: &Client) -> Result<Vec<String>, OAuthError> {
    within(named(params)?, &client.policy().tokens.resources)
}

/// For whom an access token of the grant is to be: the resources that the token request named out of those that were
/// granted, all of them when it named none (RFC 8707 §2.2). None is ourselves.
///
/// # Errors
/// `invalid_target` for a resource that was not granted.
pub fn of_grant(named: Vec<String>, grant: &Grant) -> Result<Vec<String>, OAuthError> {
    if named.is_empty() {
        return Ok(grant.resources.clone());
    }
    within(named, &grant.resources)
}

/// All of `named`, if each is among `allowed`.
///
/// # Errors
/// `invalid_target`.
pub fn within(named: Vec<String>, allowed: &[String]) -> Result<Vec<String>, OAuthError> {
    if named.iter().all(|resource| allowed.contains(resource)) {
        Ok(named)
    } else {
        Err(OAuthError::invalid_target("this resource is not one the client may have tokens for"))
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::sample_grant;

    use super::*;
    use crate::error::ErrorCode;
    use crate::samples::{client_with, params};

    const API: &str = "https://api.example/v1";
    const OTHER: &str = "https://other.example";

    /// E4, TK-22.
    #[test]
    fn a_resource_is_an_absolute_url_without_fragment_and_one_of_the_clients() {
        let client = client_with(|policy| policy.tokens.resources = vec![API.to_owned()]);
        for (query, expected) in [
            ("", Some(vec![])),
            ("resource=", Some(vec![])),
            ("resource=https://api.example/v1", Some(vec![API])),
            ("resource=https://api.example/v1&resource=https://api.example/v1", Some(vec![API])),
            ("resource=https://api.example/v1&resource=https://other.example", None),
            ("resource=https://api.example/v1/", None),
            ("resource=https://API.example/v1", None),
            ("resource=/v1", None),
            ("resource=https://api.example/v1%23part", None),
            ("resource=urn:api", None),
        ] {
            let found = of_client(&params(query), &client);
            let code = found.as_ref().err().map(|error| error.code);
            match expected {
                Some(expected) => assert_eq!(found.unwrap(), expected, "{query}"),
                None => assert_eq!(code, Some(ErrorCode::InvalidTarget), "{query}"),
            }
        }
        let many = "resource=https://api.example/v1&".repeat(11);
        assert!(of_client(&params(&many), &client).is_err());
    }

    #[test]
    fn a_token_request_narrows_what_was_granted_and_never_widens_it() {
        let mut grant = sample_grant();
        grant.resources = vec![API.to_owned(), OTHER.to_owned()];
        let other = || vec![OTHER.to_owned()];
        assert_eq!(of_grant(Vec::new(), &grant).unwrap(), [API, OTHER]);
        assert_eq!(of_grant(other(), &grant).unwrap(), [OTHER]);
        assert!(of_grant(vec!["https://third.example".to_owned()], &grant).is_err());
        grant.resources.clear();
        assert!(of_grant(other(), &grant).is_err());
    }
}
