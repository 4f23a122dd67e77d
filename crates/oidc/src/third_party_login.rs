//! A login that somebody else than the application begins (OIDC Core §4): the address at which the application begins it,
//! told who is to sign the person in. Called by the page that lists a person's applications.

use magpie_domain::{Issuer, WebUrl};

use crate::encoding::query;
use crate::response_mode::with_query;

/// Where a person goes to be signed in to the application by us; `None` for an address that a browser cannot be sent to.
/// No `target_link_uri`: only the application knows its pages.
#[must_use]
pub fn address(initiate_login_uri: &str, issuer: &Issuer) -> Option<String> {
    let url = WebUrl::parse(initiate_login_uri).ok()?;
    Some(with_query(url.as_str(), &query([("iss", issuer.as_str())])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::issuer;

    #[test]
    fn the_application_is_told_who_signs_in_and_its_own_query_stays() {
        for (uri, expected) in [
            (
                "https://a.example/login",
                Some("https://a.example/login?iss=https%3A%2F%2Flogin.example.com"),
            ),
            (
                "https://a.example/l?t=1",
                Some("https://a.example/l?t=1&iss=https%3A%2F%2Flogin.example.com"),
            ),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(address(uri, &issuer()).as_deref(), expected, "{uri}");
        }
    }
}
