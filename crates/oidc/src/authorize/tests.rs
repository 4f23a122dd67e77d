use magpie_domain::{ClientDraft, GrantType, ScopeSet};
use proptest::prelude::*;

use super::start_over::to_query;
use super::*;
use crate::error::ErrorCode::{self, *};
use crate::samples::{client, client_with, draft, params, public_client, subject};

mod ways;

const BASE: &str = "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn ask(client: &Client, query: &str) -> Result<AuthorizationRequest, AuthorizeRefusal> {
    check(&params(query), Some(client), &HintFacts::NotSent, Way::default())
}

/// The base request for `openid` with more parameters.
fn asked(client: &Client, more: &str) -> Result<AuthorizationRequest, AuthorizeRefusal> {
    ask(client, &format!("{BASE}&scope=openid&{more}"))
}

/// The error that goes to the application; anything else fails the test.
fn told(result: Result<AuthorizationRequest, AuthorizeRefusal>) -> ErrorCode {
    match result {
        Err(AuthorizeRefusal::ToClient { redirect_uri, error, .. }) => {
            assert_eq!(redirect_uri.as_str(), "https://app.example/cb");
            error.code
        }
        other => panic!("expected a refusal to the client, got {other:?}"),
    }
}

/// AZ-01, AZ-02, AZ-04, AZ-17. Seen red with a missing client_id taken for a client's, with the client not compared,
/// with the first registered URI taken for a missing one, with two clients let through, and with two targets.
#[test]
fn nothing_is_redirected_before_client_and_uri_are_proved() {
    let client = client();
    for (query, expected) in [
        ("", PageRefusal::MalformedRequest),
        ("client_id=", PageRefusal::MalformedRequest),
        ("client_id=app&client_id=app", PageRefusal::RepeatedParameter),
        ("client_id=app&client_id=", PageRefusal::RepeatedParameter),
        ("client_id=a'b", PageRefusal::UnknownClient),
        ("client_id=other", PageRefusal::UnknownClient),
        ("client_id=app", PageRefusal::RedirectUriMissing),
        ("client_id=app&redirect_uri=", PageRefusal::RedirectUriMissing),
        ("client_id=app&redirect_uri=https://evil.example", PageRefusal::RedirectUriNotRegistered),
        (
            "client_id=app&redirect_uri=https://app.example/cb&redirect_uri=https://app.example/cb",
            PageRefusal::RepeatedParameter,
        ),
    ] {
        assert_eq!(ask(&client, query), Err(AuthorizeRefusal::OnPage(expected)), "{query}");
    }
    let long = params(&format!("client_id={}", "a".repeat(10_000)));
    assert_eq!(client_id(&long), Err(PageRefusal::UnknownClient));
    assert_eq!(client_id(&params(BASE)).unwrap().as_str(), "app");
    assert_eq!(AuthorizeRefusal::from(ParamsRefused::Nul), PageRefusal::MalformedRequest.into());
}

#[test]
fn a_disabled_client_is_refused_like_an_unknown_one() {
    let disabled = Client::new(ClientDraft { enabled: false, ..draft() }).unwrap();
    let unknown = check(&params(BASE), None, &HintFacts::NotSent, Way::default());
    assert_eq!(asked(&disabled, ""), unknown);
    assert_eq!(unknown, Err(PageRefusal::UnknownClient.into()));
}

/// AZ-18, AZ-20, AZ-21, AZ-22, AZ-26, AZ-28, AZ-38. Seen red with repeated parameters let through, with request_uri
/// ignored, with request ignored, with registration ignored, with an unknown response_mode taken for query, with
/// challenges of any length taken, with a method without a challenge let through, with none let stand beside other
/// prompts, with unknown prompts ignored, with what is no age ignored, and with a sign before the age let through.
#[test]
fn every_other_fault_is_told_to_the_application() {
    let long = |name: &str, length: usize| format!("{name}={}", "a".repeat(length));
    for (more, expected) in [
        ("nonce=a&nonce=a", InvalidRequest),
        ("unknown=a&unknown=b", InvalidRequest),
        ("code_challenge=&code_challenge=", InvalidRequest),
        ("response_mode=fragment", InvalidRequest),
        ("response_mode=fragment.jwt", InvalidRequest),
        ("request=e30.e30.", RequestNotSupported),
        ("request_uri=http://169.254.169.254/", RequestUriNotSupported),
        ("request=e30.e30.&request_uri=urn:x", InvalidRequest),
        ("registration={}", RegistrationNotSupported),
        (
            "claims={\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"gold\"}}}",
            UnmetAuthenticationRequirements,
        ),
        (
            "claims={\"id_token\":{\"acr\":{\"essential\":true,\"values\":[]}}}",
            UnmetAuthenticationRequirements,
        ),
        (
            "claims={\"id_token\":{\"acr\":{\"essential\":true,\"values\":\"gold\"}}}",
            UnmetAuthenticationRequirements,
        ),
        ("code_challenge=abc&code_challenge_method=S256", InvalidRequest),
        ("code_challenge_method=S256", InvalidRequest),
        ("prompt=none+login", InvalidRequest),
        ("prompt=none+consent", InvalidRequest),
        ("prompt=none+select_account", InvalidRequest),
        ("prompt=create", InvalidRequest),
        ("prompt=NONE", InvalidRequest),
        ("max_age=-1", InvalidRequest),
        ("max_age=abc", InvalidRequest),
        ("max_age=1e9", InvalidRequest),
        ("max_age=%2B5", InvalidRequest),
        ("max_age=2147483648", InvalidRequest),
        ("claims=x", InvalidRequest),
        ("claims=[]", InvalidRequest),
        ("claims={\"id_token\":{\"sub\":{\"value\":7}}}", InvalidRequest),
        ("claims={\"id_token\":{\"sub\":{\"value\":\"\"}}}", InvalidRequest),
        (&long("state", 1537), InvalidRequest),
        (&long("nonce", 513), InvalidRequest),
        (&format!("claims={}", "[".repeat(4000)), InvalidRequest),
        (&format!("claims={{{}}}", "+".repeat(4096)), InvalidRequest),
    ] {
        assert_eq!(told(asked(&client(), more)), expected, "{more}");
    }
}

#[test]
fn only_the_code_flow_is_offered() {
    let uri = "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid";
    for (response_type, expected) in [
        ("", InvalidRequest),
        ("&response_type=", InvalidRequest),
        ("&response_type=token", UnsupportedResponseType),
        ("&response_type=id_token", UnsupportedResponseType),
        ("&response_type=code+id_token", UnsupportedResponseType),
        ("&response_type=code+code", UnsupportedResponseType),
        ("&response_type=Code", UnsupportedResponseType),
    ] {
        assert_eq!(told(ask(&client(), &format!("{uri}{response_type}"))), expected);
    }
}

/// RFC 7636 §4.3, protocol P1, P2, P3. Seen red with nobody asked for a challenge, with everybody asked, with plain and
/// no method taken, and with challenges of any length.
#[test]
fn a_challenge_is_s256_or_refused() {
    let required = client_with(|policy| policy.require_pkce = true);
    let (free, public) = (client(), public_client());
    let good = format!("code_challenge={CHALLENGE}&code_challenge_method=S256");
    let challenge = |text: &str| format!("code_challenge={text}&code_challenge_method=S256");
    for client in [&free, &required, &public] {
        assert_eq!(asked(client, &good).unwrap().code_challenge.as_deref(), Some(CHALLENGE));
        for bad in [
            format!("code_challenge={CHALLENGE}"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
            challenge(&"a".repeat(42)),
            challenge(&"a".repeat(44)),
            challenge(&"a".repeat(129)),
            challenge(&format!("{}=", "a".repeat(42))),
            challenge(&format!("{}%2B", "a".repeat(42))),
        ] {
            assert_eq!(told(asked(client, &bad)), InvalidRequest, "{bad}");
        }
    }
    assert_eq!(told(asked(&required, "")), InvalidRequest);
    assert_eq!(told(asked(&public, "")), InvalidRequest);
    assert_eq!(asked(&free, "").unwrap().code_challenge, None);
}

#[test]
fn a_refusal_goes_back_with_state_and_in_the_mode_that_was_asked() {
    for (more, mode, state) in [
        ("max_age=x&state=s", ResponseMode::Query, Some("s")),
        ("max_age=x&state=", ResponseMode::Query, None),
        ("state=a&state=b", ResponseMode::Query, None),
        ("state=a&state=", ResponseMode::Query, None),
        ("max_age=x&state=s&response_mode=form_post", ResponseMode::FormPost, Some("s")),
        ("max_age=x&state=s&response_mode=jwt", ResponseMode::QueryJwt, Some("s")),
        ("max_age=x&state=s&response_mode=form_post.jwt", ResponseMode::FormPostJwt, Some("s")),
        ("state=s&response_mode=fragment", ResponseMode::Query, Some("s")),
        ("state=s&response_mode=form_post&response_mode=form_post", ResponseMode::Query, Some("s")),
    ] {
        match asked(&client(), more) {
            Err(AuthorizeRefusal::ToClient { mode: m, state: s, .. }) => {
                assert_eq!((m, s.as_deref()), (mode, state), "{more}");
            }
            other => panic!("{more}: {other:?}"),
        }
    }
}

#[test]
fn unknown_scopes_are_dropped_and_the_narrowing_is_remembered() {
    let narrow =
        Client::new(ClientDraft { scopes: ScopeSet::parse("openid profile"), ..draft() }).unwrap();
    for (scope, granted, narrowed) in [
        ("openid", "openid", false),
        ("profile++openid", "openid profile", false),
        ("openid+zzz", "openid", true),
        ("openid+email", "openid", true),
        ("openid+offline_access", "openid", true),
    ] {
        let request = ask(&narrow, &format!("{BASE}&scope={scope}")).unwrap();
        assert_eq!(request.scopes.to_string(), granted, "{scope}");
        assert_eq!(request.scopes_narrowed, narrowed, "{scope}");
    }
    for scope in ["", "&scope=", "&scope=profile", "&scope=OPENID", "&scope=openid%09profile"] {
        assert_eq!(told(ask(&narrow, &format!("{BASE}{scope}"))), InvalidScope, "{scope}");
    }
}

/// OIDC Core §11: a promise that no answer can keep is not made.
#[test]
fn access_while_away_is_granted_to_clients_that_can_refresh() {
    let codes_only = client_with(|policy| policy.grant_types = vec![GrantType::AuthorizationCode]);
    for (client, granted, narrowed) in
        [(client(), "openid offline_access", false), (codes_only, "openid", true)]
    {
        let request = ask(&client, &format!("{BASE}&scope=openid+offline_access")).unwrap();
        assert_eq!(request.scopes.to_string(), granted);
        assert_eq!(request.scopes_narrowed, narrowed);
    }
}

/// T10: the application is told, since client and redirect URI are proved.
#[test]
fn a_client_without_the_code_grant_gets_no_code() {
    let other = client_with(|policy| policy.grant_types = vec![GrantType::RefreshToken]);
    assert_eq!(told(ask(&other, &format!("{BASE}&scope=openid"))), UnauthorizedClient);
}

/// A7, A15, A17, I2.
#[test]
fn wishes_are_taken_as_they_are_or_left() {
    let state = "a+b%2F&=é \r\n\u{1F426}\"><script>".to_owned() + &"x".repeat(1000);
    let pairs = [("state", state.as_str()), ("nonce", "\u{9e4a}é+&"), ("ui_locales", "se zh-CN")];
    let more = crate::encoding::query(pairs);
    let junk = "display=x&claims_locales=x&acr_values=9&login_hint=%3Cscript%3E&foo=bar";
    let request = asked(&client(), &format!("{more}&{junk}")).unwrap();
    assert_eq!(request.state, Some(state));
    assert_eq!(request.nonce.as_deref(), Some("\u{9e4a}é+&"));
    assert_eq!(request.ui_locales.as_deref(), Some("se zh-CN"));
    let long = asked(&client(), &format!("ui_locales={}", "a".repeat(201))).unwrap();
    assert_eq!(long.ui_locales, None);
    assert_eq!(
        asked(&client(), &format!("nonce={}", "n".repeat(384))).unwrap().nonce.unwrap().len(),
        384
    );
}

#[test]
fn the_age_limit_is_the_requests_or_else_the_clients() {
    let patient = client_with(|policy| policy.default_max_age = Some(300));
    for (client, more, expected) in [
        (&client(), "", None),
        (&client(), "max_age=0", Some(0)),
        (&client(), "max_age=2147483647", Some(2_147_483_647)),
        (&patient, "", Some(300)),
        (&patient, "max_age=0", Some(0)),
        (&patient, "max_age=", Some(300)),
    ] {
        assert_eq!(asked(client, more).unwrap().max_age, expected, "{more}");
    }
}

/// AZ-29, A12, A13. Seen red with a hint that is not ours ignored.
#[test]
fn hint_and_claims_may_name_one_person() {
    let ann = HintFacts::Of(subject("ann"));
    let wish = |name: &str| format!("claims={{\"id_token\":{{\"sub\":{{\"value\":\"{name}\"}}}}}}");
    let ask = |hint: &HintFacts, more: &str| {
        let query = format!("{BASE}&scope=openid&{more}");
        check(&params(&query), Some(&client()), hint, Way::default())
    };
    for (hint, more, expected) in [
        (&HintFacts::NotSent, String::new(), None),
        (&ann, String::new(), Some("ann")),
        (&HintFacts::NotSent, wish("ben"), Some("ben")),
        (&ann, wish("ann"), Some("ann")),
        (
            &HintFacts::NotSent,
            "claims={\"userinfo\":{\"name\":{\"essential\":true}}}".to_owned(),
            None,
        ),
        (&HintFacts::NotSent, "claims={\"id_token\":{\"sub\":null}}".to_owned(), None),
    ] {
        let request = ask(hint, &more).unwrap();
        assert_eq!(request.hinted_subject, expected.map(subject), "{more}");
    }
    assert_eq!(told(ask(&HintFacts::Unverifiable, "")), InvalidRequest);
    assert_eq!(told(ask(&ann, &wish("ben"))), InvalidRequest);
}

fn loopback_client() -> Client {
    let mut draft = draft();
    draft.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
    draft.policy.native = true;
    Client::new(draft).unwrap()
}

#[test]
fn a_native_client_keeps_the_port_it_asked_for() {
    let query =
        "client_id=app&redirect_uri=http://127.0.0.1:51004/cb&response_type=code&scope=openid";
    let request = ask(&loopback_client(), query).unwrap();
    assert_eq!(request.redirect_uri.as_str(), "http://127.0.0.1:51004/cb");
    assert_eq!(ask(&loopback_client(), &to_query(&request)), Ok(request));
    let mut draft = draft();
    draft.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
    let web = Client::new(draft).unwrap();
    assert_eq!(ask(&web, query), Err(PageRefusal::RedirectUriNotRegistered.into()));
}

proptest! {
    /// AZ-05: one changed, added or removed byte is another URI. Seen red with the last byte not compared.
    #[test]
    fn a_redirect_uri_with_any_byte_changed_is_refused(
        at in 0_usize..22, byte in 0x21_u8..0x7f, kind in 0_u8..3,
    ) {
        let mut uri = b"https://app.example/cb".to_vec();
        match kind {
            0 => uri[at] = byte,
            1 => uri.insert(at, byte),
            _ => { uri.remove(at); }
        }
        let uri = String::from_utf8(uri).unwrap();
        prop_assume!(uri != "https://app.example/cb");
        let pairs = [("client_id", "app"), ("redirect_uri", uri.as_str()), ("response_type", "code"), ("scope", "openid")];
        let result = ask(&client(), &crate::encoding::query(pairs));
        prop_assert_eq!(result, Err(PageRefusal::RedirectUriNotRegistered.into()));
    }

    /// Whatever the application sent, a refusal goes to its own URI or nowhere.
    #[test]
    fn no_parameter_sends_the_browser_elsewhere(name in "[a-z_]{1,12}", value in "[^\0]{0,40}") {
        let more = crate::encoding::query([(name.as_str(), value.as_str())]);
        match asked(&client(), &more) {
            Ok(request) => prop_assert_eq!(request.redirect_uri.as_str(), "https://app.example/cb"),
            Err(AuthorizeRefusal::ToClient { redirect_uri, .. }) => {
                prop_assert_eq!(redirect_uri.as_str(), "https://app.example/cb");
            }
            Err(AuthorizeRefusal::OnPage(_)) => {}
        }
    }

    #[test]
    fn a_request_written_back_is_read_to_the_same_result(
        state in proptest::option::of("[^\0]{1,40}"),
        nonce in proptest::option::of("[^\0]{1,40}"),
        scope in proptest::sample::select(vec!["openid", "openid profile", "openid email zzz", "wechat openid offline_access"]),
        prompt in proptest::sample::select(vec!["", "none", "login", "consent login", "select_account"]),
        max_age in proptest::option::of(0_u32..=2_147_483_647),
        pkce in any::<bool>(),
        mode in proptest::sample::select(vec!["", "query", "form_post", "jwt", "query.jwt", "form_post.jwt"]),
        locales in "[a-zA-Z -]{0,210}",
        hint in proptest::option::of("[!-~]{1,40}"),
        with_query in any::<bool>(),
    ) {
        let max_age = max_age.map(|seconds| seconds.to_string()).unwrap_or_default();
        let uri = if with_query { "https://app.example/cb?a=1" } else { "https://app.example/cb" };
        let pairs = [
            ("client_id", "app"),
            ("redirect_uri", uri),
            ("response_type", "code"),
            ("response_mode", mode),
            ("scope", scope),
            ("state", state.as_deref().unwrap_or_default()),
            ("nonce", nonce.as_deref().unwrap_or_default()),
            ("prompt", prompt),
            ("max_age", &max_age),
            ("code_challenge", if pkce { CHALLENGE } else { "" }),
            ("code_challenge_method", if pkce { "S256" } else { "" }),
            ("ui_locales", &locales),
        ];
        let hint = hint.map_or(HintFacts::NotSent, |text| HintFacts::Of(subject(&text)));
        let client = client_with(|policy| policy.default_max_age = Some(77));
        let first = check(&params(&crate::encoding::query(pairs)), Some(&client), &hint, Way::default()).unwrap();
        let second = ask(&client, &to_query(&first));
        prop_assert_eq!(second, Ok(first));
    }
}
