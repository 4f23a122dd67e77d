use magpie_domain::testing::{SAMPLE_NOW, sample_grant, sample_user_id};
use magpie_domain::{
    AccountState, Algorithm, AppId, Client, ClientPolicy, CorporateMail, EmailPolicy, Gender,
    Grant, IdTokenClaims, Lifetime, MemberId, OpenId, Profile, ScopeSet, UnionId, User,
};
use serde_json::{Value, json};

use super::*;
use crate::samples::{client, client_with, draft, issuer, subject};

fn user(profile: Profile) -> User {
    User {
        id: sample_user_id(1),
        subject: subject("0123456789abcdefghjkmnpqrs"),
        preferred_username: "wx_0123456789".to_owned(),
        profile,
        state: AccountState::Active,
        created_at: SAMPLE_NOW,
        updated_at: SAMPLE_NOW,
    }
}

fn full() -> User {
    user(Profile {
        name: Some("鹊桥".to_owned()),
        picture: Some("https://thirdwx.qlogo.cn/x".to_owned()),
        gender: Some(Gender::Female),
        locale: Some("zh-CN".to_owned()),
    })
}

fn person(user: &User) -> PersonFacts<'_> {
    let openid = || OpenId::parse("openid-planted").unwrap();
    let app = |text| AppId::parse(text).unwrap();
    PersonFacts {
        phone_number: None,
        user,
        subject: user.subject.clone(),
        picture: Some("https://login.example.com/picture/1".to_owned()),
        email_domain: Some("users.example.com"),
        wechat: WechatIds {
            signed_in_with: Some((app("wx1"), openid())),
            unionid: UnionId::parse("unionid-planted"),
            openids: vec![(app("wx2"), openid()), (app("wx1"), openid())],
            ..WechatIds::default()
        },
    }
}

fn told(person: &PersonFacts<'_>, scopes: &str, change: impl FnOnce(&mut ClientPolicy)) -> Value {
    let mut policy = ClientPolicy::default();
    change(&mut policy);
    told_asked(person, scopes, (&[], scopes), &policy)
}

/// With claims asked for by name, and what the client may have at all.
fn told_asked(
    person: &PersonFacts<'_>,
    scopes: &str,
    (asked, allowed): (&[&str], &str),
    policy: &ClientPolicy,
) -> Value {
    let asked: Vec<_> = asked.iter().map(|name| (*name).to_owned()).collect();
    let scopes = ScopeSet::parse(scopes);
    let released = Released { scopes, asked: &asked, allowed: ScopeSet::parse(allowed) };
    Value::Object(userinfo(person, &released, policy))
}

/// A13: a claim asked for by name comes without its scope and without its neighbours, and only within what the client
/// may have.
#[test]
fn a_claim_asked_for_by_name_comes_alone() {
    let user = full();
    let person = person(&user);
    let sub = "0123456789abcdefghjkmnpqrs";
    let policy = ClientPolicy::default();
    let asked = |names: &[&str], allowed| told_asked(&person, "openid", (names, allowed), &policy);
    let both = json!({ "sub": sub, "name": "鹊桥" });
    assert_eq!(asked(&["name"], "openid profile"), both);
    assert_eq!(asked(&["name", "wechat_unionid"], "openid profile"), both);
    assert_eq!(asked(&["name"], "openid"), json!({ "sub": sub }));
    assert_eq!(asked(&["nickname", "email"], "openid profile email"), json!({ "sub": sub }));
    let unionid = json!({ "sub": sub, "wechat_unionid": "unionid-planted" });
    assert_eq!(asked(&["wechat_unionid"], "openid wechat"), unionid);
}

/// A13: what is asked for the ID token goes into it, thin or fat.
#[test]
fn a_thin_id_token_carries_what_was_asked_for_there() {
    let user = full();
    let person = person(&user);
    let mut grant = sample_grant();
    grant.asked_claims.id_token = vec!["name".to_owned()];
    grant.asked_claims.userinfo = vec!["gender".to_owned()];
    let client = client();
    let released = released(&client, &grant);
    assert_eq!(released.reach().to_string(), "profile");
    let told = userinfo(&person, &released, client.policy());
    let sub = "0123456789abcdefghjkmnpqrs";
    assert_eq!(Value::Object(told), json!({ "sub": sub, "name": "鹊桥" }));
    let fat = client_with(|policy| policy.id_token_claims = IdTokenClaims::Fat);
    assert!(super::released(&fat, &grant).scopes.covers(ScopeSet::parse("profile")));
}

#[test]
fn scopes_decide_what_is_said_of_a_person() {
    let user = full();
    let person = person(&user);
    let sub = "0123456789abcdefghjkmnpqrs";
    assert_eq!(told(&person, "openid", |_| {}), json!({ "sub": sub }));
    assert_eq!(
        told(&person, "openid profile", |_| {}),
        json!({
            "sub": sub, "name": "鹊桥", "given_name": "鹊桥", "gender": "female", "locale": "zh-CN",
            "picture": "https://login.example.com/picture/1",
            "preferred_username": "wx_0123456789", "updated_at": 1_800_000_000,
        })
    );
    assert_eq!(
        told(&person, "openid wechat", |_| {}),
        json!({
            "sub": sub, "wechat_app_id": "wx1", "wechat_openid": "openid-planted",
            "wechat_unionid": "unionid-planted",
            "wechat_openids": {"wx1": "openid-planted", "wx2": "openid-planted"},
        })
    );
}

#[test]
fn nickname_and_email_are_the_clients_policy() {
    let user = full();
    let mut person = person(&user);
    let synthetic = |policy: &mut ClientPolicy| policy.email = EmailPolicy::Synthetic;
    let sub = "0123456789abcdefghjkmnpqrs";
    assert_eq!(told(&person, "openid profile", |p| p.nickname = true)["nickname"], "鹊桥");
    assert_eq!(told(&person, "openid email", |_| {}), json!({ "sub": sub }));
    assert_eq!(told(&person, "openid", synthetic), json!({ "sub": sub }));
    assert_eq!(
        told(&person, "openid email", synthetic),
        json!({"sub": sub, "email": "wx_0123456789@users.example.com", "email_verified": true})
    );
    for none in [None, Some("")] {
        person.email_domain = none;
        assert_eq!(told(&person, "openid email", synthetic), json!({ "sub": sub }));
    }
}

/// U8, bridge trap 1.
#[test]
fn no_claim_is_ever_blank_or_null() {
    let blank = user(Profile {
        name: Some(" ".to_owned()),
        picture: None,
        gender: None,
        locale: Some(String::new()),
    });
    for user in [user(Profile::default()), blank] {
        let mut person = person(&user);
        person.picture = Some(String::new());
        person.wechat = WechatIds::default();
        let claims = told(&person, "openid profile email groups wechat", |p| p.nickname = true);
        assert_eq!(
            claims,
            json!({"sub": "0123456789abcdefghjkmnpqrs", "preferred_username": "wx_0123456789",
                   "updated_at": 1_800_000_000})
        );
    }
}

fn token(client: &Client, grant: &Grant, profile: Option<&PersonFacts<'_>>) -> Value {
    let issuer = issuer();
    let subject = subject("0123456789abcdefghjkmnpqrs");
    let facts = IdTokenFacts {
        algorithm: Algorithm::Rs256,
        issuer: &issuer,
        subject: &subject,
        client,
        grant,
        now: SAMPLE_NOW.plus(Lifetime::from_seconds(5)),
        lifetime: Lifetime::from_hours(1),
        access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        profile,
    };
    Value::Object(id_token(&facts))
}

/// JW-01, I1, I2, I3, I4, I9. Seen red with `exp` as a text, with the whole hash as `at_hash`, with a `sid` for each
/// grant, and with the moment of the token as `auth_time`.
#[test]
fn a_thin_id_token_says_who_for_whom_when_and_how() {
    let grant = sample_grant();
    let user = full();
    assert_eq!(
        token(&client(), &grant, Some(&person(&user))),
        json!({
            "iss": "https://login.example.com", "sub": "0123456789abcdefghjkmnpqrs",
            "aud": "app", "azp": "app", "iat": 1_800_000_005, "exp": 1_800_003_605,
            "auth_time": 1_800_000_000, "nonce": "n-0S6_WzA2Mj", "amr": ["website"],
            "acr": "urn:magpie:acr:wechat", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
            "sid": grant.session_id.as_str(),
        })
    );
}

/// B2, JW-05: what is signed with the same keys for the same application. Seen red with every map taken for an ID token.
#[test]
fn only_the_claims_of_an_id_token_are_those_of_one() {
    let every = "openid profile email groups wechat offline_access";
    let (user, grant) = (full(), sample_grant());
    let person = person(&user);
    let token = token(&client(), &grant, None);
    let token = token.as_object().unwrap();
    assert!(is_id_token(token));
    for name in ["exp", "iat", "auth_time", "sub", "aud", "azp", "at_hash", "sid"] {
        let mut less = token.clone();
        less.remove(name);
        assert!(!is_id_token(&less), "{name}");
    }
    let mut userinfo = told(&person, every, |_| ());
    userinfo["iss"] = token["iss"].clone();
    userinfo["aud"] = token["aud"].clone();
    assert!(!is_id_token(userinfo.as_object().unwrap()));
}

#[test]
fn a_nonce_is_there_exactly_when_it_was_sent_and_verbatim() {
    let long = "é+%".repeat(128);
    for nonce in [None, Some("n".to_owned()), Some(long)] {
        let grant = Grant { nonce: nonce.clone(), ..sample_grant() };
        let claims = token(&client(), &grant, None);
        assert_eq!(claims.get("nonce").and_then(Value::as_str), nonce.as_deref());
    }
}

/// I6, and only granted scopes even in a fat token. Seen red with the profile in every ID token.
#[test]
fn profile_claims_are_in_the_id_token_only_where_the_policy_is_fat() {
    let fat = client_with(|policy| policy.id_token_claims = IdTokenClaims::Fat);
    let user = full();
    let person = person(&user);
    let grant = sample_grant();
    let claims = token(&fat, &grant, Some(&person));
    assert_eq!(claims["name"], "鹊桥");
    assert_eq!(claims["iss"], "https://login.example.com");
    assert_eq!(claims.get("wechat_openid"), None);
    assert_eq!(token(&client(), &grant, Some(&person)).get("name"), None);
    assert_eq!(token(&fat, &grant, None).get("name"), None);
    let mut draft = draft();
    draft.scopes = ScopeSet::parse("openid");
    draft.policy.id_token_claims = IdTokenClaims::Fat;
    let narrowed = Client::new(draft).unwrap();
    assert_eq!(token(&narrowed, &grant, Some(&person)).get("name"), None);
}

/// OIDC Core appendix A.
#[test]
fn the_vector_of_the_specification_holds() {
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    assert_eq!(at_hash(Algorithm::Rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    // Ed25519 hashes with SHA-512, of which half is 32 bytes.
    assert_eq!(at_hash(Algorithm::EdDsa, token).len(), 43);
}

#[test]
fn nothing_of_a_person_can_be_printed() {
    let user = full();
    let person = person(&user);
    let printed = format!("{person:?} {:?}", person.wechat);
    for planted in ["鹊桥", "planted", "picture", "wx_"] {
        assert!(!printed.contains(planted), "{printed}");
    }
}

/// A member has a userid and no openid, and an address only where the organisation assigned one and the policy says so.
#[test]
fn a_member_is_told_by_userid_and_the_mailbox_only_by_policy() {
    let user = user(Profile::default());
    let (app, id) = (AppId::parse("wwcorp").unwrap(), MemberId::parse("Zhang.San").unwrap());
    let ids = |mail: Option<&str>| WechatIds {
        signed_in_with: Some((app.clone(), id.key())),
        openids: vec![(app.clone(), id.key())],
        member: Some(id.clone()),
        mail: mail.map(|text| CorporateMail::parse(text).unwrap()),
        ..WechatIds::default()
    };
    let known = PersonFacts { wechat: ids(Some("Z@corp.example")), ..person(&user) };
    let sub = user.subject.as_str();
    assert_eq!(
        told(&known, "openid wechat", |_| {}),
        json!({"sub": sub, "wechat_app_id": "wwcorp", "wecom_userid": "Zhang.San"})
    );
    let corporate = |policy: &mut ClientPolicy| policy.email = EmailPolicy::Corporate;
    assert_eq!(
        told(&known, "openid email", corporate),
        json!({"sub": sub, "email": "z@corp.example", "email_verified": true})
    );
    assert_eq!(told(&known, "openid email", |_| {}), json!({"sub": sub}), "not by default");
    assert_eq!(told(&known, "openid", corporate), json!({"sub": sub}), "not without the scope");
    let without = PersonFacts { wechat: ids(None), ..person(&user) };
    assert_eq!(told(&without, "openid email", corporate), json!({"sub": sub}));
    let name = told(&known, "openid profile", |_| {});
    assert!(name.get("name").is_none(), "no name is no claim: {name}");
}
