//! From an application's request to its answer, with one dispatcher in the middle.
//!
//! [`begin`] checks the request and starts an attempt; [`resume`] opens an attempt again after a page.
//! Both end in `step::next`, which weighs session and consent and decides the one next step; steps never lead to
//! one another. An anonymous browser writes nothing here (law 1).

mod answer;
mod begin;
mod next;
mod object;
mod remember;
mod request;
mod resume;
mod step;

pub use begin::{AuthorizeArrival, begin};
pub use next::{
    ChannelChoice, DeviceQuestion, Page, RelayCode, RelayLost, ShownPage, Step, Visitor,
};
pub use resume::{Resumption, Said, resume};

use magpie_oidc::authorize::PageRefusal;

/// Why a login cannot begin or go on; shown on a page, since nobody is proved to whom it could be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefused {
    /// There is no such attempt in this browser, or it has expired.
    NotFound,
    /// The attempt has left for WeChat too often.
    TooManyDepartures,
    /// Too many desktops of this address, or of everybody, wait for phones.
    TooOften,
    /// It was answered, and the answer is no longer repeated.
    AlreadyUsed,
    /// No client or no redirect URI is proved.
    Request(PageRefusal),
}

pub(crate) use answer::{code_handle, issue_code, new_grant, refusal, spend, spend_alone};
pub(crate) use remember::yes as remember_yes;
pub(crate) use request::{Proved, TOO_LONG, fits, prove, pushed_hash};
pub(crate) use step::{Wish, consent_facts, next as step, show};
