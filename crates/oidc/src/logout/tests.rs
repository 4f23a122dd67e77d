use magpie_domain::testing::{SAMPLE_NOW, sample_session_id};
use magpie_domain::{Client, ClientDraft};
use serde_json::{Value, json};

use super::*;
use crate::samples::{draft, issuer, params, subject};

const BYE: &str = "https://app.example/bye";

fn client() -> Client {
    let uris = [BYE, "https://app.example/bye?from=magpie", "com.example.app:/bye"];
    let uris = uris.map(str::to_owned).to_vec();
    Client::new(ClientDraft { post_logout_redirect_uris: uris, ..draft() }).unwrap()
}

fn hint(session: u64, person: &str) -> HintFacts {
    HintFacts::Of(Hint {
        client: ClientId::parse("app").unwrap(),
        subject: subject(person),
        session: Some(sample_session_id(session)),
    })
}

fn session() -> SessionFacts {
    SessionFacts { id: sample_session_id(1), subject: subject("ann") }
}

/// L3, L4, LO-01, LO-04: same session and same person, or the person is asked.
#[test]
fn only_a_token_of_this_very_session_ends_it_unasked() {
    let HintFacts::Of(of_session) = hint(1, "ann") else { panic!("no hint") };
    let without_session = HintFacts::Of(Hint { session: None, ..of_session });
    for (hint, expected) in [
        (hint(1, "ann"), LogoutDecision::End),
        (hint(1, "ben"), LogoutDecision::Ask),
        (hint(2, "ann"), LogoutDecision::Ask),
        (without_session, LogoutDecision::Ask),
        (HintFacts::NotSent, LogoutDecision::Ask),
        (HintFacts::Unverifiable, LogoutDecision::Ask),
    ] {
        assert_eq!(decide(&hint, Some(&session())), expected, "{hint:?}");
        assert_eq!(decide(&hint, None), LogoutDecision::Nobody, "{hint:?}");
    }
}

/// Where a request leads; `app` is the one application there is.
fn way(query: &str, hint: &HintFacts) -> Result<Option<String>, LogoutRefusal> {
    let params = params(query);
    let request = LogoutRequest::read(&params).unwrap();
    let client = client();
    let found = request.client(hint).and_then(|named| {
        let known = named.as_ref().filter(|id| *id == client.id()).map(|_| &client);
        request.way_back(named.as_ref(), known)
    });
    found.map(|way| way.map(|way| way.location))
}

/// L2, L3, L5, LO-05: byte for byte, of an application that is identified, with the state encoded. Seen red with the
/// state written as it came.
#[test]
fn the_browser_leaves_only_for_a_registered_address_of_an_identified_application() {
    let own = || hint(1, "ann");
    let encoded = "https%3A%2F%2Fapp.example%2Fbye";
    let to = |text: &str| Ok(Some(text.to_owned()));
    for (query, hint, expected) in [
        (format!("post_logout_redirect_uri={encoded}"), own(), to(BYE)),
        (format!("client_id=app&post_logout_redirect_uri={encoded}"), own(), to(BYE)),
        (format!("client_id=app&post_logout_redirect_uri={encoded}"), HintFacts::NotSent, to(BYE)),
        (
            format!("post_logout_redirect_uri={encoded}&state=a%0d%0aSet-Cookie:x%22%3E%3Cb%3E%26"),
            own(),
            to("https://app.example/bye?state=a%0D%0ASet-Cookie%3Ax%22%3E%3Cb%3E%26"),
        ),
        (
            format!("post_logout_redirect_uri={encoded}%3Ffrom%3Dmagpie&state=s"),
            own(),
            to("https://app.example/bye?from=magpie&state=s"),
        ),
        (
            "post_logout_redirect_uri=com.example.app:/bye&state=s".to_owned(),
            own(),
            to("com.example.app:/bye?state=s"),
        ),
        (format!("post_logout_redirect_uri={encoded}"), HintFacts::NotSent, Ok(None)),
        (
            format!("client_id=app&post_logout_redirect_uri={encoded}"),
            HintFacts::Unverifiable,
            Ok(None),
        ),
        ("client_id=app&state=s".to_owned(), own(), Ok(None)),
    ] {
        assert_eq!(way(&query, &hint), expected, "{query}");
    }
}

/// L2, L3.
#[test]
fn an_address_that_is_not_registered_and_a_name_that_is_not_the_hints_are_refused() {
    use LogoutRefusal::{OtherClient, ReturnNotRegistered, UnknownClient};
    let own = || hint(1, "ann");
    let encoded = "https%3A%2F%2Fapp.example%2Fbye";
    for (query, hint, refusal) in [
        (format!("client_id=other&post_logout_redirect_uri={encoded}"), own(), OtherClient),
        ("client_id=other".to_owned(), own(), OtherClient),
        (
            format!("client_id=other&post_logout_redirect_uri={encoded}"),
            HintFacts::NotSent,
            UnknownClient,
        ),
        (
            format!("client_id=%20&post_logout_redirect_uri={encoded}"),
            HintFacts::NotSent,
            UnknownClient,
        ),
        (format!("post_logout_redirect_uri={encoded}%3Ffoo%3Dbar"), own(), ReturnNotRegistered),
        (format!("post_logout_redirect_uri={encoded}%2F"), own(), ReturnNotRegistered),
        (
            "post_logout_redirect_uri=https%3A%2F%2Fevil.example".to_owned(),
            own(),
            ReturnNotRegistered,
        ),
        // Where codes go is not where a logout returns to.
        (
            "post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fcb".to_owned(),
            own(),
            ReturnNotRegistered,
        ),
    ] {
        assert_eq!(way(&query, &hint), Err(refusal), "{query}");
    }
}

#[test]
fn what_is_carried_on_leads_to_the_same_place_again() {
    let sent = params("post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye&state=a%26b");
    let request = LogoutRequest::read(&sent).unwrap();
    let named = request.client(&hint(1, "ann")).unwrap();
    let way = request.way_back(named.as_ref(), Some(&client())).unwrap().unwrap();
    let again = params(&query(way.carried.iter().map(|(name, value)| (*name, value.as_str()))));
    let request = LogoutRequest::read(&again).unwrap();
    let named = request.client(&HintFacts::NotSent).unwrap();
    assert_eq!(request.way_back(named.as_ref(), Some(&client())), Ok(Some(way)));
}

#[test]
fn a_parameter_that_stands_twice_is_refused() {
    let twice = params("client_id=app&client_id=app");
    assert_eq!(LogoutRequest::read(&twice).unwrap_err(), LogoutRefusal::RepeatedParameter);
}

/// L7.
#[test]
fn a_logout_token_says_what_it_must_and_has_no_nonce() {
    let claims = logout_token(&LogoutTokenFacts {
        issuer: &issuer(),
        client: &ClientId::parse("app").unwrap(),
        subject: &subject("ann"),
        session: &sample_session_id(1),
        now: SAMPLE_NOW,
        jti: "random",
    });
    assert_eq!(
        Value::Object(claims),
        json!({
            "iss": "https://login.example.com",
            "aud": "app",
            "iat": 1_800_000_000_i64,
            "exp": 1_800_000_120_i64,
            "jti": "random",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            "sub": "ann",
            "sid": sample_session_id(1).as_str(),
        })
    );
}

/// L10. Seen red with the session left out.
#[test]
fn a_front_channel_address_carries_issuer_and_session_together() {
    let sid = sample_session_id(1);
    let issuer = issuer();
    let tail = format!("iss=https%3A%2F%2Flogin.example.com&sid={sid}");
    for (registered, joint) in
        [("https://app.example/out", "?"), ("https://app.example/out?a=1", "&")]
    {
        let address = frontchannel_address(registered, &issuer, &sid);
        assert_eq!(address, format!("{registered}{joint}{tail}"));
    }
}
