//! What userinfo says of a person (OIDC Core §5.1 and §5.3), by granted scope and client policy.
//! WeChat's own ids go out only with the `wechat` scope, for payments and messages; `nickname` only by policy,
//! since some applications take it as the user name; an e-mail address only on the operator's own domain, or the one
//! that an organisation in WeCom assigned.

use std::fmt;

use magpie_domain::{
    AppId, ClientPolicy, CorporateMail, EmailPolicy, MemberId, OpenId, PhoneNumber, Scope,
    ScopeSet, Subject, UnionId, User,
};
use serde_json::{Map, Value, json};

use super::{scope_of, scopes_of};

/// What is known of a person.
pub struct PersonFacts<'a> {
    /// The person.
    pub user: &'a User,
    /// Who they are to the client that is told: the subject of its sector (OIDC Core §8).
    pub subject: Subject,
    /// The https address of the picture on our own origin, if there is a picture.
    pub picture: Option<String>,
    /// `[claims] email_domain`.
    pub email_domain: Option<&'a str>,
    /// The number that WeChat vouched for; may stay empty where the `phone` scope is not granted.
    pub phone_number: Option<PhoneNumber>,
    /// Their ids at WeChat; may stay empty where the `wechat` scope is not granted.
    pub wechat: WechatIds,
}

/// What goes out to a client in one place, userinfo or the ID token.
#[derive(Debug, Clone, Copy)]
pub struct Released<'a> {
    /// Everything that these scopes mean.
    pub scopes: ScopeSet,
    /// The claims that were asked for by name in this place.
    pub asked: &'a [String],
    /// What the client may have at all: nothing outside goes out, asked for or not.
    pub allowed: ScopeSet,
}

impl Released<'_> {
    /// The scopes without which nothing of this could be said: what facts have to be gathered for.
    #[must_use]
    pub fn reach(&self) -> ScopeSet {
        self.scopes.union(scopes_of(self.asked)).intersection(self.allowed)
    }
}

/// A person's ids at WeChat.
#[derive(Default)]
pub struct WechatIds {
    /// The app of this login and the openid within it.
    pub signed_in_with: Option<(AppId, OpenId)>,
    /// The id within that app's platform.
    pub unionid: Option<UnionId>,
    /// Every known openid with its app.
    pub openids: Vec<(AppId, OpenId)>,
    /// How they are named in the organisation of this login, if it was one by WeCom.
    pub member: Option<MemberId>,
    /// The mailbox that the organisation assigned to them.
    pub mail: Option<CorporateMail>,
}

impl fmt::Debug for PersonFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonFacts").field("user", &self.user.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for WechatIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WechatIds({} openids)", self.openids.len())
    }
}

/// The claims about a person that the scopes and the policy allow, and of those that the client may have at all the
/// ones that were asked for by name (OIDC Core §5.5); `sub` always.
#[must_use]
pub fn userinfo(
    person: &PersonFacts<'_>,
    released: &Released<'_>,
    policy: &ClientPolicy,
) -> Map<String, Value> {
    let mut claims = of_scopes(person, released.reach(), policy);
    claims.retain(|name, _| match scope_of(name) {
        Some(scope) => released.scopes.contains(scope) || released.asked.contains(name),
        None => true,
    });
    claims
}

fn of_scopes(
    person: &PersonFacts<'_>,
    scopes: ScopeSet,
    policy: &ClientPolicy,
) -> Map<String, Value> {
    let mut claims = Map::new();
    put(&mut claims, "sub", Some(person.subject.as_str()));
    if scopes.contains(Scope::Profile) {
        put_profile(&mut claims, person, policy);
    }
    if scopes.contains(Scope::Email) {
        put_email(&mut claims, person, policy);
    }
    if scopes.contains(Scope::Phone)
        && let Some(number) = &person.phone_number
    {
        put(&mut claims, "phone_number", Some(number.as_str()));
        // WeChat verified it, and gave it to nobody but the person's own mini program.
        claims.insert("phone_number_verified".to_owned(), json!(true));
    }
    if scopes.contains(Scope::Wechat) {
        put_wechat(&mut claims, &person.wechat);
    }
    claims
}

/// Adds a text claim unless it is blank.
fn put(claims: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        claims.insert(name.to_owned(), json!(value));
    }
}

fn put_profile(claims: &mut Map<String, Value>, person: &PersonFacts<'_>, policy: &ClientPolicy) {
    let user = person.user;
    let name = user.profile.name.as_deref();
    put(claims, "name", name);
    put(claims, "given_name", name);
    if policy.nickname {
        put(claims, "nickname", name);
    }
    put(claims, "picture", person.picture.as_deref());
    put(claims, "preferred_username", Some(&user.preferred_username));
    put(claims, "gender", user.profile.gender.map(magpie_domain::Gender::as_str));
    put(claims, "locale", user.profile.locale.as_deref());
    claims.insert("updated_at".to_owned(), json!(user.updated_at.as_seconds()));
}

fn put_email(claims: &mut Map<String, Value>, person: &PersonFacts<'_>, policy: &ClientPolicy) {
    match (&policy.email, person.email_domain.filter(|domain| !domain.is_empty())) {
        (EmailPolicy::Synthetic, Some(domain)) => {
            let address = format!("{}@{domain}", person.user.preferred_username);
            put(claims, "email", Some(&address));
            // True because the whole domain is the operator's: nobody else can receive mail there.
            claims.insert("email_verified".to_owned(), json!(true));
        }
        (EmailPolicy::Corporate, _) => {
            if let Some(mail) = &person.wechat.mail {
                put(claims, "email", Some(mail.as_str()));
                // True because the organisation assigned the mailbox; the person never typed it.
                claims.insert("email_verified".to_owned(), json!(true));
            }
        }
        (EmailPolicy::Synthetic | EmailPolicy::None, _) => {}
    }
}

fn put_wechat(claims: &mut Map<String, Value>, wechat: &WechatIds) {
    if let Some((app, openid)) = &wechat.signed_in_with {
        put(claims, "wechat_app_id", Some(app.as_str()));
        if !openid.is_member() {
            put(claims, "wechat_openid", Some(openid.as_key()));
        }
    }
    put(claims, "wecom_userid", wechat.member.as_ref().map(MemberId::as_sent));
    put(claims, "wechat_unionid", wechat.unionid.as_ref().map(UnionId::as_key));
    let openids: Map<String, Value> = wechat
        .openids
        .iter()
        .filter(|(_, openid)| !openid.is_member())
        .map(|(app, openid)| (app.as_str().to_owned(), json!(openid.as_key())))
        .collect();
    if !openids.is_empty() {
        claims.insert("wechat_openids".to_owned(), Value::Object(openids));
    }
}
