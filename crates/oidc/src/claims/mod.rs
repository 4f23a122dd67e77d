//! What tokens and userinfo say of a person (OIDC Core §2 and §5).
//! A claim that would be blank is left out: applications and the conformance suite both stumble over `""` and null.
//! The `flows` room gathers the facts; the `vault` signs the ID token; maps are ordered, so output is stable.

pub mod access_token;
mod id_token;
mod person;

pub use id_token::{IdTokenFacts, at_hash, id_token};
pub use person::{PersonFacts, WechatIds, userinfo};

/// The authentication context of every login through WeChat (OIDC Core §2, `acr`).
pub const ACR: &str = "urn:magpie:acr:wechat";

#[cfg(test)]
mod tests;
