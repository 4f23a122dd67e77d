//! What tokens and userinfo say of a person (OIDC Core §2 and §5).
//! A claim that would be blank is left out: applications and the conformance suite both stumble over `""` and null.
//! The `flows` room gathers the facts; the `vault` signs the ID token; maps are ordered, so output is stable.

use magpie_domain::{Scope, ScopeSet};

pub mod access_token;
mod id_token;
mod person;

pub use id_token::{IdTokenFacts, at_hash, id_token, is_id_token, released};
pub use person::{PersonFacts, Released, WechatIds, userinfo};

/// The authentication context of every login through WeChat (OIDC Core §2, `acr`).
pub const ACR: &str = "urn:magpie:acr:wechat";

/// The claims that come with a scope; those of `openid` are in every ID token.
#[must_use]
pub const fn of_scope(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::OpenId => &[
            "sub",
            "iss",
            "aud",
            "azp",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "at_hash",
            "amr",
            "acr",
            "sid",
        ],
        Scope::Profile => &[
            "name",
            "given_name",
            "nickname",
            "picture",
            "preferred_username",
            "gender",
            "locale",
            "updated_at",
        ],
        Scope::Email => &["email", "email_verified"],
        Scope::Groups => &["groups"],
        Scope::Phone => &["phone_number", "phone_number_verified"],
        Scope::Wechat => {
            &["wechat_app_id", "wechat_openid", "wechat_unionid", "wechat_openids", "wecom_userid"]
        }
        Scope::OfflineAccess => &[],
    }
}

/// The scope that a claim about a person comes with; none for what every ID token has, and for what nobody knows.
#[must_use]
pub fn scope_of(claim: &str) -> Option<Scope> {
    let mut personal = Scope::ALL.into_iter().filter(|scope| *scope != Scope::OpenId);
    personal.find(|scope| of_scope(*scope).contains(&claim))
}

/// The scopes that claims named one by one come with (OIDC Core §5.5).
#[must_use]
pub fn scopes_of(asked: &[String]) -> ScopeSet {
    asked.iter().filter_map(|claim| scope_of(claim)).collect()
}

#[cfg(test)]
mod tests;
