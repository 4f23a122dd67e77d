use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{Lifetime, ScopeSet};

use super::BearerRefusal::{InsufficientScope, InvalidRequest, InvalidToken, NoToken, Proof};
use super::Scheme::{Bearer, Dpop};
use super::*;
use crate::samples::{issuer, params};

/// UI-01, UI-02, U1, U2, U3, U4, U5, U6, U7, and the scheme of RFC 9449 §7.1 in any case. Seen red with the form not
/// read (U1), with the header preferred to it (U5), with the query not looked at (U6), and with the scheme in one case
/// alone (U7).
#[test]
fn one_token_in_header_or_form_is_taken_and_nothing_else() {
    for (authorization, query, form, expected) in [
        (Some("Bearer abc"), "", "", Ok((Bearer, "abc"))),
        (Some("bearer abc"), "", "", Ok((Bearer, "abc"))),
        (Some("BEARER  a.b-c_d~e+f/g="), "", "", Ok((Bearer, "a.b-c_d~e+f/g="))),
        (Some("DPoP abc"), "", "", Ok((Dpop, "abc"))),
        (Some("dpop abc"), "", "", Ok((Dpop, "abc"))),
        (None, "", "access_token=abc", Ok((Bearer, "abc"))),
        (Some("Basic eA=="), "", "access_token=abc", Ok((Bearer, "abc"))),
        (None, "", "", Err(NoToken)),
        (None, "x=1", "access_token=", Err(NoToken)),
        (Some("Basic eA=="), "", "", Err(NoToken)),
        (Some("DPoPs abc"), "", "", Err(NoToken)),
        (Some("Bearer"), "", "", Err(InvalidToken(Bearer))),
        (Some("Bearer "), "", "", Err(InvalidToken(Bearer))),
        (Some("Bearer a b"), "", "", Err(InvalidToken(Bearer))),
        (Some("Bearer é"), "", "", Err(InvalidToken(Bearer))),
        (Some("DPoP"), "", "", Err(InvalidToken(Dpop))),
        (None, "access_token=abc", "", Err(InvalidRequest)),
        (None, "access_token=", "", Err(InvalidRequest)),
        (Some("Bearer abc"), "access_token=abc", "", Err(InvalidRequest)),
        (Some("Bearer abc"), "", "access_token=abc", Err(InvalidRequest)),
        (Some("DPoP abc"), "", "access_token=abc", Err(InvalidRequest)),
        (None, "", "access_token=a&access_token=a", Err(InvalidRequest)),
    ] {
        let shown = present(authorization, &params(query), &params(form));
        let shown = shown.as_ref().map(|shown| (shown.scheme, shown.token.expose()));
        assert_eq!(shown.map_err(|refusal| *refusal), expected, "{authorization:?} {query} {form}");
    }
    let long = format!("Bearer {}", "a".repeat(4097));
    let none = Params::default();
    assert_eq!(present(Some(&long), &none, &none).err(), Some(InvalidToken(Bearer)));
}

/// U4. Seen red with a challenge that names no scope.
#[test]
fn a_refusal_blames_a_token_only_when_there_was_one() {
    let algs = "algs=\"ES256 EdDSA PS256\"";
    for (refusal, status, challenge, code) in [
        (
            InvalidRequest,
            400,
            "Bearer realm=\"magpie\", error=\"invalid_request\"".to_owned(),
            "invalid_request",
        ),
        (
            InvalidToken(Bearer),
            401,
            "Bearer realm=\"magpie\", error=\"invalid_token\"".to_owned(),
            "invalid_token",
        ),
        (
            InvalidToken(Dpop),
            401,
            format!("DPoP realm=\"magpie\", error=\"invalid_token\", {algs}"),
            "invalid_token",
        ),
        (
            Proof(ProofRefusal::NonceWanted),
            401,
            format!("DPoP realm=\"magpie\", error=\"use_dpop_nonce\", {algs}"),
            "use_dpop_nonce",
        ),
        (
            Proof(ProofRefusal::Invalid("why")),
            401,
            format!("DPoP realm=\"magpie\", error=\"invalid_dpop_proof\", {algs}"),
            "invalid_dpop_proof",
        ),
        (
            InsufficientScope(Bearer),
            403,
            "Bearer realm=\"magpie\", error=\"insufficient_scope\", scope=\"openid\"".to_owned(),
            "insufficient_scope",
        ),
    ] {
        assert_eq!((refusal.status(), refusal.challenges()), (status, vec![challenge]));
        assert_eq!(refusal.body().map(|error| error.code.as_str()), Some(code));
    }
    let bare = ["Bearer realm=\"magpie\"".to_owned(), format!("DPoP realm=\"magpie\", {algs}")];
    assert_eq!((NoToken.status(), NoToken.challenges()), (401, bare.to_vec()));
    assert_eq!(NoToken.body(), None);
}

/// X4. Seen red with every scheme taken for every token.
#[test]
fn a_bound_token_is_shown_with_its_key_and_no_other_token_is() {
    let with = |jkt: Option<&str>| AccessToken { jkt: jkt.map(str::to_owned), ..token() };
    for (jkt, scheme, expected) in [
        (None, Bearer, Ok(None)),
        (Some("key"), Dpop, Ok(Some("key"))),
        (Some("key"), Bearer, Err(InvalidToken(Bearer))),
        (None, Dpop, Err(InvalidToken(Dpop))),
    ] {
        assert_eq!(key_to_prove(&with(jkt), scheme), expected, "{jkt:?} {scheme:?}");
    }
}

fn token() -> AccessToken {
    AccessToken {
        grant: sample_grant().id,
        scopes: ScopeSet::parse("openid"),
        issued: SAMPLE_NOW,
        expires: SAMPLE_NOW.plus(Lifetime::from_hours(1)),
        audience: Vec::new(),
        jkt: None,
        holder: None,
    }
}

/// U3, U4. Seen red with `openid` not needed (U4).
#[test]
fn a_token_ends_at_its_last_second_and_needs_openid() {
    for (scopes, left, expected) in [
        ("openid", 1, Ok(())),
        ("openid", 0, Err(InvalidToken(Bearer))),
        ("profile", 1, Err(InsufficientScope(Bearer))),
        ("profile", 0, Err(InvalidToken(Bearer))),
    ] {
        let token = AccessToken {
            scopes: ScopeSet::parse(scopes),
            expires: SAMPLE_NOW.plus(Lifetime::from_seconds(left)),
            ..token()
        };
        assert_eq!(check(&token, Bearer, &issuer(), SAMPLE_NOW), expected, "{scopes} {left}");
    }
}

/// E5: a token for a resource server is not one for us.
#[test]
fn a_token_for_others_is_not_for_us() {
    let with = |audience: &[&str]| AccessToken {
        audience: audience.iter().map(|one| (*one).to_owned()).collect(),
        ..token()
    };
    for (audience, expected) in [
        (&[][..], Ok(())),
        (&["https://api.example"], Err(InvalidToken(Dpop))),
        (&["https://api.example", "https://login.example.com"], Ok(())),
    ] {
        assert_eq!(check(&with(audience), Dpop, &issuer(), SAMPLE_NOW), expected, "{audience:?}");
    }
}
