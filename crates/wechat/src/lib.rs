//! WeChat's rules as functions of values. No IO, no clock, no randomness, no async.
//!
//! What WeChat is, says and means is known here and nowhere else: which way to it suits a browser, how a person is
//! sent there, what comes back, what a reply says and who it speaks of. The rooms above fetch and store; they ask
//! here what it means. OAuth and OIDC are not spoken in this crate.
//!
//! Reading order, which is that of a login: [`user_agent`] and [`suggest`] (which channel), [`authorize_url`] (the
//! way out), [`callback`] (the way back), [`mod@reply`] (what the API said), [`judge`] and [`profile`] (who that is),
//! [`picture`] (what is a picture), [`browser_name`] (which browser a person sits at),
//! [`errcode`] (why not, and who can help). [`wecom`] is all of that once more where WeCom (企业微信) differs.
//! [`mod@push`] is what WeChat says unasked; [`verification_file`] serves the operator's set-up, [`probe`] examines it.
#![deny(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm
)]

pub mod asking;
pub mod authorize_url;
pub mod browser_name;
pub mod callback;
pub mod errcode;
pub mod judge;
pub mod picture;
pub mod probe;
pub mod profile;
pub mod push;
pub mod reply;
pub mod suggest;
pub mod user_agent;
pub mod verification_file;
pub mod wecom;

#[cfg(test)]
mod samples;

pub use callback::{Callback, CallbackCode};
pub use errcode::{Effect, ErrCode, HelpKey, Meaning, Turn};
pub use judge::JudgeRefusal;
pub use profile::AvatarHosts;
pub use reply::{Refusal, WechatReply};
pub use suggest::{Reason, Suggestion};
pub use user_agent::Agent;
