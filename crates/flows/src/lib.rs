//! What a person, an application or an administrator can do, start to end.
//!
//! A flow loads facts, asks the pure rooms to decide, and acts: it is the only place where rules and adapters meet.
//! It knows no HTTP: the web room turns requests into calls of these functions and outcomes into answers.
//! No network call happens while a transaction is open (law 3), and every once-only change is one conditional
//! statement of the store (law 2).
//!
//! Start with [`authorize::begin`], follow a login through [`wechat::callback`] and [`token::exchange`] to
//! [`userinfo::answer`], and its end through [`logout::begin`]. A device begins at [`device::ask`], a phone that answers for a desktop at [`relay::scan`]. [`Flows`] is the only context; [`Outcome`] is how a flow ends.

mod access_token;
pub mod account;
pub mod administration;
mod attempt_cookie;
pub mod authorize;
pub mod avatars;
mod browser_session;
mod budget;
mod client_assertion;
mod client_call;
mod client_keys;
mod clients;
mod context;
pub mod device;
pub mod doctor;
pub mod dpop;
mod form_token;
mod id_token_hint;
mod identity;
pub mod introspection;
pub mod jobs;
pub mod keys;
pub mod logout;
pub mod origins;
mod outcome;
mod pairwise;
mod person;
pub mod pushed;
pub mod registration;
pub mod relay;
pub mod revocation;
pub mod token;
pub mod userinfo;
pub mod verification_files;
pub mod wechat;

pub use attempt_cookie::{AttemptCookie, PresentedAttempt};
pub use budget::{Budget, Kept};
pub use client_call::{ClientCall, ClientRefused};
pub use context::{Flows, Lifetimes, Parts, Settings, SubjectSource};
pub use outcome::{Incident, Inconsistent, Outcome, Stop};
