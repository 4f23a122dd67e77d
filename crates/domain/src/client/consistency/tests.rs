use crate::client::{Client, ClientSecrets};
use crate::client_metadata::ClientAlgorithms;
use crate::id::ClientId;
use crate::scope::ScopeSet;
use crate::secret::TokenHash;
use crate::time::{Lifetime, Timestamp};

use super::*;

fn draft(secret: bool, change: impl FnOnce(&mut ClientPolicy)) -> ClientDraft {
    let mut policy = ClientPolicy::default();
    change(&mut policy);
    ClientDraft {
        id: ClientId::parse("app").unwrap(),
        name: "App".to_owned(),
        secrets: ClientSecrets::of(secret.then(|| TokenHash::from_bytes([1; 32]))),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec![],
        scopes: ScopeSet::parse("openid"),
        policy,
        enabled: true,
    }
}

fn keys(policy: &mut ClientPolicy) {
    policy.keys = ClientKeys::Jwks("{\"keys\":[]}".to_owned());
}

#[test]
fn the_methods_follow_from_what_a_client_can_show() {
    let methods = |draft| Client::new(draft).map(|client| client.policy().auth_methods.clone());
    assert_eq!(methods(draft(false, keys)), Ok(vec![AuthMethod::PrivateKeyJwt]));
    assert!(!Client::new(draft(false, keys)).unwrap().is_public());
    let wants_keys =
        |policy: &mut ClientPolicy| policy.auth_methods = vec![AuthMethod::PrivateKeyJwt];
    assert_eq!(methods(draft(false, wants_keys)), Err(ClientInvalid::AuthMethods));
    assert_eq!(methods(draft(true, wants_keys)), Err(ClientInvalid::AuthMethods));
    let both = |policy: &mut ClientPolicy| {
        keys(policy);
        policy.auth_methods = vec![AuthMethod::ClientSecretBasic, AuthMethod::PrivateKeyJwt];
    };
    assert!(methods(draft(true, both)).is_ok());
    assert_eq!(methods(draft(false, both)), Err(ClientInvalid::AuthMethods));
}

/// B8, T11.
#[test]
fn a_code_of_a_fapi_client_lives_for_a_minute_at_most() {
    let of = |profile: SecurityProfile, wanted| {
        profile.code_lifetime(Lifetime::from_seconds(wanted)).as_seconds()
    };
    assert_eq!(of(SecurityProfile::Fapi2, 61), 60);
    assert_eq!(of(SecurityProfile::Fapi2, 30), 30);
    assert_eq!(of(SecurityProfile::Standard, 600), 600);
}

/// T21. Seen red with public clients that speak for themselves.
#[test]
fn a_client_that_speaks_for_itself_must_authenticate_and_needs_no_redirect_uri() {
    let speaks =
        |policy: &mut ClientPolicy| policy.grant_types = vec![GrantType::ClientCredentials];
    let mut service = draft(true, speaks);
    service.redirect_uris.clear();
    service.scopes = ScopeSet::default();
    assert!(Client::new(service).is_ok());
    assert_eq!(Client::new(draft(false, speaks)), Err(ClientInvalid::GrantTypes));
}

/// B8. Seen red with RS256 allowed for introspection.
#[test]
fn a_fapi_client_gets_the_whole_profile_or_is_refused() {
    let fapi = |policy: &mut ClientPolicy| {
        keys(policy);
        policy.profile = SecurityProfile::Fapi2;
    };
    let client = Client::new(draft(false, fapi)).unwrap();
    let policy = client.policy();
    assert!(policy.require_pkce && policy.requests.require_pushed && policy.tokens.dpop_bound);
    assert_eq!(policy.algorithms.id_token, Some(Algorithm::Es256));
    type Named = fn(&mut ClientAlgorithms) -> &mut Option<Algorithm>;
    let named: [Named; 6] = [
        |all| &mut all.id_token,
        |all| &mut all.userinfo,
        |all| &mut all.authorization_response,
        |all| &mut all.introspection,
        |all| &mut all.assertion,
        |all| &mut all.request_object,
    ];
    for (index, name) in named.into_iter().enumerate() {
        let of = |algorithm| {
            draft(false, |policy| {
                fapi(policy);
                *name(&mut policy.algorithms) = Some(algorithm);
            })
        };
        assert_eq!(Client::new(of(Algorithm::Rs256)), Err(ClientInvalid::Profile), "{index}");
        assert!(Client::new(of(Algorithm::Ps256)).is_ok(), "{index}");
    }
    let secret = |policy: &mut ClientPolicy| policy.profile = SecurityProfile::Fapi2;
    assert_eq!(Client::new(draft(true, secret)), Err(ClientInvalid::Profile));
}

#[test]
fn pairwise_subjects_need_one_sector() {
    let pairwise = |policy: &mut ClientPolicy| policy.subject_type = SubjectType::Pairwise;
    let one = Client::new(draft(true, pairwise)).unwrap();
    assert_eq!(one.sector().as_deref(), Some("app.example"));
    let mut two = draft(true, pairwise);
    two.redirect_uris.push("https://other.example/cb".to_owned());
    assert_eq!(Client::new(two.clone()), Err(ClientInvalid::Sector));
    two.policy.sector_identifier_uri = Some("https://sector.example/uris.json".to_owned());
    assert_eq!(Client::new(two).unwrap().sector().as_deref(), Some("sector.example"));
    assert_eq!(Client::new(draft(true, |_| ())).unwrap().sector(), None);
}

#[test]
fn addresses_and_origins_are_looked_at() {
    let with_path = |policy: &mut ClientPolicy| {
        policy.allowed_cors_origins = vec!["https://app.example/".to_owned()];
    };
    assert!(matches!(Client::new(draft(true, with_path)), Err(ClientInvalid::Url { .. })));
    let origin = |policy: &mut ClientPolicy| {
        policy.allowed_cors_origins = vec!["https://app.example:8443".to_owned()];
    };
    assert!(Client::new(draft(true, origin)).is_ok());
    let plain = |policy: &mut ClientPolicy| {
        policy.logout.backchannel_uri = Some("http://app.example/bye".to_owned());
    };
    assert!(matches!(
        Client::new(draft(true, plain)),
        Err(ClientInvalid::Url { field: "backchannel_logout_uri", .. })
    ));
}

/// CA-14.
#[test]
fn an_old_secret_counts_until_its_end_and_not_at_it() {
    let (new, old) = (TokenHash::from_bytes([1; 32]), TokenHash::from_bytes([2; 32]));
    let at = Timestamp::from_seconds;
    let secrets = ClientSecrets { current: Some(new), previous: Some((old, Some(at(100)))) };
    assert!(secrets.accept(&new, at(99)) && secrets.accept(&old, at(99)));
    assert!(secrets.accept(&new, at(100)) && !secrets.accept(&old, at(100)));
    assert!(!secrets.accept(&TokenHash::from_bytes([3; 32]), at(0)));
    assert!(!ClientSecrets::default().accept(&new, at(0)));
}

/// Q7: a promise that the client cannot keep would lock everybody out.
#[test]
fn a_client_promises_only_what_it_can_do() {
    let pushes = |policy: &mut ClientPolicy| policy.requests.require_pushed = true;
    let signs = |policy: &mut ClientPolicy| policy.requests.require_signed = true;
    assert!(Client::new(draft(true, pushes)).is_ok());
    assert_eq!(Client::new(draft(false, pushes)), Err(ClientInvalid::Requests));
    assert_eq!(Client::new(draft(true, signs)), Err(ClientInvalid::Requests));
    let with_keys = |policy: &mut ClientPolicy| {
        keys(policy);
        signs(policy);
    };
    assert!(Client::new(draft(false, with_keys)).is_ok());
}

/// Design §5. Seen red with the rule taken out.
#[test]
fn who_brings_codes_may_exchange_them_asks_nobody_and_is_vouched_for() {
    let bringing = |change: fn(&mut ClientPolicy)| {
        let draft = draft(false, |policy| {
            policy.grant_types = vec![GrantType::TokenExchange];
            policy.wechat_channels = crate::channel::ChannelId::parse("mini").into_iter().collect();
            change(policy);
        });
        Client::new(ClientDraft { redirect_uris: vec![], ..draft })
    };
    assert!(bringing(|_| {}).is_ok_and(|client| client.is_public()));
    for change in [
        |policy: &mut ClientPolicy| policy.grant_types = vec![GrantType::RefreshToken],
        |policy: &mut ClientPolicy| policy.consent = ConsentPolicy::Explicit,
        |policy: &mut ClientPolicy| policy.self_registered = true,
    ] {
        assert_eq!(bringing(change), Err(ClientInvalid::WechatChannels));
    }
    let mut closed = bringing(|_| {}).unwrap().to_draft();
    closed.scopes = ScopeSet::parse("profile");
    assert_eq!(Client::new(closed), Err(ClientInvalid::Scopes));
}
