use magpie_domain::testing::{SAMPLE_NOW, sample_device};
use magpie_domain::{ConsentPolicy, Subject};

use super::*;
use crate::authorize::{ConsentFacts, Needs, NeedsFacts, SessionFacts, needs, start_over};
use crate::error::ErrorCode;
use crate::samples::{client, client_with, issuer, params};

fn device_client() -> Client {
    client_with(|policy| {
        policy.grant_types = vec![GrantType::DeviceCode];
        policy.tokens.resources = vec!["https://api.example".to_owned()];
    })
}

fn code() -> UserCode {
    UserCode::read("WDJB-MJHT").unwrap()
}

/// V1. Seen red with codes for every client.
#[test]
fn a_device_gets_the_scopes_its_client_may_have_and_no_others() {
    for (form, expected) in [
        ("", Ok("openid")),
        ("scope=", Ok("openid")),
        ("scope=openid profile zzz groups", Ok("openid profile")),
        // The client has no refresh tokens, so none is promised.
        ("scope=openid offline_access", Ok("openid")),
        ("scope=profile", Err(ErrorCode::InvalidScope)),
        ("resource=https://api.example", Ok("openid")),
        ("resource=https://other.example", Err(ErrorCode::InvalidTarget)),
    ] {
        let read = DeviceRequest::read(&params(&form.replace(' ', "+")), &device_client());
        match expected {
            Ok(scopes) => assert_eq!(read.unwrap().scopes, ScopeSet::parse(scopes), "{form}"),
            Err(code) => assert_eq!(read.unwrap_err().code, code, "{form}"),
        }
    }
    let refused = DeviceRequest::read(&params(""), &client()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnauthorizedClient);
}

/// V4: no session and no earlier yes answers for a device; only the yes of this very attempt does. Seen red with nobody
/// asked whose client needs no consent.
#[test]
fn a_person_is_asked_for_a_device_whatever_was_agreed_before() {
    let page = RedirectUri::register("https://login.example.com/device").unwrap();
    let subject = Subject::parse("somebody").unwrap();
    for policy in [ConsentPolicy::Implicit, ConsentPolicy::Explicit] {
        let client = client_with(|of| of.consent = policy);
        let request = to_answer(&sample_device(1), code(), &client, page.clone());
        for just_given in [false, true] {
            let remembered = Some(ScopeSet::parse("openid profile email wechat offline_access"));
            let facts = NeedsFacts {
                session: Some(SessionFacts {
                    subject: &subject,
                    auth_time: SAMPLE_NOW,
                    silent: false,
                }),
                fresh: true,
                consent: ConsentFacts { policy, remembered, just_given },
                now: SAMPLE_NOW,
            };
            let expected = if just_given { Needs::Nothing } else { Needs::Consent };
            assert_eq!(needs(&request, &facts), Ok(expected), "{policy:?}");
        }
        let again = start_over(&client, &request);
        assert_eq!(again.as_deref(), Some("/device?user_code=WDJB-MJHT"));
    }
}

/// V1. Seen red with another interval.
#[test]
fn the_answer_has_the_members_of_rfc_8628_and_prints_no_code() {
    let secret = TokenText::new("planted".to_owned());
    let answer = DeviceResponse::new(&issuer(), secret, &code(), Lifetime::from_minutes(10));
    let expected = serde_json::json!({
        "device_code": "planted",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://login.example.com/device",
        "verification_uri_complete": "https://login.example.com/device?user_code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 5,
    });
    assert_eq!(serde_json::to_value(&answer).unwrap(), expected);
    let printed = format!("{answer:?}");
    assert!(!printed.contains("planted") && !printed.contains("WDJB"), "{printed}");
}
