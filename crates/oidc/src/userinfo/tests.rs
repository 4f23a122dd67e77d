use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{Lifetime, ScopeSet};

use super::BearerRefusal::{InsufficientScope, InvalidRequest, InvalidToken, NoToken};
use super::*;
use crate::samples::params;

/// UI-01, UI-02, U1 to U7.
#[test]
fn one_token_in_header_or_form_is_taken_and_nothing_else() {
    for (authorization, query, form, expected) in [
        (Some("Bearer abc"), "", "", Ok("abc")),
        (Some("bearer abc"), "", "", Ok("abc")),
        (Some("BEARER  a.b-c_d~e+f/g="), "", "", Ok("a.b-c_d~e+f/g=")),
        (None, "", "access_token=abc", Ok("abc")),
        (Some("Basic eA=="), "", "access_token=abc", Ok("abc")),
        (None, "", "", Err(NoToken)),
        (None, "x=1", "access_token=", Err(NoToken)),
        (Some("Basic eA=="), "", "", Err(NoToken)),
        (Some("Bearer"), "", "", Err(InvalidToken)),
        (Some("Bearer "), "", "", Err(InvalidToken)),
        (Some("Bearer a b"), "", "", Err(InvalidToken)),
        (Some("Bearer é"), "", "", Err(InvalidToken)),
        (None, "access_token=abc", "", Err(InvalidRequest)),
        (None, "access_token=", "", Err(InvalidRequest)),
        (Some("Bearer abc"), "access_token=abc", "", Err(InvalidRequest)),
        (Some("Bearer abc"), "", "access_token=abc", Err(InvalidRequest)),
        (None, "", "access_token=a&access_token=a", Err(InvalidRequest)),
    ] {
        let token = present(authorization, &params(query), &params(form));
        let token = token.as_ref().map(TokenText::expose).map_err(|refusal| *refusal);
        assert_eq!(token, expected, "{authorization:?} {query} {form}");
    }
    let long = format!("Bearer {}", "a".repeat(4097));
    let none = Params::default();
    assert_eq!(present(Some(&long), &none, &none).err(), Some(InvalidToken));
}

#[test]
fn a_refusal_blames_a_token_only_when_there_was_one() {
    for (refusal, status, challenge, code) in [
        (NoToken, 401, "Bearer realm=\"magpie\"", None),
        (
            InvalidRequest,
            400,
            "Bearer realm=\"magpie\", error=\"invalid_request\"",
            Some("invalid_request"),
        ),
        (
            InvalidToken,
            401,
            "Bearer realm=\"magpie\", error=\"invalid_token\"",
            Some("invalid_token"),
        ),
        (
            InsufficientScope,
            403,
            "Bearer realm=\"magpie\", error=\"insufficient_scope\", scope=\"openid\"",
            Some("insufficient_scope"),
        ),
    ] {
        assert_eq!((refusal.status(), refusal.challenge()), (status, challenge));
        assert_eq!(refusal.body().map(|error| error.code.as_str()), code);
    }
}

#[test]
fn a_token_ends_at_its_last_second_and_needs_openid() {
    for (scopes, left, expected) in [
        ("openid", 1, Ok(())),
        ("openid", 0, Err(InvalidToken)),
        ("profile", 1, Err(InsufficientScope)),
        ("profile", 0, Err(InvalidToken)),
    ] {
        let token = AccessToken {
            grant: sample_grant().id,
            scopes: ScopeSet::parse(scopes),
            issued: SAMPLE_NOW,
            expires: SAMPLE_NOW.plus(Lifetime::from_seconds(left)),
            audience: Vec::new(),
            jkt: None,
            holder: None,
        };
        assert_eq!(check(&token, SAMPLE_NOW), expected, "{scopes} {left}");
    }
}
