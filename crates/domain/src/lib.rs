//! What exists in Magpie and how each thing may change. No IO, no clock, no randomness, no async.
//!
//! Every noun that more than one room speaks of lives here: people, clients, channels, attempts, grants.
//! A type in this crate is checked when it is made, so that nobody downstream checks it again.
//! Everything above may use this crate; it uses nothing of ours.
//!
//! Reading order: [`time`] and [`entropy`] (what is handed in), [`id`] and [`secret`] (what things are called),
//! [`channel`] and [`client`] (what an operator configures), [`attempt`] (a login in flight),
//! [`wechat_identity`], [`member`] and [`identity_decision`] (who came back), [`browser_session`] and [`grant`] (what they got),
//! [`device`] and [`relay`] (what waits for a person elsewhere).
#![deny(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm
)]

pub mod access_token;
pub mod attempt;
pub mod audit;
pub mod authorization;
pub mod browser_session;
pub mod channel;
pub mod client;
pub mod client_metadata;
pub mod client_policy;
pub mod device;
pub mod entropy;
pub mod exchange_claim;
pub mod grant;
pub mod id;
pub mod identity_decision;
pub mod locale;
pub mod logout;
pub mod member;
pub mod phone_number;
pub mod preset;
pub mod relay;
pub mod scope;
pub mod secret;
pub mod signing_key;
pub mod time;
pub mod urls;
pub mod user;
pub mod user_code;
pub mod wechat_identity;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use access_token::AccessToken;
pub use attempt::{AttemptStage, DepartureHandle, LoginAttempt, ReturnRefused, ReturnedAttempt};
pub use audit::{Actor, AuditEvent, AuditFact};
pub use authorization::{AskedClaims, AuthorizationRequest, PromptSet, PushedHandle, ResponseMode};
pub use browser_session::BrowserSession;
pub use channel::{
    Account, AppId, CentralTokens, Channel, ChannelId, ChannelKind, MemberScope, Platform,
    ProgramDoor, ProgramPage, Push, PushFormat, Way, WebScope, WecomApp,
};
pub use client::{Client, ClientDraft, ClientInvalid, ClientSecrets};
pub use client_metadata::{
    AccessTokenFormat, ClientAbout, ClientAlgorithms, ClientKeys, GrantType, LogoutRules,
    RequestRules, SecurityProfile, TokenRules,
};
pub use client_policy::{
    AuthMethod, ClientPolicy, ConsentPolicy, EmailPolicy, IdTokenClaims, SubjectType,
};
pub use device::{Device, DeviceAnswer, DeviceHandle};
pub use entropy::{Entropy, NoEntropy};
pub use exchange_claim::{ClaimKey, Claimed};
pub use grant::{Grant, RefreshState};
pub use id::{
    AttemptId, AvatarId, ClientId, DeliveryId, DeviceId, GrantId, IncidentId, PushedId, SessionId,
    SigningKeyId, Subject, UserId,
};
pub use identity_decision::{ByOpenId, ByUnionId, IdentityDecision, decide};
pub use locale::Locale;
pub use logout::LogoutDelivery;
pub use member::{CorporateMail, Mailbox, Member, MemberId};
pub use phone_number::PhoneNumber;
pub use preset::Preset;
pub use relay::{
    ChatDoor, Follower, MatchNumber, RelayAnswer, RelayHandle, RelayId, RelayTicket, RelayWait,
    Typed,
};
pub use scope::{Scope, ScopeSet};
pub use secret::{Secret, TokenHash, TokenText};
pub use signing_key::{Algorithm, KeyRecord, KeyStage};
pub use time::{Clock, Lifetime, Timestamp};
pub use urls::{Issuer, RedirectUri, UrlInvalid, WebUrl};
pub use user::{AccountState, Gender, Profile, User};
pub use user_code::UserCode;
pub use wechat_identity::{OpenId, UnionId, WechatIdentity};
