use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{ClientDraft, ClientId, ClientPolicy, TokenHash};

use super::*;
use crate::error::ErrorCode;
use crate::samples::{client, client_with, draft, params, public_client};

const SECRET: &str = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE";

fn grant(scopes: &str) -> Grant {
    Grant { scopes: ScopeSet::parse(scopes), ..sample_grant() }
}

fn state() -> RefreshState {
    RefreshState {
        hash: TokenHash::from_bytes([2; 32]),
        previous: Some(TokenHash::from_bytes([1; 32])),
        generation: 4,
        rotated_at: Some(SAMPLE_NOW),
        retries: 0,
        expires_at: after(1000),
        ends_at: after(5000),
    }
}

fn after(seconds: u32) -> Timestamp {
    SAMPLE_NOW.plus(Lifetime::from_seconds(seconds))
}

fn request(form: &str) -> RefreshRequest {
    RefreshRequest::read(&params(form)).unwrap()
}

/// RT-01: there is one way to write a token, and nothing else is one.
#[test]
fn a_token_is_taken_apart_as_it_was_written() {
    let id = sample_grant().id;
    for generation in [0, 7, u32::MAX] {
        let text = RefreshHandle::write(&id, generation, &TokenText::new(SECRET.to_owned()));
        let handle = RefreshHandle::parse(text.expose()).unwrap();
        assert_eq!(handle, RefreshHandle { grant: id.clone(), generation, secret: SECRET });
        assert!(!format!("{handle:?}").contains(SECRET));
    }
    let short = SECRET.strip_prefix('0').unwrap();
    for bad in [
        String::new(),
        format!("{id}"),
        format!("{id}.{SECRET}"),
        format!("{id}.0.{short}"),
        format!("{id}.0.{SECRET}A"),
        format!("{id}.0.{short}="),
        format!("{id}.0.{SECRET}."),
        format!("{id}.00.{SECRET}"),
        format!("{id}.+1.{SECRET}"),
        format!("{id}.-1.{SECRET}"),
        format!("{id}..{SECRET}"),
        format!("{id}.4294967296.{SECRET}"),
        format!("x{id}.0.{SECRET}"),
        format!(" {id}.0.{SECRET}"),
    ] {
        assert_eq!(RefreshHandle::parse(&bad), None, "{bad}");
    }
}

#[test]
fn a_request_needs_a_token() {
    for form in ["", "refresh_token=", "scope=openid"] {
        let error = RefreshRequest::read(&params(form)).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{form}");
    }
    let request = request("refresh_token=x&scope=");
    assert_eq!((request.token.expose(), request.scope), ("x", None));
}

/// RT-02, RT-04, RT-05, T17. Seen red with every repetition taken for theft, with older tokens refused without a
/// consequence, with a window without an end, with repetitions without number, and with the eleventh taken for theft.
#[test]
fn who_lost_the_answer_gets_it_again_and_who_is_late_ends_the_family() {
    let judged = |standing, change: fn(&mut RefreshState), now| {
        let mut state = state();
        change(&mut state);
        judge(standing, &grant("openid offline_access"), &state, &client(), now)
    };
    let as_is: fn(&mut RefreshState) = |_| {};
    for (standing, change, now, expected) in [
        (Standing::Present, as_is, after(0), Verdict::Step(Step::Rotate)),
        (Standing::Present, as_is, after(999), Verdict::Step(Step::Rotate)),
        (Standing::Present, as_is, after(1000), Verdict::Refuse),
        (Standing::Present, |state| state.ends_at = after(500), after(500), Verdict::Refuse),
        (Standing::Present, |state| state.rotated_at = None, after(1), Verdict::Step(Step::Rotate)),
        (Standing::Previous, as_is, after(0), Verdict::Step(Step::Repeat)),
        (Standing::Previous, as_is, after(29), Verdict::Step(Step::Repeat)),
        (
            Standing::Previous,
            as_is,
            SAMPLE_NOW.minus(Lifetime::from_seconds(2)),
            Verdict::Step(Step::Repeat),
        ),
        (Standing::Previous, as_is, after(30), Verdict::Revoke(Breach::Reused)),
        (Standing::Previous, |state| state.retries = 9, after(1), Verdict::Step(Step::Repeat)),
        (Standing::Previous, |state| state.retries = 10, after(1), Verdict::Refuse),
        (
            Standing::Previous,
            |state| state.retries = 10,
            after(30),
            Verdict::Revoke(Breach::Reused),
        ),
        (
            Standing::Previous,
            |state| state.rotated_at = None,
            after(1),
            Verdict::Revoke(Breach::Reused),
        ),
        (Standing::Ancestor, as_is, after(0), Verdict::Revoke(Breach::Reused)),
        (Standing::Ancestor, as_is, after(1000), Verdict::Refuse),
        (Standing::Unknown, as_is, after(0), Verdict::Refuse),
    ] {
        assert_eq!(judged(standing, change, now), expected, "{standing:?} {now}");
    }
}

/// RT-01, T20: what another client shows has leaked, if it is real.
#[test]
fn another_clients_token_ends_the_family_and_a_guess_does_not() {
    let id = ClientId::parse("other").unwrap();
    let other = Client::new(ClientDraft { id, ..draft() }).unwrap();
    let grant = grant("openid offline_access");
    for standing in [Standing::Present, Standing::Previous, Standing::Ancestor] {
        for now in [after(0), after(9000)] {
            let verdict = judge(standing, &grant, &state(), &other, now);
            assert_eq!(verdict, Verdict::Revoke(Breach::Leaked), "{standing:?}");
        }
        let ended = Grant { revoked_at: Some(SAMPLE_NOW), ..grant.clone() };
        assert_eq!(judge(standing, &ended, &state(), &other, after(0)), Verdict::Refuse);
        assert_eq!(judge(standing, &ended, &state(), &client(), after(0)), Verdict::Refuse);
    }
    assert_eq!(judge(Standing::Unknown, &grant, &state(), &other, after(0)), Verdict::Refuse);
}

/// A client of that profile is made with keys; here only the rules are looked at.
fn fapi_client() -> Client {
    let keys = r#"{"keys":[]}"#.to_owned();
    let draft = ClientDraft {
        secrets: magpie_domain::ClientSecrets::default(),
        policy: ClientPolicy {
            profile: SecurityProfile::Fapi2,
            auth_methods: vec![magpie_domain::AuthMethod::PrivateKeyJwt],
            keys: magpie_domain::ClientKeys::Jwks(keys),
            algorithms: magpie_domain::ClientAlgorithms {
                id_token: Some(magpie_domain::Algorithm::Es256),
                ..magpie_domain::ClientAlgorithms::default()
            },
            ..ClientPolicy::default()
        },
        ..draft()
    };
    Client::new(draft).unwrap()
}

/// T18.
#[test]
fn tokens_of_a_fapi_client_do_not_rotate() {
    let fapi = fapi_client();
    let grant = grant("openid offline_access");
    assert_eq!(
        judge(Standing::Present, &grant, &state(), &fapi, after(1)),
        Verdict::Step(Step::Prolong)
    );
    let reused = judge(Standing::Ancestor, &grant, &state(), &fapi, after(1));
    assert_eq!(reused, Verdict::Revoke(Breach::Reused));
}

/// RT-06, T19. Seen red with scopes given that were not granted, with the wish for fewer passed over, and with scopes
/// given that the client has lost.
#[test]
fn scopes_only_become_fewer() {
    let granted = grant("openid profile offline_access");
    let few =
        Client::new(ClientDraft { scopes: ScopeSet::parse("openid offline_access"), ..draft() });
    let few = few.unwrap();
    for (client, scope, expected) in [
        (&client(), "", Ok("openid profile offline_access")),
        (&client(), "&scope=openid", Ok("openid")),
        (&client(), "&scope=profile", Ok("profile")),
        (&client(), "&scope=profile+openid+profile", Ok("openid profile")),
        (&client(), "&scope=openid+zzz", Ok("openid")),
        (&client(), "&scope=openid+email", Err(ErrorCode::InvalidScope)),
        (&client(), "&scope=openid+profile+wechat", Err(ErrorCode::InvalidScope)),
        (&client(), "&scope=zzz", Err(ErrorCode::InvalidScope)),
        (&few, "", Ok("openid offline_access")),
        (&few, "&scope=openid+profile", Ok("openid")),
        (&few, "&scope=profile", Err(ErrorCode::InvalidScope)),
    ] {
        let given = scopes(&request(&format!("refresh_token=x{scope}")), &granted, client);
        let given = given.map(|scopes| scopes.to_string()).map_err(|error| error.code);
        assert_eq!(given, expected.map(str::to_owned), "{scope}");
    }
}

#[test]
fn a_refresh_token_is_due_where_scope_and_client_allow_it() {
    let offline = grant("openid offline_access");
    assert!(is_due(&offline, &client()));
    assert!(!is_due(&grant("openid"), &client()));
    let no_grant = client_with(|policy| policy.grant_types = vec![GrantType::AuthorizationCode]);
    assert!(!is_due(&offline, &no_grant));
    let lost = Client::new(ClientDraft { scopes: ScopeSet::parse("openid"), ..draft() }).unwrap();
    assert!(!is_due(&offline, &lost));
}

/// X5. Seen red without the comparison, and with it for every client.
#[test]
fn a_public_clients_token_needs_its_key_and_a_confidential_ones_does_not() {
    for (client, bound, proved, expected) in [
        (public_client(), None, None, true),
        (public_client(), None, Some("one"), true),
        (public_client(), Some("one"), Some("one"), true),
        (public_client(), Some("one"), Some("other"), false),
        (public_client(), Some("one"), None, false),
        (client(), Some("one"), Some("other"), true),
        (client(), Some("one"), None, true),
    ] {
        let grant = Grant { dpop_jkt: bound.map(str::to_owned), ..sample_grant() };
        assert_eq!(
            is_shown_with_its_key(&grant, &client, proved),
            expected,
            "{bound:?} {proved:?}"
        );
    }
}

/// What asks for less than everything, or needs more than the token, is looked at before anything happens.
#[test]
fn only_a_request_that_leaves_nothing_to_judge_is_plain() {
    let plain = request("refresh_token=x");
    assert!(is_plain(&plain, &client()));
    for form in [
        "refresh_token=x&scope=openid",
        "refresh_token=x&scope=no-such-scope",
        "refresh_token=x&resource=https://api.example",
    ] {
        assert!(!is_plain(&request(form), &client()), "{form}");
    }
    let scopes = ScopeSet::parse("openid profile");
    let without_scope = Client::new(ClientDraft { scopes, ..draft() }).unwrap();
    let without_grant =
        client_with(|policy| policy.grant_types = vec![GrantType::AuthorizationCode]);
    for client in [public_client(), without_scope, without_grant, fapi_client()] {
        assert!(!is_plain(&plain, &client), "{client:?}");
    }
}
