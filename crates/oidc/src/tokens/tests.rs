use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{Client, ClientDraft};
use serde_json::json;

use super::*;
use crate::samples::{client, draft, issuer};

const SETTINGS: TokenSettings =
    TokenSettings { access_token: Lifetime::from_hours(1), id_token: Lifetime::from_minutes(5) };

#[test]
fn a_grant_yields_an_access_token_and_an_id_token() {
    let grant = sample_grant();
    let plan = plan(&issuer(), (&grant, &client()), &TokenWish::default(), &SETTINGS, SAMPLE_NOW);
    assert_eq!(plan.access.grant, grant.id);
    assert_eq!(plan.access.scopes, grant.scopes);
    assert_eq!(plan.access.expires, SAMPLE_NOW.plus(Lifetime::from_hours(1)));
    assert!(plan.id_token);
    assert_eq!((plan.expires_in, plan.scope), (3600, None));
}

/// RFC 6749 §5.1, and TK-21: never more than the client may have now. Seen red with the scopes of the client in place
/// of the granted ones, and with scopes that are not named.
#[test]
fn scopes_are_named_when_they_are_fewer_than_were_asked() {
    let narrow =
        |scopes| Client::new(ClientDraft { scopes: ScopeSet::parse(scopes), ..draft() }).unwrap();
    for (narrowed, allowed, named) in [
        (false, "openid profile email", None),
        (true, "openid profile email", Some("openid profile")),
        (false, "openid", Some("openid")),
    ] {
        let grant = Grant { scopes_narrowed: narrowed, ..sample_grant() };
        let plan = plan(
            &issuer(),
            (&grant, &narrow(allowed)),
            &TokenWish::default(),
            &SETTINGS,
            SAMPLE_NOW,
        );
        assert_eq!(plan.scope, named.map(ScopeSet::parse), "{narrowed} {allowed}");
        assert!(narrow(allowed).scopes().covers(plan.access.scopes));
    }
}

/// G4, T16. Seen red with the number as text (G4).
#[test]
fn the_body_has_a_number_and_nothing_empty() {
    let text = |text: &str| TokenText::new(text.to_owned());
    let mut plan =
        plan(&issuer(), (&sample_grant(), &client()), &TokenWish::default(), &SETTINGS, SAMPLE_NOW);
    let bare = TokenResponse::new(&plan, text("s3cr3t-a"), None);
    assert_eq!(
        serde_json::to_value(&bare).unwrap(),
        json!({"access_token": "s3cr3t-a", "token_type": "Bearer", "expires_in": 3600})
    );
    plan.scope = Some(ScopeSet::parse("openid"));
    let full = TokenResponse::new(&plan, text("s3cr3t-a"), Some(text("s3cr3t-i")));
    assert_eq!(
        serde_json::to_value(&full).unwrap(),
        json!({"access_token": "s3cr3t-a", "token_type": "Bearer", "expires_in": 3600,
               "scope": "openid", "id_token": "s3cr3t-i"})
    );
    assert!(!format!("{full:?}").contains("s3cr3t"));
}

/// RT-06, X3: a wish narrows, and a proved key shows in the type. Seen red with the wish for fewer scopes passed over.
#[test]
fn a_wish_narrows_scopes_and_names_audience_and_key() {
    let grant = Grant { resources: vec!["https://api.example".to_owned()], ..sample_grant() };
    let of = |wish: &TokenWish| plan(&issuer(), (&grant, &client()), wish, &SETTINGS, SAMPLE_NOW);
    let fewer =
        of(&TokenWish { scopes: Some(ScopeSet::parse("profile email")), ..TokenWish::default() });
    assert_eq!(fewer.access.scopes, ScopeSet::parse("profile"));
    assert!(!fewer.id_token && fewer.scope.is_some());
    // With openid, everything that was granted includes our own userinfo; what was picked out does not.
    let audience = grant.resources.clone();
    let all = of(&TokenWish { audience, ..TokenWish::default() });
    assert_eq!(all.access.audience, ["https://api.example", "https://login.example.com"]);
    let bound = of(&TokenWish { jkt: Some("thumb".to_owned()), ..TokenWish::default() });
    let response = TokenResponse::new(&bound, TokenText::new("t".to_owned()), None);
    assert_eq!((response.token_type, bound.access.jkt.as_deref()), ("DPoP", Some("thumb")));
}
