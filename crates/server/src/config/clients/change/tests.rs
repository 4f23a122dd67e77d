use magpie_domain::{
    AuthMethod, ClientId, ClientKeys, ClientPolicy, ClientSecrets, ConsentPolicy, EmailPolicy,
    ScopeSet, SecurityProfile,
};

use super::*;

fn draft() -> ClientDraft {
    ClientDraft {
        id: ClientId::parse("app").unwrap(),
        name: "App".to_owned(),
        secrets: ClientSecrets::default(),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec!["https://app.example/".to_owned()],
        scopes: ScopeSet::parse("openid profile"),
        policy: ClientPolicy {
            initiate_login_uri: Some("https://app.example/login".to_owned()),
            ..ClientPolicy::default()
        },
        enabled: true,
    }
}

fn applied(assignments: &[&str]) -> Result<ClientDraft, String> {
    let texts: Vec<_> = assignments.iter().map(|text| (*text).to_owned()).collect();
    apply(draft(), &texts)
}

#[test]
fn what_is_not_named_stays() {
    let same = applied(&[]).unwrap();
    assert_eq!(
        (same.name, same.policy, same.scopes),
        (draft().name, draft().policy, draft().scopes)
    );
    assert_eq!(same.redirect_uris, draft().redirect_uris);
}

#[test]
fn keys_are_those_of_the_file_and_texts_need_no_quotes() {
    let changed = applied(&[
        "name=The 应用",
        "enabled=false",
        "scopes=[\"openid\", \"email\"]",
        "consent=explicit",
        "email.mode=synthetic",
        "jwks_uri=https://app.example/jwks",
        "token_endpoint_auth_methods=[\"private_key_jwt\"]",
        "security_profile = \"fapi2\"",
        "default_max_age=60",
        "initiate_login_uri=",
    ])
    .unwrap();
    assert_eq!((changed.name.as_str(), changed.enabled), ("The 应用", false));
    assert_eq!(changed.scopes, ScopeSet::parse("openid email"));
    let policy = changed.policy;
    assert_eq!(policy.consent, ConsentPolicy::Explicit);
    assert_eq!(policy.email, EmailPolicy::Synthetic);
    assert_eq!(policy.keys, ClientKeys::JwksUri("https://app.example/jwks".to_owned()));
    assert_eq!(policy.auth_methods, [AuthMethod::PrivateKeyJwt]);
    assert_eq!(policy.profile, SecurityProfile::Fapi2);
    assert_eq!((policy.default_max_age, policy.initiate_login_uri), (Some(60), None));
}

#[test]
fn what_the_file_would_refuse_is_refused() {
    for wrong in [
        "name",
        "nmae=x",
        "secret=planted-secret",
        "id=other",
        "consent=maybe",
        "scopes=[\"openid\", \"nonsense\"]",
        "default_max_age=-1",
        "jwks=[]",
        "enabled=perhaps",
    ] {
        let problem = applied(&[wrong]).unwrap_err();
        assert!(!problem.is_empty() && !problem.contains("planted"), "{wrong}: {problem}");
    }
    assert!(applied(&["consent=explicit", "consent=implicit"]).is_err());
    assert!(applied(&["nmae=x"]).unwrap_err().contains("name"));
}
