//! OAuth and OIDC rules: a request and facts go in, a decision comes out. No IO, no clock, no randomness, no async.
//!
//! The `flows` room gathers the facts and acts on the decisions; nothing here knows of WeChat, rows or HTTP.
//!
//! Reading order: [`params`] and [`error`] (what comes in and how we say no), [`authorize`] (RFC 6749 §4.1.1,
//! OIDC Core §3.1.2, RFC 7636 §4.3), [`response_mode`] (the way back, RFC 9207), [`client_auth`] (RFC 6749 §2.3),
//! [`grant`] (RFC 6749 §4.1.3, RFC 7636 §4.6), [`device`] (RFC 8628), [`relay`] (a phone for a desktop), [`resource`] (RFC 8707), [`tokens`] and [`claims`] (RFC 6749 §5.1,
//! OIDC Core §2 and §5), [`userinfo`] (RFC 6750), [`logout`] (RP-Initiated, Back- and Front-Channel Logout),
//! [`dpop`] (RFC 9449), [`revocation`] (RFC 7009), [`introspection`] (RFC 7662, RFC 9701),
//! [`registration`] (RFC 7591, RFC 7592), [`third_party_login`] (OIDC Core §4),
//! [`discovery`] and [`paths`] (OIDC Discovery §3, RFC 8414).
#![deny(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm
)]

pub mod authorize;
pub mod claims;
pub mod client_auth;
pub mod device;
pub mod discovery;
pub mod dpop;
pub mod error;
pub mod grant;
pub mod introspection;
pub mod logout;
pub mod params;
pub mod paths;
pub mod pushed;
pub mod registration;
pub mod relay;
pub mod request_object;
pub mod resource;
pub mod response_mode;
pub mod revocation;
pub mod third_party_login;
pub mod tokens;
pub mod userinfo;

mod encoding;

pub use error::{ErrorCode, OAuthError};
pub use params::{Params, ParamsRefused};

#[cfg(test)]
mod samples;
