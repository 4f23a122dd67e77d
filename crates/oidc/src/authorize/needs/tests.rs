use magpie_domain::PromptSet;
use magpie_domain::testing::{SAMPLE_NOW, sample_request};

use super::*;
use crate::error::ErrorCode::{self, ConsentRequired, LoginRequired};
use crate::samples::subject;

fn prompt(text: &str) -> PromptSet {
    PromptSet {
        none: text.contains("none"),
        login: text.contains("login"),
        consent: text.contains("consent"),
        select_account: text.contains("select_account"),
    }
}

/// Who is in the session, relative to `ann`, and how long ago they came.
#[derive(Debug, Clone, Copy)]
enum Session {
    None,
    Ann(u32),
    Ben,
    FreshAnn,
    FreshBen,
}

fn weigh(
    request: &AuthorizationRequest,
    session: Session,
    consent: ConsentFacts,
) -> Result<Needs, ErrorCode> {
    let (ann, ben) = (subject("ann"), subject("ben"));
    let at = |subject, seconds| {
        let auth_time = SAMPLE_NOW.minus(Lifetime::from_seconds(seconds));
        Some(SessionFacts { subject, auth_time, silent: false })
    };
    let (session, fresh) = match session {
        Session::None => (None, false),
        Session::Ann(seconds) => (at(&ann, seconds), false),
        Session::Ben => (at(&ben, 10), false),
        Session::FreshAnn => (at(&ann, 0), true),
        Session::FreshBen => (at(&ben, 0), true),
    };
    let facts = NeedsFacts { session, fresh, consent, now: SAMPLE_NOW };
    needs(request, &facts).map_err(|error| error.code)
}

const VOUCHED: ConsentFacts =
    ConsentFacts { policy: ConsentPolicy::Implicit, remembered: None, just_given: false };

/// AZ-28, AZ-29, OIDC Core §3.1.2.3. Seen red with none taken for no prompt, with login and select_account not looked
/// at, and with the hinted person not compared.
#[test]
fn prompt_and_session_together_decide_who_must_sign_in() {
    use Needs::{Consent, Login, Nothing, Reauthentication};
    use Session::{Ann, Ben, FreshAnn, FreshBen};
    for (words, hinted, session, expected) in [
        ("", None, Session::None, Ok(Login)),
        ("", None, Ann(10), Ok(Nothing)),
        ("", None, FreshAnn, Ok(Nothing)),
        ("none", None, Session::None, Err(LoginRequired)),
        ("none", None, Ann(10), Ok(Nothing)),
        ("none", None, FreshAnn, Ok(Nothing)),
        ("login", None, Session::None, Ok(Login)),
        ("login", None, Ann(0), Ok(Reauthentication)),
        ("login", None, FreshAnn, Ok(Nothing)),
        ("select_account", None, Session::None, Ok(Login)),
        ("select_account", None, Ann(0), Ok(Reauthentication)),
        ("select_account", None, FreshAnn, Ok(Nothing)),
        ("consent", None, Session::None, Ok(Login)),
        ("consent", None, Ann(10), Ok(Consent)),
        ("consent", None, FreshAnn, Ok(Consent)),
        ("login consent", None, Ann(10), Ok(Reauthentication)),
        ("login consent", None, FreshAnn, Ok(Consent)),
        ("", Some("ann"), Session::None, Ok(Login)),
        ("", Some("ann"), Ann(10), Ok(Nothing)),
        ("", Some("ann"), Ben, Ok(Login)),
        ("", Some("ann"), FreshAnn, Ok(Nothing)),
        ("", Some("ann"), FreshBen, Err(LoginRequired)),
        ("none", Some("ann"), Session::None, Err(LoginRequired)),
        ("none", Some("ann"), Ann(10), Ok(Nothing)),
        ("none", Some("ann"), Ben, Err(LoginRequired)),
        ("none", Some("ann"), FreshBen, Err(LoginRequired)),
        ("login", Some("ann"), Ben, Ok(Login)),
        ("login", Some("ann"), FreshBen, Err(LoginRequired)),
    ] {
        let request = AuthorizationRequest {
            prompt: prompt(words),
            hinted_subject: hinted.map(subject),
            ..sample_request()
        };
        assert_eq!(weigh(&request, session, VOUCHED), expected, "{words} {hinted:?} {session:?}");
    }
}

/// OIDC Core §3.1.2.1: older than `max_age` must sign in again, exactly as old need not, zero always must.
#[test]
fn an_authentication_that_is_too_old_is_not_used_silently() {
    use Needs::{Nothing, Reauthentication};
    use Session::{Ann, FreshAnn};
    for (max_age, words, session, expected) in [
        (Some(60), "", Ann(59), Ok(Nothing)),
        (Some(60), "", Ann(60), Ok(Nothing)),
        (Some(60), "", Ann(61), Ok(Reauthentication)),
        (Some(60), "none", Ann(61), Err(LoginRequired)),
        (Some(60), "none", Ann(60), Ok(Nothing)),
        (Some(0), "", Ann(0), Ok(Reauthentication)),
        (Some(0), "none", Ann(0), Err(LoginRequired)),
        (Some(0), "", FreshAnn, Ok(Nothing)),
        (None, "", Ann(1_000_000), Ok(Nothing)),
    ] {
        let request = AuthorizationRequest { prompt: prompt(words), max_age, ..sample_request() };
        assert_eq!(weigh(&request, session, VOUCHED), expected, "{max_age:?} {words} {session:?}");
    }
}

/// OIDC Core §3.1.2.1 speaks of somebody who was actively authenticated: whom WeChat named in silence was not, also when
/// this very attempt brought them.
#[test]
fn a_silent_sign_in_satisfies_no_wish_for_an_active_one() {
    let ann = subject("ann");
    let auth_time = SAMPLE_NOW;
    let weigh = |request: &AuthorizationRequest, fresh: bool| {
        let session = Some(SessionFacts { subject: &ann, auth_time, silent: true });
        let facts = NeedsFacts { session, fresh, consent: VOUCHED, now: SAMPLE_NOW };
        needs(request, &facts).map_err(|error| error.code)
    };
    for (words, max_age, expected) in [
        ("", None, Ok(Needs::Nothing)),
        ("none", None, Ok(Needs::Nothing)),
        ("consent", None, Ok(Needs::Consent)),
        ("", Some(3600), Ok(Needs::Reauthentication)),
        ("", Some(0), Ok(Needs::Reauthentication)),
        ("none", Some(3600), Err(LoginRequired)),
        ("login", None, Ok(Needs::Reauthentication)),
        ("select_account", None, Ok(Needs::Reauthentication)),
    ] {
        let request = AuthorizationRequest { prompt: prompt(words), max_age, ..sample_request() };
        for fresh in [false, true] {
            assert_eq!(weigh(&request, fresh), expected, "{words} {max_age:?} {fresh}");
        }
    }
}

/// A clock that went backwards must not make an old session young.
#[test]
fn a_session_from_the_future_satisfies_no_max_age() {
    let ann = subject("ann");
    let later = SAMPLE_NOW.plus(Lifetime::from_hours(1));
    let session = Some(SessionFacts { subject: &ann, auth_time: later, silent: false });
    let facts = NeedsFacts { session, fresh: false, consent: VOUCHED, now: SAMPLE_NOW };
    let limited = AuthorizationRequest { max_age: Some(60), ..sample_request() };
    assert_eq!(needs(&limited, &facts), Ok(Needs::Reauthentication));
    assert_eq!(needs(&sample_request(), &facts), Ok(Needs::Nothing));
}

/// OIDC Core §3.1.2.4.
#[test]
fn a_person_is_asked_once_and_never_silently() {
    use ConsentPolicy::{Explicit, Implicit};
    use Needs::{Consent, Nothing};
    for (words, policy, remembered, just_given, expected) in [
        ("", Implicit, None, false, Ok(Nothing)),
        ("none", Implicit, None, false, Ok(Nothing)),
        ("consent", Implicit, None, false, Ok(Consent)),
        ("consent", Implicit, None, true, Ok(Nothing)),
        ("", Explicit, None, false, Ok(Consent)),
        ("", Explicit, None, true, Ok(Nothing)),
        ("none", Explicit, None, false, Err(ConsentRequired)),
        ("", Explicit, Some("openid"), false, Ok(Consent)),
        ("none", Explicit, Some("openid"), false, Err(ConsentRequired)),
        ("", Explicit, Some("openid profile"), false, Ok(Nothing)),
        ("", Explicit, Some("openid profile email"), false, Ok(Nothing)),
        ("none", Explicit, Some("openid profile"), false, Ok(Nothing)),
        ("consent", Explicit, Some("openid profile"), false, Ok(Consent)),
        ("consent", Explicit, Some("openid profile"), true, Ok(Nothing)),
    ] {
        let request = AuthorizationRequest { prompt: prompt(words), ..sample_request() };
        let consent =
            ConsentFacts { policy, remembered: remembered.map(ScopeSet::parse), just_given };
        assert_eq!(
            weigh(&request, Session::Ann(10), consent),
            expected,
            "{words} {policy:?} {remembered:?} {just_given}"
        );
    }
}
